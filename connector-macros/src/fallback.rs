//! On error: the user's item less our attributes, plus the errors.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Error};

use crate::attr::{self, Role};

/// The item as it was written, so that editors and the compiler still know it.
pub(crate) fn fallback(item: TokenStream, error: &Error) -> TokenStream {
    let item = attr::strip(item, |attr| Role::of(attr).is_some() || is_argument(attr));
    let errors = error.to_compile_error();
    quote!(#item #errors)
}

/// Whether an attribute would have been read by what we derive.
fn is_argument(attr: &Attribute) -> bool {
    ["arg", "command", "group"].iter().any(|name| attr.path().is_ident(name))
}
