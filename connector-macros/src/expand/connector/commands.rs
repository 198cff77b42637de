//! Commands: from a key to the method that serves it.

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    actuators::actuators,
    call::{call, marked, parameter, passed_session},
};
use crate::model::{Keys, Send};

pub(super) fn commands(sends: &[Send]) -> TokenStream {
    let session = parameter("session", sends.iter().any(|send| send.session.is_some()));
    let fixed = sends.iter().filter_map(fixed);
    let listed = actuators(sends);
    let others = others(sends);
    quote! {
        fn actuators(&self) -> ::std::vec::Vec<::connector_runtime::Actuator> {
            #listed
        }

        async fn send(
            &self,
            #session: &Self::Session,
            command: &::connector_runtime::Command,
        ) -> ::connector_runtime::Result<()> {
            match command.key() {
                #(#fixed)*
                #others
            }
        }
    }
}

/// An arm for the keys that are known.
fn fixed(send: &Send) -> Option<TokenStream> {
    let Keys::Fixed(keys) = &send.keys else { return None };
    let call = sent(send, &quote!(command.key()));
    Some(quote!(#(#keys)|* => #call,))
}

/// An arm for all others.
fn others(sends: &[Send]) -> TokenStream {
    let last = sends.iter().find(|send| matches!(send.keys, Keys::Others { .. }));
    let last = last.map_or_else(
        || quote!(::core::result::Result::Err(command.unknown())),
        |send| sent(send, &quote!(command.key())),
    );
    let families: Vec<_> = sends.iter().filter_map(family).collect();
    if families.is_empty() {
        quote!(_ => #last,)
    } else {
        quote!(_ => #(#families else)* { #last })
    }
}

/// A branch for keys that differ in one part.
fn family(send: &Send) -> Option<TokenStream> {
    let Keys::Family { prefix, suffix, .. } = &send.keys else { return None };
    let call = sent(send, &quote!(part));
    let between = quote!(::connector_runtime::__private::between);
    Some(quote! {
        if let ::core::option::Option::Some(part) = #between(#prefix, command.key(), #suffix) {
            #call
        }
    })
}

fn sent(send: &Send, key: &TokenStream) -> TokenStream {
    let Send { method, session, takes_key, value, timestamp, .. } = send;
    let session = session.iter().map(passed_session);
    let key = takes_key.then_some(key).into_iter();
    let timestamp = timestamp
        .iter()
        .map(|ty| quote!(::connector_runtime::__private::timestamp::<#ty>(command)));
    let value = quote!(command.value::<#value>()?);
    let arguments = quote!(#(#session,)* #(#key,)* #value #(, #timestamp)*);
    let call = call(method, Some(&arguments));
    marked(quote!(::connector_runtime::__private::sent(#call)), send.keep_session)
}
