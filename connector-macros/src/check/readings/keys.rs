//! No two fields have the same key, as far as their names say so.

use proc_macro2::Span;
use syn::{Error, Result, ext::IdentExt};

use super::field::Found;
use crate::{errors::all, model::Place};

/// No two fields may have the same key.
pub(super) fn unique(found: &[Found<'_>]) -> Result<()> {
    all(found.iter().enumerate().map(|(index, field)| {
        let same = |other: &&Found<'_>| other.field.place == field.field.place;
        let first = found.iter().take(index).find(same).and_then(|first| first.ident);
        let (Place::Key(key), Some(first)) = (&field.field.place, first) else { return Ok(()) };
        let message = format!(
            "the field `{}`{} has the key \"{key}\" already: choose another key",
            first.unraw(),
            line(first.span()),
        );
        Err(Error::new_spanned(field.blamed(), message))
    }))
    .map(|_| ())
}

/// An error has one place only, so that the other one is told.
fn line(span: Span) -> String {
    if proc_macro::is_available() {
        format!(" in line {}", span.unwrap().line())
    } else {
        String::new()
    }
}
