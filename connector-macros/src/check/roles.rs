//! Which method does what: each has one role, and a connector has what it needs.

use proc_macro2::Span;
use syn::{Attribute, Error, Result, Signature};

use super::options::Options;
use crate::{
    attr::{self, Role},
    errors::all,
    syntax::{Impl, Member},
};

/// A method with a role.
pub(super) struct Annotated<'a> {
    pub(super) role: Role,
    /// The attribute that gives it the role.
    pub(super) attr: &'a Attribute,
    pub(super) attrs: &'a [Attribute],
    pub(super) signature: &'a Signature,
}

impl Annotated<'_> {
    pub(super) fn options(&self) -> Result<Options> {
        Options::new(self.role.form(), attr::arguments(self.attr))
    }
}

/// A member as a method with a role; none where nothing of ours stands on it.
pub(super) fn annotated(member: &Member) -> Option<Result<Annotated<'_>>> {
    let Member { attrs, signature } = member;
    let mut roles = roles(member);
    let (role, attr) = roles.next()?;
    Some(match (signature, roles.next()) {
        (Err(error), _) => Err(error.clone()),
        (Ok(None), _) => Err(no_method(role, attr)),
        (Ok(Some(_)), Some((other, second))) => Err(two_roles(role, other, second)),
        (Ok(Some(signature)), None) => {
            unconditional(role, attrs).map(|()| Annotated { role, attr, attrs, signature })
        }
    })
}

fn roles(member: &Member) -> impl Iterator<Item = (Role, &Attribute)> {
    member.attrs.iter().filter_map(|attr| Some((Role::of(attr)?, attr)))
}

/// The error for a role on an item that is not inside of an annotated block.
pub(crate) fn outside(role: Role, at: Span) -> Error {
    let name = role.form().name;
    let message = format!(
        "`#[{name}]` belongs on a method of an `impl` block with `#[connector]`: write \
         `#[connector] impl Inverter {{ #[{name}] {} {{ .. }} }}`",
        role.method()
    );
    Error::new(at, message)
}

fn no_method(role: Role, attr: &Attribute) -> Error {
    let form = role.form();
    let message = format!("`#[{}]` belongs on a method, such as `{}`", form.name, role.method());
    Error::new_spanned(attr, message)
}

fn two_roles(first: Role, second: Role, attr: &Attribute) -> Error {
    let (first, second) = (first.form().name, second.form().name);
    let message = if first == second {
        format!("`#[{second}]` is on this method already: remove one")
    } else {
        format!("this method has `#[{first}]` already: write a second method for `#[{second}]`")
    };
    Error::new_spanned(attr, message)
}

/// A method that is compiled only sometimes would be called all the same.
fn unconditional(role: Role, attrs: &[Attribute]) -> Result<()> {
    let Some(attr) = attrs.iter().find(|attr| attr.path().is_ident("cfg")) else { return Ok(()) };
    let message = format!(
        "a method with `#[{}]` cannot have a `#[cfg]` of its own: put it on the whole `impl` \
         block, and write one block for each case",
        role.form().name
    );
    Err(Error::new_spanned(attr, message))
}

/// A method with this role, be it right or wrong, must be there.
pub(super) fn present(role: Role, block: &Impl) -> Result<()> {
    let mut found = block.members.iter().flat_map(roles);
    if found.any(|(found, _)| found == role) { Ok(()) } else { Err(missing(role, block)) }
}

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

/// There is one way to read a message, and one to open a session.
pub(super) fn single<'a>(mut methods: impl Iterator<Item = &'a Annotated<'a>>) -> Result<()> {
    let Some(first) = methods.next() else { return Ok(()) };
    all(methods.map(|next| {
        let name = next.role.form().name;
        let message = format!(
            "`{}` is the method with `#[{name}]` already, and a connector has one: call one from \
             the other",
            first.signature.ident
        );
        Err(Error::new_spanned(next.attr, message))
    }))
    .map(|_: Vec<()>| ())
}
