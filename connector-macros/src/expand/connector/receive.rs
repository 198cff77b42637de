//! Sources, and the calls that receive from them.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;

use super::call::{marked, message, parameter, passed_session};
use crate::model::Receive;

pub(super) fn source(receive: &Receive) -> TokenStream {
    let name = receive.method.ident.unraw().to_string();
    let source = if let Some(every) = &receive.every {
        quote!(::connector_runtime::Source::poll(#name, #every))
    } else {
        quote!(::connector_runtime::Source::push(#name))
    };
    let timeout = receive.timeout.as_ref().map(|timeout| quote!(.timeout(#timeout)));
    quote!(#source #timeout)
}

pub(super) fn receive(receives: &[Receive]) -> TokenStream {
    let session = parameter("session", receives.iter().any(|receive| receive.session.is_some()));
    let source = parameter("source", receives.len() > 1);
    let calls = receives.iter().map(
        |Receive { method, session, message: returned, keep_session, .. }| {
            let call = message(method, returned, session.as_ref().map(passed_session).as_ref());
            marked(call, *keep_session)
        },
    );
    let body = if receives.len() < 2 {
        quote!(#(#calls)*)
    } else {
        let last = receives.len().saturating_sub(1);
        let indices = (0..last).map(|index| Literal::usize_unsuffixed(index).to_token_stream());
        let indices = indices.chain([quote!(_)]);
        quote!(match source { #(#indices => #calls,)* })
    };
    quote! {
        async fn receive(
            &self,
            #session: &Self::Session,
            #source: usize,
        ) -> ::connector_runtime::Result<::core::option::Option<Self::Raw>> {
            #body
        }
    }
}
