//! From the model to the trait impl; decides nothing.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Type, ext::IdentExt, spanned::Spanned};

use crate::{
    attr::{self, Role},
    model::{
        Bounds, Connect, Connector, Keys, Message, Method, OneOf, Parse, Range, Receive, Send,
    },
};

/// The user's block, then the impl that forwards to its methods.
pub(crate) fn expand(block: TokenStream, connector: &Connector) -> TokenStream {
    let block = attr::strip(block, |attr| Role::of(attr).is_some());
    let forwards = forwards(connector);
    quote! {
        // What the roles ask for, even where a method could do with less.
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

fn source(receive: &Receive) -> TokenStream {
    let name = receive.method.ident.unraw().to_string();
    let source = if let Some(every) = &receive.every {
        quote!(::connector_runtime::Source::poll(#name, #every))
    } else {
        quote!(::connector_runtime::Source::push(#name))
    };
    let timeout = receive.timeout.as_ref().map(|timeout| quote!(.timeout(#timeout)));
    quote!(#source #timeout)
}

fn receive(receives: &[Receive]) -> TokenStream {
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

/// The name of a parameter, which says whether it is used.
fn parameter(name: &str, is_used: bool) -> Ident {
    format_ident!("{}{name}", if is_used { "" } else { "_" })
}

/// The session, to be blamed where the user says what it is.
fn passed_session(ty: &Type) -> TokenStream {
    quote_spanned!(at(ty.span())=> session)
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

/// A list where all are known, and otherwise a line for each method.
fn actuators(sends: &[Send]) -> TokenStream {
    let known: Vec<_> = sends.iter().filter_map(known).collect();
    if known.len() == sends.len() {
        return quote!(::std::convert::From::from([#(#known),*]));
    }
    // The families are known before all others.
    let is_other = |send: &&Send| matches!(send.keys, Keys::Others { .. });
    let others = sends.iter().filter(is_other);
    let lines = sends.iter().filter(|send| !is_other(send)).chain(others).map(line);
    quote!(::connector_runtime::__private::Actuators::new() #(#lines)* .list())
}

/// An actuator that has a method of its own.
fn known(send: &Send) -> Option<TokenStream> {
    match &send.keys {
        Keys::Fixed(keys) => match keys.as_slice() {
            [key] => Some(described(&quote!(::connector_runtime::Actuator::new(#key)), send)),
            _ => None,
        },
        _ => None,
    }
}

/// The actuators of a method.
fn line(send: &Send) -> TokenStream {
    if let Some(known) = known(send) {
        return quote!(.one(#known));
    }
    let described = described(&quote!(actuator), send);
    let described = quote!(|actuator| #described);
    match &send.keys {
        Keys::Fixed(keys) => quote!(.each([#(#keys),*], #described)),
        Keys::Family { prefix, suffix, each } => {
            quote_spanned!(at(each.span())=> .family(#prefix, #each, #suffix, #described))
        }
        Keys::Others { each } => quote_spanned!(at(each.span())=> .others(#each, #described)),
    }
}

fn described(actuator: &TokenStream, send: &Send) -> TokenStream {
    let Send { description, value, unit, bounds, example, .. } = send;
    let Bounds { range, one_of, max_len } = bounds;
    let description = (!description.is_empty()).then(|| quote!(.description(#description)));
    let unit = unit.as_ref().map(|unit| quote!(.unit(#unit)));
    let range = range.as_ref().map(self::range);
    let one_of = one_of.as_ref().map(|OneOf { values, number }| {
        let number = number.as_ref().map(|number| quote!(::<#number>));
        quote_spanned!(at(values.span())=> .one_of #number(#values))
    });
    let max_len = max_len.as_ref().map(|max_len| quote!(.max_len(#max_len)));
    let example = example.as_ref().map(|example| quote!(.example(#example)));
    let guard = guard(send);
    quote!(#actuator .takes::<#value>() #description #unit #range #one_of #max_len #example #guard)
}

fn guard(Send { guard, .. }: &Send) -> TokenStream {
    let max_age = guard.max_age.as_ref().map(|max_age| quote!(.max_age(#max_age)));
    let monotonic = guard.monotonic.then(|| quote!(.monotonic()));
    let newest_only = guard.newest_only.then(|| quote!(.newest_only()));
    let min_interval = guard.min_interval.as_ref().map(|time| quote!(.min_interval(#time)));
    let timeout = guard.timeout.as_ref().map(|timeout| quote!(.timeout(#timeout)));
    let failsafe = guard.failsafe.as_ref();
    let failsafe = failsafe.map(|(failsafe, after)| quote!(.failsafe(#failsafe, #after)));
    let accept_retained = guard.accept_retained.then(|| quote!(.accept_retained()));
    quote!(#max_age #monotonic #newest_only #min_interval #timeout #failsafe #accept_retained)
}

/// The user's own type is named, so that a range of another type is blamed where it is written.
pub(crate) fn range(range: &Range) -> TokenStream {
    match range {
        Range::Typed { ends, ty } => quote!(.range::<#ty>(#ends)),
        Range::Of { ends, ty } => {
            quote!(.range(::connector_runtime::__private::numbers::<#ty, _>(#ends)))
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

/// What happens to a key that only differs in one part from that of others.
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

/// A call, with the mark that its errors leave the session as it is.
fn marked(call: TokenStream, keep_session: bool) -> TokenStream {
    if keep_session { quote!(::connector_runtime::KeepSession::keep_session(#call)) } else { call }
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
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}
