//! From the model to the trait impl; decides nothing.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{ext::IdentExt, spanned::Spanned};

use crate::{
    attr::{self, Role},
    model::{Connector, Message, Method, Parse, Receive, Send},
};

/// The user's block, then the impl that forwards to its methods.
pub(crate) fn expand(block: TokenStream, connector: &Connector) -> TokenStream {
    let block = attr::strip(block, |attr| Role::of(attr).is_some());
    let forwards = forwards(connector);
    quote!(#block #forwards)
}

fn forwards(connector: &Connector) -> TokenStream {
    let Connector { self_ty, raw, receives, parse, sends } = connector;
    let readings = &parse.message.ty;
    let sources = receives.iter().map(source);
    let receive = receive(receives);
    let parse = parse_fn(parse);
    let commands = (!sends.is_empty()).then(|| commands(sends));
    quote! {
        #[automatically_derived]
        impl ::connector_runtime::Connector for #self_ty {
            type Raw = #raw;
            type Readings = #readings;

            fn sources(&self) -> ::std::vec::Vec<::connector_runtime::Source> {
                ::std::vec::Vec::from([#(#sources),*])
            }

            fn sensors(&self) -> ::std::vec::Vec<::connector_runtime::Sensor> {
                ::connector_runtime::__private::Readings::<Self::Readings>::NEW.sensors()
            }

            #receive
            #parse
            #commands
        }
    }
}

fn source(receive: &Receive) -> TokenStream {
    let name = receive.method.ident.unraw().to_string();
    if let Some(every) = &receive.every {
        quote!(::connector_runtime::Source::poll(#name, #every))
    } else {
        quote!(::connector_runtime::Source::push(#name))
    }
}

fn receive(receives: &[Receive]) -> TokenStream {
    let calls = receives.iter().map(|receive| message(&receive.method, &receive.message, None));
    let (source, body) = if let [_] = receives {
        (quote!(_source), quote!(#(#calls)*))
    } else {
        let last = receives.len().saturating_sub(1);
        let indices = (0..last).map(|index| Literal::usize_unsuffixed(index).to_token_stream());
        let indices = indices.chain([quote!(_)]);
        (quote!(source), quote!(match source { #(#indices => #calls,)* }))
    };
    quote! {
        async fn receive(
            &self,
            #source: usize,
        ) -> ::connector_runtime::Result<::core::option::Option<Self::Raw>> {
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

fn message(method: &Method, message: &Message, arguments: Option<&TokenStream>) -> TokenStream {
    let call = call(method, arguments);
    let helper = if message.optional { quote!(optional) } else { quote!(message) };
    quote!(::connector_runtime::__private::#helper(#call))
}

fn commands(sends: &[Send]) -> TokenStream {
    let actuators = sends.iter().map(actuator);
    let arms = sends.iter().map(send);
    quote! {
        fn actuators(&self) -> ::std::vec::Vec<::connector_runtime::Actuator> {
            ::std::vec::Vec::from([#(#actuators),*])
        }

        async fn send(
            &self,
            command: &::connector_runtime::Command,
        ) -> ::connector_runtime::Result<()> {
            match command.key() {
                #(#arms)*
                _ => ::core::result::Result::Err(command.unknown()),
            }
        }
    }
}

fn actuator(send: &Send) -> TokenStream {
    let Send { key, description, value, range, example, .. } = send;
    let description = (!description.is_empty()).then(|| quote!(.description(#description)));
    // The user's own type is named, so that a range of another type is blamed where it is written.
    let range = range.as_ref().map(|range| quote!(.range::<#value>(#range)));
    let example = example.as_ref().map(|example| quote!(.example(#example)));
    quote!(::connector_runtime::Actuator::new(#key) #description #range #example)
}

fn send(send: &Send) -> TokenStream {
    let Send { method, key, value, timestamp, .. } = send;
    let timestamp = timestamp
        .iter()
        .map(|ty| quote!(::connector_runtime::__private::timestamp::<#ty>(command)));
    let arguments = quote!(command.value::<#value>()? #(, #timestamp)*);
    let call = call(method, Some(&arguments));
    quote!(#key => ::connector_runtime::__private::sent(#call),)
}

fn call(method: &Method, arguments: Option<&TokenStream>) -> TokenStream {
    let Method { ident, takes_self, is_async } = method;
    let span = at(ident.span());
    let callee = if *takes_self {
        quote_spanned!(span=> self.#ident)
    } else {
        quote_spanned!(span=> Self::#ident)
    };
    let wait = is_async.then(|| quote_spanned!(span=> .await));
    quote_spanned!(span=> #callee(#arguments) #wait)
}

/// Our own name, to be blamed where the user's is.
fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}
