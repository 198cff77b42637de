//! How methods are called.

use syn::{
    Error, FnArg, GenericParam, PatType, ReceiverKind, Result, Safety, Signature, Type,
    TypeReference,
};

use quote::ToTokens;

use super::message::{generic, message, nothing, session};
use crate::{
    attr::Role,
    errors::both,
    model::{Message, Method, Send},
    syntax,
};

/// The method and the session that it returns.
pub(super) fn connect(signature: &Signature) -> Result<(Method, Type)> {
    let role = Role::Connect;
    let inputs = both(method(role, signature), at_most(0, role, signature));
    let ((method, ()), session) = both(inputs, session(role, signature))?;
    Ok((method, session))
}

/// The method, the type by which it takes the session, and what it returns.
pub(super) fn receive(signature: &Signature) -> Result<(Method, Option<Type>, Message)> {
    let role = Role::Receive;
    let session = types(signature).next();
    let inputs = at_most(usize::from(session.is_some()), role, signature);
    let inputs = both(inputs, session.map(shared).transpose());
    let inputs = both(method(role, signature), inputs);
    let ((method, ((), session)), message) = both(inputs, message(role, signature))?;
    Ok((method, session, message))
}

pub(super) fn parse(signature: &Signature) -> Result<(Method, Type, Message)> {
    let role = Role::Parse;
    let method = both(method(role, signature), synchronous(signature));
    let raw = first(role, signature).and_then(by_reference);
    let inputs = both(method, both(raw, at_most(1, role, signature)));
    let (((method, ()), (raw, ())), message) = both(inputs, message(role, signature))?;
    Ok((method, raw, message))
}

/// A method with `#[send]` and what it takes.
pub(super) struct Sender {
    pub(super) method: Method,
    pub(super) session: Option<Type>,
    pub(super) takes_key: bool,
    pub(super) value: Type,
    pub(super) timestamp: Option<Type>,
}

pub(super) fn send(signature: &Signature) -> Result<Sender> {
    let role = Role::Send;
    let taken = Taken::of(signature);
    let value = match taken.value {
        Some(value) => by_value(value),
        None => Err(wrong_inputs(role, signature)),
    };
    let session = taken.session.map(shared).transpose();
    let fixed = usize::from(taken.session.is_some()) + usize::from(taken.takes_key);
    let order = both(in_order(&taken), at_most(fixed + 2, role, signature));
    let inputs = both(method(role, signature), both(both(session, value), order));
    let ((method, ((session, value), _)), ()) = both(inputs, nothing(role, signature))?;
    let Taken { takes_key, timestamp, .. } = taken;
    Ok(Sender { method, session, takes_key, value, timestamp: timestamp.cloned() })
}

/// The parameters of a method with `#[send]`: the session and the key are references.
struct Taken<'a> {
    session: Option<&'a Type>,
    takes_key: bool,
    value: Option<&'a Type>,
    timestamp: Option<&'a Type>,
}

impl<'a> Taken<'a> {
    fn of(signature: &'a Signature) -> Self {
        let mut types = types(signature).peekable();
        let is_last = types.clone().count() < 2;
        let session = types.next_if(|ty| !is_last && is_reference(ty) && !is_text(ty));
        let is_last = types.clone().count() < 2;
        let takes_key = types.next_if(|ty| !is_last && is_text(ty)).is_some();
        Self { session, takes_key, value: types.next(), timestamp: types.next() }
    }
}

fn is_reference(ty: &Type) -> bool {
    matches!(syntax::ty(ty), Type::Reference(_))
}

/// Whether a type is `&str`.
fn is_text(ty: &Type) -> bool {
    let Type::Reference(TypeReference { elem, mutability: None, .. }) = syntax::ty(ty) else {
        return false;
    };
    matches!(syntax::ty(elem), Type::Path(path) if path.path.is_ident("str"))
}

/// The session is used by several calls at the same time.
fn shared(ty: &Type) -> Result<Type> {
    match syntax::ty(ty) {
        Type::Reference(TypeReference { mutability: None, .. }) => Ok(ty.clone()),
        Type::Reference(TypeReference { mutability: Some(token), .. }) => {
            let message = "several calls use the session at the same time: take `&Session`; what \
                           changes sits in a `Mutex`";
            Err(Error::new_spanned(token, message))
        }
        _ => {
            let message =
                "the only thing to take here is the session, and by reference: `session: &Session`";
            Err(Error::new_spanned(ty, message))
        }
    }
}

/// References come first.
fn in_order(taken: &Taken<'_>) -> Result<()> {
    let Some(ty) = taken.timestamp.filter(|ty| is_reference(ty)) else { return Ok(()) };
    let message = "the session and the key come before the value: `&self, session: &Session, key: \
                   &str, value: f64, at: Timestamp`, of which only `&self` and the value must be";
    Err(Error::new_spanned(ty, message))
}

/// A session must have been opened by somebody.
pub(super) fn session_is_opened<'a>(
    has_connect: bool,
    mut taken: impl Iterator<Item = &'a Type>,
) -> Result<()> {
    let Some(ty) = taken.next().filter(|_| !has_connect) else { return Ok(()) };
    let message = format!(
        "no method opens this session: add `#[connect] {} {{ .. }}`",
        Role::Connect.method()
    );
    Err(Error::new_spanned(ty, message))
}

/// What is taken as the value is none of the other things that can be taken.
pub(super) fn value_is_one(session: Option<&Type>, send: &Send) -> Result<()> {
    let written = |ty: &Type| ty.to_token_stream().to_string();
    let taken = generic(&send.value, "Arc").unwrap_or(&send.value);
    if session.is_some_and(|session| written(session) == written(taken)) {
        let message = "the session is taken by reference, and before the value: `&Session`";
        return Err(Error::new_spanned(&send.value, message));
    }
    if send.timestamp.is_some() && written(&send.value) == "Timestamp" {
        let message = "the time of the command comes after its value: exchange the two";
        return Err(Error::new_spanned(&send.value, message));
    }
    Ok(())
}

/// The type of the value that a method with `#[send]` takes.
pub(super) fn value(signature: &Signature) -> Option<&Type> {
    Taken::of(signature).value
}

fn types(signature: &Signature) -> impl Iterator<Item = &Type> + Clone {
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
