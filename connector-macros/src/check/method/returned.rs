//! The return types of methods.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Error, Result, ReturnType, Signature, Type};

use crate::{
    attr::Role,
    model::Message,
    syntax::{generic, is_unit, written},
};

/// `Result<T>` or `Result<Option<T>>`.
pub(crate) fn message(role: Role, signature: &Signature) -> Result<Message> {
    let returned = result(signature).ok_or_else(|| no_result(role, signature))?;
    owned(returned)?;
    Ok(match generic(returned, "Option") {
        Some(ty) => Message { ty: ty.clone(), optional: true },
        None => Message { ty: returned.clone(), optional: false },
    })
}

/// `Result<T>`, where `T` is the session.
pub(crate) fn session(role: Role, signature: &Signature) -> Result<Type> {
    let returned = result(signature).ok_or_else(|| no_result(role, signature))?;
    if is_unit(returned) {
        let message = "`()` cannot be a session: return what the other methods need, \
                       such as the connection";
        return Err(Error::new_spanned(returned, message));
    }
    owned(returned)?;
    Ok(returned.clone())
}

/// Checks that a type borrows nothing: a message outlives the call that returns it, and the raw
/// message that it was read from.
fn owned(ty: &Type) -> Result<()> {
    let mut tokens = flat(ty.to_token_stream()).into_iter().peekable();
    while let Some(token) = tokens.next() {
        let TokenTree::Punct(punct) = &token else { continue };
        let next = tokens.peek().map(ToString::to_string);
        let borrows = match punct.as_char() {
            '&' => next.as_deref() != Some("'"),
            '\'' => next.as_deref() != Some("static"),
            _ => false,
        };
        if borrows {
            let message = "a message is kept after the method has returned, so it cannot borrow: \
                           return a type that owns its data, such as `String`";
            return Err(Error::new_spanned(token, message));
        }
    }
    Ok(())
}

fn flat(tokens: TokenStream) -> Vec<TokenTree> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => flat(group.stream()),
            token => vec![token],
        })
        .collect()
}

/// `Result<()>`.
pub(crate) fn nothing(role: Role, signature: &Signature) -> Result<()> {
    match result(signature) {
        Some(returned) if is_unit(returned) => Ok(()),
        _ => Err(no_result(role, signature)),
    }
}

fn result(signature: &Signature) -> Option<&Type> {
    match &signature.output {
        ReturnType::Type(_, ty) => generic(ty, "Result"),
        ReturnType::Default => None,
    }
}

fn no_result(role: Role, signature: &Signature) -> Error {
    let usual = role.method().rsplit(" -> ").next().unwrap_or_default();
    let message = |form: &str| {
        format!("a method with `#[{}]` returns a result: write `-> {form}`", role.form().name)
    };
    match &signature.output {
        ReturnType::Type(_, ty) if role != Role::Send && is_bare(ty) => {
            Error::new_spanned(ty, message(&format!("Result<{}>", written(ty))))
        }
        ReturnType::Type(_, ty) => Error::new_spanned(ty, message(usual)),
        ReturnType::Default => Error::new(signature.paren_token.span.close(), message(usual)),
    }
}

/// Whether only the `Result` around it is missing.
fn is_bare(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| last.ident != "Result")
}
