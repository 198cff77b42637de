//! The options of `#[datapoint(..)]`, from all of these attributes on one item.

use syn::{Attribute, Result};

use crate::{
    attr::{self, Argument, FIELD, Form},
    check::options::Options,
    error_collector::all,
};

/// The options in this place.
pub(super) fn options(form: &'static Form, attrs: &[Attribute]) -> Result<Options> {
    let ours = attrs.iter().filter(|attr| is_ours(attr));
    let arguments: Vec<Vec<Argument>> = all(ours.map(attr::arguments))?;
    Options::new(form, Ok(arguments.into_iter().flatten().collect()))
}

/// Whether an attribute is `#[datapoint(..)]`.
pub(super) fn is_ours(attr: &Attribute) -> bool {
    attr.path().is_ident(FIELD.name)
}
