//! The spans at which the compiler reports errors in our code.

use proc_macro2::{Ident, Span};

/// The span of our own name, reported where the user's name is.
pub(super) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// A name of the user's in our code, which may use what is deprecated for others.
pub(super) fn ours(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(at(ident.span()));
    ident
}
