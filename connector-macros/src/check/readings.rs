//! Which sensors a type holds, and what may be said about them.

mod field;
mod keys;

use syn::{
    Attribute, Data, DataEnum, DeriveInput, Error, Expr, ExprLit, Fields, Ident, Lit, LitStr,
    Result, Variant, ext::IdentExt,
};

use super::{
    options::Options,
    serde::{Serde, case::Case},
};
use crate::{
    attr::{self, FIELD, Form, READINGS, WORD},
    errors::{all, both},
    model::{Content, Readings, Word},
    syntax,
};

/// The rules for a type with `#[derive(Datapoints)]`.
pub(crate) fn readings(item: &DeriveInput) -> Result<Readings> {
    let (container, outside) = Container::read(&item.attrs);
    let content = match &item.data {
        Data::Struct(data) => members(&data.fields, &container),
        Data::Enum(data) => words(data, &container).map(Content::Words),
        Data::Union(data) => {
            let message = "readings are a struct, whose fields are the sensors, or an enum of \
                           words: serde cannot write a union";
            Err(Error::new_spanned(data.union_token, message))
        }
    };
    let ((), content) = both(outside, content)?;
    Ok(Readings { ident: item.ident.clone(), generics: item.generics.clone(), content })
}

/// What is said about a type.
struct Container {
    case: Option<Case>,
    is_transparent: bool,
}

impl Container {
    /// What could be read, and whether that is all.
    fn read(attrs: &[Attribute]) -> (Self, Result<()>) {
        let (serde, outcome) = Serde::read(attrs);
        let ours = options(&READINGS, attrs);
        let ours = ours.and_then(|options| both(case(&options), options.check_crate()));
        let (case, ours) = match ours {
            Ok((case, ())) => (case, Ok(())),
            Err(error) => (None, Err(error)),
        };
        let case = case.or(serde.rename_all);
        let container = Self { case, is_transparent: serde.transparent };
        (container, both(ours, outcome).map(|_| ()))
    }
}

fn case(options: &Options) -> Result<Option<Case>> {
    let Some(name) = text(options, "rename_all")? else { return Ok(None) };
    let unknown = || {
        let message = format!("unknown case: it is one of \"{}\"", Case::NAMES.join("\", \""));
        Error::new_spanned(&name, message)
    };
    Case::of(&name.value()).map(Some).ok_or_else(unknown)
}

/// What `#[datapoint(..)]` says.
fn options(form: &'static Form, attrs: &[Attribute]) -> Result<Options> {
    let ours = attrs.iter().filter(|attr| is_ours(attr));
    let arguments: Vec<_> = all(ours.map(attr::arguments))?.into_iter().flatten().collect();
    Options::new(form, Ok(arguments))
}

fn is_ours(attr: &Attribute) -> bool {
    attr.path().is_ident(FIELD.name)
}

/// The value of an option that is a text.
pub(super) fn text(options: &Options, name: &str) -> Result<Option<LitStr>> {
    match options.get(name).map(syntax::expr) {
        None => Ok(None),
        Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Ok(Some(text.clone())),
        Some(other) => {
            let message = format!("`{name}` is a text in quotes: `{}`", options.example(name));
            Err(Error::new_spanned(other, message))
        }
    }
}

const ON_PART: &str = "a tuple is one value, a list: put `#[datapoint(..)]` where that is a field";

/// An attribute of ours where nothing is to be said.
fn no_options(attrs: &[Attribute]) -> Result<()> {
    let ours = attrs.iter().filter(|attr| is_ours(attr));
    all(ours.map(|attr| Err::<(), _>(Error::new_spanned(attr, ON_PART)))).map(|_| ())
}

/// The fields of a struct, or what takes their place.
fn members(fields: &Fields, container: &Container) -> Result<Content> {
    if let Fields::Unit = fields {
        return Ok(Content::Nothing);
    }
    let is_list = matches!(fields, Fields::Unnamed(fields) if fields.unnamed.len() != 1);
    if is_list && !container.is_transparent {
        all(fields.iter().map(|field| no_options(&field.attrs)))?;
        return Ok(Content::List);
    }
    let fields = fields.members().zip(fields);
    let found = all(fields.map(|(member, field)| field::read(member, field, container)))?;
    let found: Vec<_> = found.into_iter().flatten().collect();
    keys::unique(&found)?;
    let meetings = keys::meetings(&found);
    Ok(Content::Fields(found.into_iter().map(|found| found.field).collect(), meetings))
}

/// The words of an enum.
fn words(data: &DataEnum, container: &Container) -> Result<Vec<Word>> {
    all(data.variants.iter().map(|variant| word(variant, container)))
}

fn word(variant: &Variant, container: &Container) -> Result<Word> {
    let is_word = match &variant.fields {
        Fields::Unit => Ok(()),
        fields => {
            let message = "a variant with data has other sensors than its siblings, which are \
                           known only at run time: take its data out, or leave the derive out";
            Err(Error::new_spanned(fields, message))
        }
    };
    let (serde, outcome) = Serde::read(&variant.attrs);
    let options = options(&WORD, &variant.attrs);
    let (options, _) = both(options, both(is_word, outcome))?;
    if serde.skip || options.written("skip").is_some() {
        return Ok(Word { ident: variant.ident.clone(), text: None });
    }
    let rename = text(&options, "rename")?.or(serde.rename).map(|rename| rename.value());
    let text = rename.unwrap_or_else(|| spelled(&variant.ident, container, Case::of_variant));
    Ok(Word { ident: variant.ident.clone(), text: Some(text) })
}

/// A name in the case that is asked for.
fn spelled(ident: &Ident, container: &Container, spell: fn(Case, &str) -> String) -> String {
    let name = ident.unraw().to_string();
    container.case.map_or_else(|| name.clone(), |case| spell(case, &name))
}
