//! `#[connector]` on an `impl` block: the impl of the trait `Connector`.

mod actuators;
mod call;
mod commands;
mod receive;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use self::{
    call::{call, message},
    commands::commands,
    receive::{receive, source},
};
use super::span::at;
use crate::{
    attr::{self, Role},
    model::{Connect, Connector, Parse},
};

/// The user's block, then the impl that forwards to its methods.
pub(crate) fn connector(block: TokenStream, connector: &Connector) -> TokenStream {
    let block = attr::strip(block, |attr| Role::of(attr).is_some());
    let forwards = forwards(connector);
    quote! {
        // The roles require these forms, even if a method does not need them.
        #[allow(
            clippy::needless_pass_by_value,
            clippy::trivially_copy_pass_by_ref,
            clippy::unnecessary_wraps,
            clippy::unused_async,
            clippy::unused_self
        )]
        #block
        #forwards
    }
}

fn forwards(connector: &Connector) -> TokenStream {
    let Connector { self_ty, raw, connect, receives, parse, sends } = connector;
    let readings = &parse.message.ty;
    let session = connect.as_ref().map_or_else(|| quote!(()), |it| it.session.to_token_stream());
    let connect = connect_fn(connect.as_ref());
    let sources = receives.iter().map(source);
    let receive = receive(receives);
    let parse = parse_fn(parse);
    let commands = (!sends.is_empty()).then(|| commands(sends));
    quote! {
        #[automatically_derived]
        impl ::connector_runtime::Connector for #self_ty {
            type Session = #session;
            type Raw = #raw;
            type Readings = #readings;

            fn sources(&self) -> ::std::vec::Vec<::connector_runtime::Source> {
                ::std::convert::From::from([#(#sources),*])
            }

            fn sensors(&self) -> ::std::vec::Vec<::connector_runtime::Sensor> {
                ::connector_runtime::__private::Readings::<Self::Readings>::NEW.sensors()
            }

            fn flatten(
                &self,
                readings: &Self::Readings,
                to: &mut ::connector_runtime::readings::FlatReadings,
            ) -> ::connector_runtime::Result<()> {
                ::connector_runtime::__private::Readings::<Self::Readings>::NEW
                    .flatten(readings, to)
            }

            #connect
            #receive
            #parse
            #commands
        }
    }
}

fn connect_fn(connect: Option<&Connect>) -> TokenStream {
    let body = if let Some(Connect { method, .. }) = connect {
        let call = call(method, None);
        quote!(::connector_runtime::__private::opened(#call))
    } else {
        quote!(::core::result::Result::Ok(()))
    };
    let state = connect.and_then(|connect| connect.state.as_ref()).map(|key| {
        quote! {
            fn state_sensor(&self) -> ::core::option::Option<&str> {
                ::core::option::Option::Some(#key)
            }
        }
    });
    let timeout = connect.and_then(|connect| connect.timeout.as_ref()).map(|timeout| {
        quote! {
            fn connect_timeout(&self) -> ::core::time::Duration {
                #timeout
            }
        }
    });
    quote! {
        #state
        #timeout

        async fn connect(&self) -> ::connector_runtime::Result<Self::Session> {
            #body
        }
    }
}

fn parse_fn(parse: &Parse) -> TokenStream {
    let raw = quote_spanned!(at(parse.parameter.span())=> raw);
    let body = message(&parse.method, &parse.message, Some(&raw));
    quote! {
        fn parse(
            &self,
            raw: &Self::Raw,
        ) -> ::connector_runtime::Result<::core::option::Option<Self::Readings>> {
            #body
        }
    }
}
