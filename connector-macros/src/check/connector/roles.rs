//! The roles of a block: a connector has the methods that it needs, and they fit together.

use syn::{Error, Result};

use crate::{
    attr::Role,
    check::method::{Annotated, roles},
    error_collector::all,
    model::{Receive, Send},
    syntax::{Impl, written},
};

/// Checks that a block has a method with this role, be it right or wrong.
pub(super) fn present(role: Role, block: &Impl) -> Result<()> {
    if has(role, block) { Ok(()) } else { Err(missing(role, block)) }
}

fn has(role: Role, block: &Impl) -> bool {
    block.members.iter().flat_map(roles).any(|(found, _)| found == role)
}

/// The error for a block without such a method.
pub(super) fn missing(role: Role, block: &Impl) -> Error {
    let form = role.form();
    let message = format!(
        "a connector needs a method with `#[{}]`: add `{} {} {{ .. }}`",
        form.name,
        form.example,
        role.method()
    );
    Error::new_spanned(&block.self_ty, message)
}

/// Checks that at most one method has a role.
pub(super) fn single<'a>(mut methods: impl Iterator<Item = &'a Annotated<'a>>) -> Result<()> {
    let Some(first) = methods.next() else { return Ok(()) };
    all(methods.map(|next| {
        let name = next.role.form().name;
        let message = format!(
            "`{}` already is the method with `#[{name}]`, and a connector has one: call one from \
             the other",
            first.signature.ident
        );
        Err::<(), _>(Error::new_spanned(next.attr, message))
    }))
}

/// Checks that all sources return the same type, as there is one parser.
pub(super) fn one_message(receives: &[Receive]) -> Result<()> {
    let [first, others @ ..] = receives else { return Ok(()) };
    all(others.iter().map(|other| {
        if written(&other.message.ty) == written(&first.message.ty) {
            return Ok(());
        }
        let message = format!(
            "all methods with `#[receive]` return the same type, because one `#[parse]` reads it: \
             return the type that `{}` returns",
            first.method.ident
        );
        Err(Error::new_spanned(&other.message.ty, message))
    }))
}

/// Checks that a method opens the session that others take.
pub(super) fn session_is_opened(block: &Impl, receives: &[Receive], sends: &[Send]) -> Result<()> {
    let in_receives = receives.iter().filter_map(|receive| receive.session.as_ref());
    let in_sends = sends.iter().filter_map(|send| send.session.as_ref());
    let taken = in_receives.chain(in_sends).next();
    let Some(ty) = taken.filter(|_| !has(Role::Connect, block)) else { return Ok(()) };
    let message = format!(
        "no method opens this session: add `#[connect] {} {{ .. }}`",
        Role::Connect.method()
    );
    Err(Error::new_spanned(ty, message))
}
