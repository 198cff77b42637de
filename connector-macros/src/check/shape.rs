//! The items that `#[connector]` can be on.

use proc_macro2::Span;
use syn::{Error, Fields, Generics, ItemStruct, Result};

use crate::syntax::Impl;

/// The error for an item of any other kind.
pub(crate) fn misplaced(keyword: Span) -> Error {
    let message = "`#[connector]` belongs on a struct, whose fields are the connector's settings, \
                   and on its `impl` block, whose methods reach the device";
    Error::new(keyword, message)
}

pub(crate) fn inherent(block: &Impl) -> Result<()> {
    let Some(of_trait) = &block.of_trait else { return Ok(()) };
    let message = "`#[connector]` belongs on an `impl` block without a trait: it implements the \
                   trait `Connector` itself, from the methods with `#[receive]`, `#[parse]` and \
                   `#[send]`";
    Err(Error::new_spanned(of_trait, message))
}

pub(crate) fn not_generic(generics: &Generics) -> Result<()> {
    if generics.params.is_empty() {
        return Ok(());
    }
    let message = "a connector cannot have generic parameters, because its settings come from the \
                   command line: name the types";
    Err(Error::new_spanned(&generics.params, message))
}

pub(crate) fn named_fields(item: &ItemStruct) -> Result<()> {
    let Fields::Unnamed(fields) = &item.fields else { return Ok(()) };
    let message = "the fields of a connector become flags, so they need names: write \
                   `{ #[arg(long, env = \"DEVICE_URL\")] url: String }`";
    Err(Error::new_spanned(fields, message))
}
