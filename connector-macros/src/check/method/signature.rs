//! The signatures of methods: how methods are called.

use syn::{Error, GenericParam, ReceiverKind, Result, Safety, Signature};

use super::parameters::wrong_inputs;
use crate::{attr::Role, error_collector::ErrorCollector, model::Method};

/// The method behind a signature.
pub(crate) fn method(role: Role, signature: &Signature) -> Result<Method> {
    let mut errors = ErrorCollector::default();
    let takes_self = errors.take(receiver(role, signature));
    errors.check(safe(signature));
    errors.check(not_generic(signature));
    let (ident, is_async) = (signature.ident.clone(), signature.asyncness.is_some());
    errors.finish_with(|| Ok(Method { ident, takes_self: takes_self?, is_async }))
}

fn receiver(role: Role, signature: &Signature) -> Result<bool> {
    let Some(receiver) = signature.receiver() else {
        return if role == Role::Parse { Ok(false) } else { Err(wrong_inputs(role, signature)) };
    };
    let reason = match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => return Ok(true),
        ReceiverKind::Reference(..) => {
            "receiving and sending run at the same time, so keep what changes in a `Mutex` or an \
             atomic"
        }
        _ => "the connector is needed again for the next message",
    };
    Err(Error::new_spanned(receiver, format!("take `&self`: {reason}")))
}

fn safe(signature: &Signature) -> Result<()> {
    let Safety::Unsafe(token) = &signature.safety else { return Ok(()) };
    let message = "the connector calls this method itself, so it must be safe: move `unsafe` \
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
    let message = "the connector calls this method and cannot choose its types: name the types";
    Err(Error::new_spanned(parameter, message))
}

/// Checks that a method with `#[parse]` does not wait.
pub(crate) fn synchronous(signature: &Signature) -> Result<()> {
    let Some(token) = &signature.asyncness else { return Ok(()) };
    let message = "parsing must not wait, so that recorded messages can be parsed \
                   again: remove `async`, and wait in `#[receive]`";
    Err(Error::new_spanned(token, message))
}
