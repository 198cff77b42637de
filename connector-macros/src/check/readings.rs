//! Which sensors a type holds, and what may be said about them.

use quote::ToTokens;
use syn::{
    Attribute, Data, DataEnum, DeriveInput, Error, Expr, ExprLit, Fields, Ident, Lit, LitStr, Path,
    Result, Type, Variant, ext::IdentExt,
};

use super::{key, message::generic, options::Options, range, serde::Serde};
use crate::{
    attr::{self, Argument, DATAPOINT},
    errors::{all, both},
    model::{Content, Field, Readings},
    syntax::{self, summary},
};

/// The rules for a type with `#[derive(Datapoints)]`.
pub(crate) fn readings(item: &DeriveInput) -> Result<Readings> {
    let (container, outcome) = Serde::read(&item.attrs);
    let content = match &item.data {
        Data::Struct(data) => members(&data.fields, &container),
        Data::Enum(data) => words(data, &container).map(Content::Words),
        Data::Union(data) => {
            let message = "readings are a struct, whose fields are the sensors, or an enum of \
                           words: serde cannot write a union";
            Err(Error::new_spanned(data.union_token, message))
        }
    };
    let outside = both(no_options(&item.attrs, ON_TYPE), outcome);
    let (_, content) = both(outside, content)?;
    Ok(Readings { ident: item.ident.clone(), generics: item.generics.clone(), content })
}

const ON_TYPE: &str = "`#[datapoint(..)]` belongs on a field: it says something about one sensor";
const ON_PART: &str = "a tuple is one value, a list: put `#[datapoint(..)]` where that is a field";
const ON_VARIANT: &str =
    "the variants are the words of one value: put `#[datapoint(..)]` where that is a field";

/// An attribute of ours where nothing is to be said.
fn no_options(attrs: &[Attribute], message: &str) -> Result<()> {
    let ours = attrs.iter().filter(|attr| is_ours(attr));
    all(ours.map(|attr| Err::<(), _>(Error::new_spanned(attr, message)))).map(|_| ())
}

fn is_ours(attr: &Attribute) -> bool {
    attr.path().is_ident(DATAPOINT.name)
}

/// The fields of a struct, or what takes their place.
fn members(fields: &Fields, container: &Serde) -> Result<Content> {
    let is_list = matches!(fields, Fields::Unnamed(fields) if fields.unnamed.len() != 1);
    if is_list && !container.transparent {
        all(fields.iter().map(|field| no_options(&field.attrs, ON_PART)))?;
        return Ok(Content::List);
    }
    let members = all(fields.iter().map(|field| member(field, container)))?;
    let members: Vec<_> = members.into_iter().flatten().collect();
    unique(&members)?;
    Ok(Content::Fields(members.into_iter().map(|member| member.field).collect()))
}

/// A field, and what to blame for its key.
struct Member<'a> {
    field: Field,
    ident: Option<&'a Ident>,
    rename: Option<LitStr>,
}

impl Member<'_> {
    fn blamed(&self) -> &dyn ToTokens {
        match &self.rename {
            Some(rename) => rename,
            None => &self.ident,
        }
    }
}

/// A field of which the type is to be described; none if it is unknown what serde writes for it.
fn member<'a>(field: &'a syn::Field, container: &Serde) -> Result<Option<Member<'a>>> {
    let (serde, outcome) = Serde::read(&field.attrs);
    let ((), options) = both(outcome, options(field))?;
    if serde.skip {
        return Ok(None);
    }
    if let Some(with) = &serde.with {
        return unknown(with, &options).map(|()| None);
    }
    let number = number(&field.ty);
    let (range, unit) = both(range::range(&options, Some(number)), unit(&options))?;
    let ident = field.ident.as_ref();
    let key = ident.filter(|_| !serde.flatten && !container.transparent);
    let key = key.map(|ident| serde.key(container, ident));
    let description = summary(&field.attrs);
    let (number, ty) = (number.clone(), field.ty.clone());
    let field = Field { key, ty, number, range, unit, description };
    let member = Member { field, ident, rename: serde.rename };
    if let Some(key) = &member.field.key {
        key::legal(key, member.blamed())?;
    }
    Ok(Some(member))
}

/// What a function writes is not to be told, so there is nothing to say about it.
fn unknown(with: &Path, options: &Options) -> Result<()> {
    if options.get("unit").or(options.get("range")).is_none() {
        return Ok(());
    }
    let message = "this function writes the field, so nothing is known of its value before the \
                   first message: remove it, or `#[datapoint(..)]`";
    Err(Error::new_spanned(with, message))
}

/// What `#[datapoint(..)]` says.
fn options(field: &syn::Field) -> Result<Options> {
    let ours = field.attrs.iter().filter(|attr| is_ours(attr));
    let arguments: Vec<_> = all(ours.map(attr::arguments))?.into_iter().flatten().collect();
    all(arguments.iter().map(left_to_serde))?;
    Options::new(&DATAPOINT, Ok(arguments))
}

/// `Serialize` writes the keys and the values, and cannot see what is ours.
fn left_to_serde(argument: &Argument) -> Result<()> {
    let form = match argument {
        Argument { name: Some(name), value } if name == "rename" => {
            format!("rename = {}", value.to_token_stream())
        }
        Argument { name: None, value: Expr::Path(path) } if path.path.is_ident("skip") => {
            "skip".to_owned()
        }
        _ => return Ok(()),
    };
    let message = format!("serde writes the keys and the values: tell it, `#[serde({form})]`");
    let name = argument.name.as_ref().map(ToTokens::to_token_stream);
    Err(Error::new_spanned(name.unwrap_or_else(|| argument.value.to_token_stream()), message))
}

fn unit(options: &Options) -> Result<Option<LitStr>> {
    match options.get("unit").map(syntax::expr) {
        None => Ok(None),
        Some(Expr::Lit(ExprLit { lit: Lit::Str(unit), .. })) => Ok(Some(unit.clone())),
        Some(other) => {
            Err(Error::new_spanned(other, "the unit is a text in quotes: `unit = \"W\"`"))
        }
    }
}

/// The type of a number that may be absent.
fn number(ty: &Type) -> &Type {
    match generic(ty, "Option").or_else(|| generic(ty, "Box")) {
        Some(inner) => number(inner),
        None => ty,
    }
}

/// No two fields may have the same key.
fn unique(members: &[Member<'_>]) -> Result<()> {
    all(members.iter().enumerate().map(|(index, member)| {
        let same = |other: &&Member<'_>| other.field.key == member.field.key;
        let first = members.iter().take(index).find(same).and_then(|first| first.ident);
        let (Some(key), Some(first)) = (&member.field.key, first) else { return Ok(()) };
        let message = format!(
            "the field `{}` has the key \"{key}\" already: choose another key",
            first.unraw()
        );
        Err(Error::new_spanned(member.blamed(), message))
    }))
    .map(|_| ())
}

/// The words of an enum.
fn words(data: &DataEnum, container: &Serde) -> Result<Vec<String>> {
    let words = all(data.variants.iter().map(|variant| word(variant, container)))?;
    Ok(words.into_iter().flatten().collect())
}

fn word(variant: &Variant, container: &Serde) -> Result<Option<String>> {
    let is_word = match &variant.fields {
        Fields::Unit => Ok(()),
        fields => {
            let message = "a variant with data has other sensors than its siblings, which are \
                           known only at run time: take its data out, or leave the derive out";
            Err(Error::new_spanned(fields, message))
        }
    };
    let (serde, outcome) = Serde::read(&variant.attrs);
    all([is_word, no_options(&variant.attrs, ON_VARIANT), outcome])?;
    Ok((!serde.skip).then(|| serde.word(container, &variant.ident)))
}
