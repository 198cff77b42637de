//! From an annotated struct to command line arguments.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::Settings;

/// The user's struct, then the impl that says who the connector is.
pub(crate) fn expand(item: &TokenStream, settings: &Settings) -> TokenStream {
    let Settings { ident, name, about } = settings;
    let name = match name {
        Ok(Some(name)) => quote!(#name),
        Ok(None) => quote!(::core::env!("CARGO_PKG_NAME")),
        Err(error) => {
            let errors = error.to_compile_error();
            quote!({ #errors })
        }
    };
    let about = match about.as_str() {
        "" => quote!(::core::env!("CARGO_PKG_DESCRIPTION")),
        about => quote!(#about),
    };
    quote! {
        #[derive(::connector_runtime::clap::Args)]
        #item

        #[automatically_derived]
        impl ::connector_runtime::Settings for #ident {
            const NAME: &'static str = #name;
            const VERSION: &'static str = ::core::env!("CARGO_PKG_VERSION");
            const ABOUT: &'static str = #about;
        }
    }
}
