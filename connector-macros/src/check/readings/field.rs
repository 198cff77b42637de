//! One field of readings: where it goes, and what is said about it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Error, Ident, LitStr, Member, Result, Type};

use super::{Container, Options, options, spelled, text};
use crate::{
    attr::FIELD,
    check::{key, message::generic, range, serde::Serde, serde::case::Case},
    errors::{all, both},
    model::{Field, Place},
    syntax::{self, summary},
};

/// A field, and what to blame for its key.
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

/// None for a field that is left out.
pub(super) fn read<'a>(
    member: Member,
    field: &'a syn::Field,
    container: &Container,
) -> Result<Option<Found<'a>>> {
    let (serde, outcome) = Serde::read(&field.attrs);
    let ((), options) = both(outcome, options(&FIELD, &field.attrs))?;
    left_out(&options)?;
    let is_marker = container.is_transparent && is_phantom(&field.ty);
    if serde.skip || options.written("skip").is_some() || is_marker {
        return Ok(None);
    }
    let number = number(&field.ty);
    let range = both(unknown(&serde, &options), range::range(&options, Some(number)));
    let facts = both(both(range, or_null(&field.ty, &options)), text(&options, "unit"));
    let ((place, rename), ((((), range), or_null), unit)) =
        both(place(field, container, &serde, &options), facts)?;
    let (number, ty, description) = (number.clone(), field.ty.clone(), summary(&field.attrs));
    let Serde { writer, skip_if, .. } = serde;
    let ident = field.ident.as_ref();
    let field =
        Field { member, place, ty, writer, or_null, skip_if, number, range, unit, description };
    Ok(Some(Found { field, ident, rename }))
}

/// Where a field goes, and what says so beside its name.
fn place(
    field: &syn::Field,
    container: &Container,
    serde: &Serde,
    options: &Options,
) -> Result<(Place, Option<LitStr>)> {
    let ours = text(options, "rename")?;
    let Some(ident) = field.ident.as_ref().filter(|_| !serde.flatten && !container.is_transparent)
    else {
        let place = if serde.flatten { Place::Among } else { Place::Inner };
        return ours.map_or(Ok((place, None)), |_| Err(no_key(options)));
    };
    let rename = ours.or_else(|| serde.rename.clone());
    let spelled = || spelled(ident, container, Case::of_field);
    let key = rename.as_ref().map_or_else(spelled, LitStr::value);
    key::legal(&key, blamed(rename.as_ref(), Some(ident)))?;
    Ok((Place::Key(key), rename))
}

/// What is to be changed where a key is wrong.
fn blamed(rename: Option<&LitStr>, ident: Option<&Ident>) -> TokenStream {
    rename.map_or_else(|| ident.to_token_stream(), ToTokens::to_token_stream)
}

/// Nothing else is to be said about a field that is left out.
fn left_out(options: &Options) -> Result<()> {
    if options.written("skip").is_none() {
        return Ok(());
    }
    let others = options.names().filter(|name| *name != "skip");
    let message = "the field is left out by `skip`, so this has no effect: remove one of them";
    all(others.map(|name| Err::<(), _>(Error::new_spanned(name, message)))).map(|_| ())
}

/// What a function writes is not to be told, so there is nothing to say about it.
fn unknown(serde: &Serde, options: &Options) -> Result<()> {
    match &serde.with {
        Some(with) if options.get("unit").or(options.get("range")).is_some() => {
            let message = "this function writes the field, so nothing is known of its value \
                           before the first message: remove it, or `unit` and `range`";
            Err(Error::new_spanned(with, message))
        }
        _ => Ok(()),
    }
}

/// What may be absent, where its absence is to be told.
fn or_null(ty: &Type, options: &Options) -> Result<Option<Type>> {
    let Some(word) = options.written("null") else { return Ok(None) };
    let message = "only an `Option` can be null: remove `null`, or make the field an `Option`";
    let inner = generic(ty, "Option").ok_or_else(|| Error::new_spanned(word, message))?;
    Ok(Some(inner.clone()))
}

fn no_key(options: &Options) -> Error {
    let message = "this field has no key of its own, its content takes its place: remove `rename`";
    Error::new_spanned(options.written("rename"), message)
}

/// The type of a number that may be absent.
fn number(ty: &Type) -> &Type {
    match generic(ty, "Option").or_else(|| generic(ty, "Box")) {
        Some(inner) => number(inner),
        None => ty,
    }
}

/// serde looks for it in the same way.
fn is_phantom(ty: &Type) -> bool {
    let Type::Path(path) = syntax::ty(ty) else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "PhantomData")
}
