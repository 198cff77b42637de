//! Settings: an annotated struct.

use syn::{Attribute, Ident, LitStr, Result};

/// An annotated struct, which becomes the settings of a connector.
pub(crate) struct Settings {
    pub(crate) ident: Ident,
    /// Replaces the name of the user's package. After a mistake here the struct still implements
    /// the traits of settings, so that no error is reported where it is used.
    pub(crate) name: Result<Option<LitStr>>,
    /// The first paragraph of the struct's documentation.
    pub(crate) about: String,
    /// The attributes that concern clap, and the fields with theirs.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) fields: Vec<syn::Field>,
}
