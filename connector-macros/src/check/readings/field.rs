//! One field of readings: its place, and its options.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Error, Ident, LitStr, Member, Result, Type};

use super::{container::Container, options::options};
use crate::{
    attr::FIELD,
    check::{
        key,
        options::Options,
        range,
        serde::{Case, Serde},
    },
    error_collector::{ErrorCollector, all},
    model::{Field, Place},
    syntax::{self, generic, summary},
};

/// A field, and what its key comes from.
pub(super) struct Found<'a> {
    pub(super) field: Field,
    pub(super) ident: Option<&'a Ident>,
    rename: Option<LitStr>,
}

impl Found<'_> {
    pub(super) fn blamed(&self) -> TokenStream {
        blamed(self.rename.as_ref(), self.ident)
    }
}

/// The field; none if it is left out.
pub(super) fn read<'a>(
    member: Member,
    field: &'a syn::Field,
    container: &Container,
) -> Result<Option<Found<'a>>> {
    let (serde, outcome) = Serde::read(&field.attrs);
    let mut errors = ErrorCollector::default();
    errors.check(outcome);
    let options = errors.take(options(&FIELD, &field.attrs));
    let options = errors.finish_with(|| options)?;
    left_out(&options)?;
    let is_marker = container.is_transparent && is_phantom(&field.ty);
    if serde.skip || options.has("skip") || is_marker {
        return Ok(None);
    }
    let number = number(&field.ty);
    let mut errors = ErrorCollector::default();
    let place = errors.take(place(field, container, &serde, &options));
    errors.check(unknown(&serde, &options));
    let range = errors.take(range::range(&options, Some(number)));
    let or_null = errors.take(or_null(&field.ty, &options));
    let unit = errors.take(options.text("unit"));
    errors.finish_with(|| {
        let ((place, rename), range, or_null, unit) = (place?, range?, or_null?, unit?);
        let (number, ty, description) = (number.clone(), field.ty.clone(), summary(&field.attrs));
        let Serde { writer, skip_if, .. } = serde;
        let ident = field.ident.as_ref();
        let field =
            Field { member, place, ty, writer, or_null, skip_if, number, range, unit, description };
        Ok(Some(Found { field, ident, rename }))
    })
}

/// The place of a field, and the text that renames it.
fn place(
    field: &syn::Field,
    container: &Container,
    serde: &Serde,
    options: &Options,
) -> Result<(Place, Option<LitStr>)> {
    let ours = options.text("rename")?;
    let Some(ident) = field.ident.as_ref().filter(|_| !serde.flatten && !container.is_transparent)
    else {
        let place = if serde.flatten { Place::Among } else { Place::Inner };
        return ours.map_or(Ok((place, None)), |_| Err(no_key(options)));
    };
    let rename = ours.or_else(|| serde.rename.clone());
    let spelled = || container.spelled(ident, Case::of_field);
    let key = rename.as_ref().map_or_else(spelled, LitStr::value);
    key::legal(&key, blamed(rename.as_ref(), Some(ident)))?;
    Ok((Place::Key(key), rename))
}

/// The part of the code to change if the key is wrong.
fn blamed(rename: Option<&LitStr>, ident: Option<&Ident>) -> TokenStream {
    rename.map_or_else(|| ident.to_token_stream(), ToTokens::to_token_stream)
}

/// Checks that a field with `skip` has no other option.
fn left_out(options: &Options) -> Result<()> {
    if !options.has("skip") {
        return Ok(());
    }
    let others = options.names().filter(|name| *name != "skip");
    let message = "`skip` leaves the field out, so this has no effect: remove one of the two";
    all(others.map(|name| Err::<(), _>(Error::new_spanned(name, message))))
}

/// Checks that a field which a function serializes has no options on its value, which is unknown.
fn unknown(serde: &Serde, options: &Options) -> Result<()> {
    match &serde.with {
        Some(with) if options.get("unit").or(options.get("range")).is_some() => {
            let message = "this function writes the field, so nothing is known about its value \
                           before the first message: remove it, or `unit` and `range`";
            Err(Error::new_spanned(with, message))
        }
        _ => Ok(()),
    }
}

/// The type inside the `Option`, if `None` is published.
fn or_null(ty: &Type, options: &Options) -> Result<Option<Type>> {
    let Some(word) = options.written("null") else { return Ok(None) };
    let message = "only an `Option` can be null: remove `null`, or make the field an `Option`";
    let inner = generic(ty, "Option").ok_or_else(|| Error::new_spanned(word, message))?;
    Ok(Some(inner.clone()))
}

fn no_key(options: &Options) -> Error {
    let message =
        "this field has no key of its own, as its content takes its place: remove `rename`";
    Error::new_spanned(options.written("rename"), message)
}

/// The type that a range applies to.
fn number(ty: &Type) -> &Type {
    match generic(ty, "Option").or_else(|| generic(ty, "Box")) {
        Some(inner) => number(inner),
        None => ty,
    }
}

/// Whether a type is `PhantomData`, as serde recognizes it.
fn is_phantom(ty: &Type) -> bool {
    let Type::Path(path) = syntax::ty(ty) else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "PhantomData")
}
