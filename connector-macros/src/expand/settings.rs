//! `#[connector]` on a struct: its command line arguments.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::Field;

use crate::{attr, model::Settings};

/// The user's struct, the identity of the connector, and its impl for clap.
pub(crate) fn settings(item: TokenStream, settings: &Settings) -> TokenStream {
    let item = attr::strip(item, attr::is_argument);
    let identity = identity(settings);
    let arguments = arguments(settings);
    quote!(#item #identity #arguments)
}

fn identity(Settings { ident, name, about, .. }: &Settings) -> TokenStream {
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
        #[automatically_derived]
        impl ::connector_runtime::ConnectorSettings for #ident {
            const NAME: &'static str = #name;
            const VERSION: &'static str = ::core::env!("CARGO_PKG_VERSION");
            const ABOUT: &'static str = #about;
        }
    }
}

/// clap's derive needs `clap` and parts of the prelude in scope, so it works on a copy.
fn arguments(settings: &Settings) -> TokenStream {
    let Settings { ident, attrs, fields, .. } = settings;
    // A name that no type of a field can have.
    let copy = format_ident!("__{ident}Arguments");
    let attrs = attrs.iter().map(|attr| of_user(attr.to_token_stream(), ident));
    let copied = fields.iter().map(|field| of_user(field.to_token_stream(), ident));
    let names: Vec<_> = fields.iter().map(name).collect();
    quote! {
        const _: () = {
            use ::connector_runtime::clap;
            #[allow(unused_imports)]
            use ::core::{clone::Clone as _, convert::From as _, option::Option::{self, None, Some}};

            // The compiler reports these for the user's own fields.
            #[allow(deprecated, nonstandard_style)]
            #[derive(clap::Args)]
            #(#attrs)*
            struct #copy {
                #(#copied,)*
            }

            #[automatically_derived]
            impl clap::Args for #ident {
                fn augment_args(command: clap::Command) -> clap::Command {
                    <#copy as clap::Args>::augment_args(command)
                }

                fn augment_args_for_update(command: clap::Command) -> clap::Command {
                    <#copy as clap::Args>::augment_args_for_update(command)
                }
            }

            #[automatically_derived]
            #[allow(deprecated)]
            impl clap::FromArgMatches for #ident {
                fn from_arg_matches(
                    matches: &clap::ArgMatches,
                ) -> ::core::result::Result<Self, clap::Error> {
                    let #copy { #(#names),* } =
                        <#copy as clap::FromArgMatches>::from_arg_matches(matches)?;
                    ::core::result::Result::Ok(Self { #(#names),* })
                }

                fn update_from_arg_matches(
                    &mut self,
                    matches: &clap::ArgMatches,
                ) -> ::core::result::Result<(), clap::Error> {
                    *self = Self::from_arg_matches(matches)?;
                    ::core::result::Result::Ok(())
                }
            }
        };
    }
}

/// The name of a field, if the field is compiled.
fn name(field: &Field) -> TokenStream {
    let conditions = field.attrs.iter().filter(|attr| attr::is_condition(attr));
    let ident = &field.ident;
    quote!(#(#conditions)* #ident)
}

/// The user's tokens, in a place where `Self` is another type.
fn of_user(tokens: TokenStream, ident: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(name) if name == "Self" => {
                Ident::new(&ident.to_string(), name.span()).into()
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), of_user(group.stream(), ident));
                inner.set_span(group.span());
                inner.into()
            }
            other => other,
        })
        .collect()
}
