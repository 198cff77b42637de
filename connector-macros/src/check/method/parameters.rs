//! The parameters of methods.

use syn::{Error, FnArg, PatType, Result, Signature, Type, TypeReference};

use crate::{attr::Role, syntax};

/// The types of the parameters after `self`.
pub(crate) fn types(signature: &Signature) -> impl Iterator<Item = &Type> + Clone {
    signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(PatType { ty, .. }) => Some(ty.as_ref()),
        FnArg::Receiver(_) => None,
    })
}

/// The type of the first parameter after `self`.
pub(crate) fn first(role: Role, signature: &Signature) -> Result<&Type> {
    types(signature).next().ok_or_else(|| wrong_inputs(role, signature))
}

/// Checks the number of parameters after `self`.
pub(crate) fn at_most(count: usize, role: Role, signature: &Signature) -> Result<()> {
    let Some(extra) = types(signature).nth(count) else { return Ok(()) };
    let message = format!("this is one parameter too many: {}", usual(role));
    Err(Error::new_spanned(extra, message))
}

/// Whether a type is a reference.
pub(crate) fn is_reference(ty: &Type) -> bool {
    matches!(syntax::ty(ty), Type::Reference(_))
}

/// The type of a session: several calls use it at the same time.
pub(crate) fn shared(ty: &Type) -> Result<Type> {
    match syntax::ty(ty) {
        Type::Reference(TypeReference { mutability: None, .. }) => Ok(ty.clone()),
        Type::Reference(TypeReference { mutability: Some(token), .. }) => {
            let message = "several calls use the session at the same time: take `&Session`, and \
                           keep what changes in a `Mutex`";
            Err(Error::new_spanned(token, message))
        }
        _ => {
            let message =
                "this parameter can only be the session, by reference: `session: &Session`";
            Err(Error::new_spanned(ty, message))
        }
    }
}

/// The type of a raw message.
pub(crate) fn by_reference(ty: &Type) -> Result<Type> {
    if matches!(syntax::ty(ty), Type::Reference(reference) if reference.mutability.is_none()) {
        return Ok(ty.clone());
    }
    let message = "take the raw message by reference: `&str` for text, `&[u8]` for bytes, `&T` for \
                   any other type";
    Err(Error::new_spanned(ty, message))
}

/// The type of a command's value.
pub(crate) fn by_value(ty: &Type) -> Result<Type> {
    if !matches!(syntax::ty(ty), Type::Reference(_) | Type::ImplTrait(_)) {
        return Ok(ty.clone());
    }
    let message = "the value is decoded from the command: take an owned type, such as `f64`, \
                   `bool` or `String`";
    Err(Error::new_spanned(ty, message))
}

/// The error for parameters that are not those of the role.
pub(crate) fn wrong_inputs(role: Role, signature: &Signature) -> Error {
    Error::new(signature.paren_token.span.join(), usual(role))
}

fn usual(role: Role) -> String {
    format!("a method with `#[{}]` is written `{}`", role.form().name, role.method())
}
