//! The code after an error: the user's item without our attributes, and the errors.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Ident, ItemStruct};

use crate::{
    attr::{self, Role},
    syntax::Impl,
};

/// The item as it was written, so that editors and the compiler still see it.
pub(crate) fn item(item: TokenStream, error: &Error) -> TokenStream {
    let item = attr::strip(item, |attr| Role::of(attr).is_some() || attr::is_argument(attr));
    let errors = error.to_compile_error();
    quote!(#item #errors)
}

/// An `impl` block, whose type stays a connector: no error is reported where it is used.
pub(crate) fn block(tokens: TokenStream, block: &Impl, error: &Error) -> TokenStream {
    let item = item(tokens, error);
    if block.of_trait.is_some() || !block.generics.params.is_empty() {
        return item;
    }
    let self_ty = &block.self_ty;
    quote! {
        #item

        #[automatically_derived]
        impl ::connector_runtime::Connector for #self_ty {
            type Session = ();
            type Raw = ();
            type Readings = ();

            fn sources(&self) -> ::std::vec::Vec<::connector_runtime::Source> {
                ::core::unreachable!()
            }

            async fn connect(&self) -> ::connector_runtime::Result<()> {
                ::core::unreachable!()
            }

            async fn receive(
                &self,
                _session: &(),
                _source: usize,
            ) -> ::connector_runtime::Result<::core::option::Option<()>> {
                ::core::unreachable!()
            }

            fn parse(
                &self,
                _raw: &(),
            ) -> ::connector_runtime::Result<::core::option::Option<()>> {
                ::core::unreachable!()
            }
        }
    }
}

/// A struct, which stays the settings of a connector.
pub(crate) fn settings(tokens: TokenStream, settings: &ItemStruct, error: &Error) -> TokenStream {
    let item = item(tokens, error);
    if !settings.generics.params.is_empty() {
        return item;
    }
    let ident = &settings.ident;
    let arguments = arguments(ident);
    quote! {
        #item

        #[automatically_derived]
        impl ::connector_runtime::ConnectorSettings for #ident {
            const NAME: &'static str = "";
            const VERSION: &'static str = "";
            const ABOUT: &'static str = "";
        }

        #arguments
    }
}

fn arguments(ident: &Ident) -> TokenStream {
    let clap = quote!(::connector_runtime::clap);
    quote! {
        #[automatically_derived]
        impl #clap::Args for #ident {
            fn augment_args(command: #clap::Command) -> #clap::Command {
                command
            }

            fn augment_args_for_update(command: #clap::Command) -> #clap::Command {
                command
            }
        }

        #[automatically_derived]
        impl #clap::FromArgMatches for #ident {
            fn from_arg_matches(_: &#clap::ArgMatches) -> ::core::result::Result<Self, #clap::Error> {
                ::core::unreachable!()
            }

            fn update_from_arg_matches(
                &mut self,
                _: &#clap::ArgMatches,
            ) -> ::core::result::Result<(), #clap::Error> {
                ::core::unreachable!()
            }
        }
    }
}
