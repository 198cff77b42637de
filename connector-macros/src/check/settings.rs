//! The rules for a struct with `#[connector]`.

use proc_macro2::TokenStream;
use syn::{Attribute, Field, ItemStruct, LitStr, Result};

use super::{key, options::Options, shape};
use crate::{
    attr::{self, SETTINGS},
    error_collector::ErrorCollector,
    model::Settings,
    syntax::summary,
};

/// The rules for a struct.
pub(crate) fn settings(arguments: TokenStream, item: &ItemStruct) -> Result<Settings> {
    let name = name(arguments);
    let mut errors = ErrorCollector::default();
    errors.check(shape::named_fields(item));
    errors.check(shape::not_generic(&item.generics));
    if !errors.is_empty() {
        errors.check(name.clone().map(drop));
    }
    errors.finish()?;
    let (ident, about) = (item.ident.clone(), summary(&item.attrs));
    let (attrs, fields) = (for_clap(&item.attrs), item.fields.iter().cloned());
    let fields = fields.map(|field| Field { attrs: for_clap(&field.attrs), ..field }).collect();
    Ok(Settings { ident, name, about, attrs, fields })
}

fn name(arguments: TokenStream) -> Result<Option<LitStr>> {
    let options = Options::new(&SETTINGS, attr::parse_arguments(arguments))?;
    let mut errors = ErrorCollector::default();
    let name = errors.take(options.get("name").map(key::connector_name).transpose());
    errors.check(options.check_crate());
    errors.finish_with(|| name)
}

fn for_clap(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr::concerns_clap(attr)).cloned().collect()
}
