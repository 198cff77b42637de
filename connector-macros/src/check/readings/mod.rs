//! The rules for a type with `#[derive(Datapoints)]`.

mod container;
mod field;
mod keys;
mod options;
mod word;

use syn::{Attribute, Data, DeriveInput, Error, Fields, Result};

use self::{container::Container, options::is_ours};
use crate::{
    error_collector::{ErrorCollector, all},
    model::{Content, Readings},
};

/// The rules for a type of readings.
pub(crate) fn readings(item: &DeriveInput) -> Result<Readings> {
    let (container, outcome) = Container::read(&item.attrs);
    let content = match &item.data {
        Data::Struct(data) => members(&data.fields, &container),
        Data::Enum(data) => {
            all(data.variants.iter().map(|variant| word::word(variant, &container)))
                .map(Content::Words)
        }
        Data::Union(data) => {
            let message = "readings are a struct, whose fields are the sensors, or an enum of \
                           words: serde cannot write a union";
            Err(Error::new_spanned(data.union_token, message))
        }
    };
    let mut errors = ErrorCollector::default();
    errors.check(outcome);
    let content = errors.take(content);
    let (ident, generics) = (item.ident.clone(), item.generics.clone());
    errors.finish_with(|| Ok(Readings { ident, generics, content: content? }))
}

/// The fields of a struct, or what takes their place.
fn members(fields: &Fields, container: &Container) -> Result<Content> {
    if let Fields::Unit = fields {
        return Ok(Content::Nothing);
    }
    let is_list = matches!(fields, Fields::Unnamed(fields) if fields.unnamed.len() != 1);
    if is_list && !container.is_transparent {
        all::<(), ()>(fields.iter().map(|field| no_options(&field.attrs)))?;
        return Ok(Content::List);
    }
    let fields = fields.members().zip(fields);
    let found: Vec<_> = all(fields.map(|(member, field)| field::read(member, field, container)))?;
    let found: Vec<_> = found.into_iter().flatten().collect();
    keys::unique(&found)?;
    let meetings = keys::meetings(&found);
    Ok(Content::Fields(found.into_iter().map(|found| found.field).collect(), meetings))
}

const ON_PART: &str =
    "a tuple is one value, a list: put `#[datapoint(..)]` on a field that has this type";

/// Checks that no attribute of ours is on a part of a value.
fn no_options(attrs: &[Attribute]) -> Result<()> {
    let ours = attrs.iter().filter(|attr| is_ours(attr));
    all(ours.map(|attr| Err::<(), _>(Error::new_spanned(attr, ON_PART))))
}
