//! Settings: an annotated struct.

use syn::{Attribute, Ident, LitStr, Result};

/// An annotated struct, which becomes the settings of a connector.
pub(crate) struct Settings {
    pub(crate) ident: Ident,
    /// Replaces the name of the user's package. A mistake here still leaves the struct the settings of
    /// a connector, so that no other code is blamed for it.
    pub(crate) name: Result<Option<LitStr>>,
    /// The first paragraph of the struct's documentation.
    pub(crate) about: String,
    /// The attributes that concern clap, and the fields with theirs.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) fields: Vec<syn::Field>,
}
