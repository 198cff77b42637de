//! How methods are called.

use syn::{Error, FnArg, GenericParam, PatType, ReceiverKind, Result, Safety, Signature, Type};

use super::message::{message, nothing};
use crate::{
    attr::Role,
    errors::both,
    model::{Message, Method},
    syntax,
};

pub(super) fn receive(signature: &Signature) -> Result<(Method, Message)> {
    let role = Role::Receive;
    let inputs = both(method(role, signature), at_most(0, role, signature));
    let ((method, ()), message) = both(inputs, message(role, signature))?;
    Ok((method, message))
}

pub(super) fn parse(signature: &Signature) -> Result<(Method, Type, Message)> {
    let role = Role::Parse;
    let method = both(method(role, signature), synchronous(signature));
    let raw = first(role, signature).and_then(by_reference);
    let inputs = both(method, both(raw, at_most(1, role, signature)));
    let (((method, ()), (raw, ())), message) = both(inputs, message(role, signature))?;
    Ok((method, raw, message))
}

pub(super) fn send(signature: &Signature) -> Result<(Method, Type, Option<Type>)> {
    let role = Role::Send;
    let value = first(role, signature).and_then(by_value);
    let inputs = both(method(role, signature), both(value, at_most(2, role, signature)));
    let ((method, (value, ())), ()) = both(inputs, nothing(role, signature))?;
    Ok((method, value, types(signature).nth(1).cloned()))
}

/// The type of the first parameter after `self`.
pub(super) fn value(signature: &Signature) -> Option<&Type> {
    types(signature).next()
}

fn types(signature: &Signature) -> impl Iterator<Item = &Type> {
    signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(PatType { ty, .. }) => Some(ty.as_ref()),
        FnArg::Receiver(_) => None,
    })
}

fn method(role: Role, signature: &Signature) -> Result<Method> {
    let plain = both(safe(signature), not_generic(signature));
    let (takes_self, _) = both(receiver(role, signature), plain)?;
    let is_async = signature.asyncness.is_some();
    Ok(Method { ident: signature.ident.clone(), takes_self, is_async })
}

fn receiver(role: Role, signature: &Signature) -> Result<bool> {
    let Some(receiver) = signature.receiver() else {
        return if role == Role::Parse { Ok(false) } else { Err(wrong_inputs(role, signature)) };
    };
    let reason = match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => return Ok(true),
        ReceiverKind::Reference(..) => {
            "receiving and sending run at the same time; what changes sits in a `Mutex` or an \
             atomic"
        }
        _ => "the connector is needed again for the next message",
    };
    Err(Error::new_spanned(receiver, format!("take `&self`: {reason}")))
}

fn wrong_inputs(role: Role, signature: &Signature) -> Error {
    Error::new(signature.paren_token.span.join(), usual(role))
}

fn usual(role: Role) -> String {
    format!("a method with `#[{}]` is written `{}`", role.form().name, role.method())
}

fn safe(signature: &Signature) -> Result<()> {
    let Safety::Unsafe(token) = &signature.safety else { return Ok(()) };
    let message = "the connector calls this method by itself, so it must be safe: move `unsafe` \
                   into its body";
    Err(Error::new_spanned(token, message))
}

fn not_generic(signature: &Signature) -> Result<()> {
    let parameter = signature
        .generics
        .params
        .iter()
        .find(|parameter| !matches!(parameter, GenericParam::Lifetime(_)));
    let Some(parameter) = parameter else { return Ok(()) };
    let message = "nobody chooses the types when the connector calls this method: name them";
    Err(Error::new_spanned(parameter, message))
}

fn synchronous(signature: &Signature) -> Result<()> {
    let Some(token) = &signature.asyncness else { return Ok(()) };
    let message = "reading a message waits for nothing, so that recorded messages can be read \
                   again: remove `async`, and wait in `#[receive]`";
    Err(Error::new_spanned(token, message))
}

fn first(role: Role, signature: &Signature) -> Result<&Type> {
    types(signature).next().ok_or_else(|| wrong_inputs(role, signature))
}

fn at_most(count: usize, role: Role, signature: &Signature) -> Result<()> {
    let Some(extra) = types(signature).nth(count) else { return Ok(()) };
    let message = format!("this is one parameter too many: {}", usual(role));
    Err(Error::new_spanned(extra, message))
}

fn by_reference(ty: &Type) -> Result<Type> {
    if matches!(syntax::ty(ty), Type::Reference(reference) if reference.mutability.is_none()) {
        return Ok(ty.clone());
    }
    let message = "take the raw message by reference: `&str` for text, `&[u8]` for bytes, `&T` for \
                   any other type";
    Err(Error::new_spanned(ty, message))
}

fn by_value(ty: &Type) -> Result<Type> {
    if !matches!(syntax::ty(ty), Type::Reference(_) | Type::ImplTrait(_)) {
        return Ok(ty.clone());
    }
    let message = "the value is decoded from the command: take a type that owns it, such as `f64`, \
                   `bool` or `String`";
    Err(Error::new_spanned(ty, message))
}
