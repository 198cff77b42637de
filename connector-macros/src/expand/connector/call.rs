//! Calls of the user's methods.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, Type, spanned::Spanned};

use crate::{
    expand::span::at,
    model::{Message, Method},
};

/// A call of a method, with these arguments.
pub(super) fn call(method: &Method, arguments: Option<&TokenStream>) -> TokenStream {
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

/// A call of a method that returns a message.
pub(super) fn message(
    method: &Method,
    message: &Message,
    arguments: Option<&TokenStream>,
) -> TokenStream {
    let call = call(method, arguments);
    let helper = if message.optional { quote!(optional) } else { quote!(message) };
    quote!(::connector_runtime::__private::#helper(#call))
}

/// A call, marked if its errors keep the session.
pub(super) fn marked(call: TokenStream, keep_session: bool) -> TokenStream {
    if keep_session { quote!(::connector_runtime::KeepSession::keep_session(#call)) } else { call }
}

/// The name of a parameter, with an underscore if it is unused.
pub(super) fn parameter(name: &str, is_used: bool) -> Ident {
    format_ident!("{}{name}", if is_used { "" } else { "_" })
}

/// The session as an argument; a wrong type is reported at the user's parameter.
pub(super) fn passed_session(ty: &Type) -> TokenStream {
    quote_spanned!(at(ty.span())=> session)
}
