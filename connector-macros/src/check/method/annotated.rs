//! Methods with a role: each has exactly one.

use proc_macro2::Span;
use syn::{Attribute, Error, Result, Signature};

use crate::{
    attr::{self, Role},
    check::options::Options,
    syntax::Member,
};

/// A method with a role.
pub(crate) struct Annotated<'a> {
    pub(crate) role: Role,
    /// The attribute that gives it the role.
    pub(crate) attr: &'a Attribute,
    pub(crate) attrs: &'a [Attribute],
    pub(crate) signature: &'a Signature,
}

impl<'a> Annotated<'a> {
    /// A member as a method with a role; none without an attribute of ours.
    pub(crate) fn of(member: &'a Member) -> Option<Result<Self>> {
        let Member { attrs, signature } = member;
        let mut roles = roles(member);
        let (role, attr) = roles.next()?;
        Some(match (signature, roles.next()) {
            (Err(error), _) => Err(error.clone()),
            (Ok(None), _) => Err(no_method(role, attr)),
            (Ok(Some(_)), Some((other, second))) => Err(two_roles(role, other, second)),
            (Ok(Some(signature)), None) => {
                unconditional(role, attrs).map(|()| Self { role, attr, attrs, signature })
            }
        })
    }

    pub(crate) fn options(&self) -> Result<Options> {
        Options::new(self.role.form(), attr::arguments(self.attr))
    }
}

/// The roles of a member, with the attributes that give them.
pub(crate) fn roles(member: &Member) -> impl Iterator<Item = (Role, &Attribute)> {
    member.attrs.iter().filter_map(|attr| Some((Role::of(attr)?, attr)))
}

/// The error for a role on an item that is not in an annotated block.
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
        format!("this method already has `#[{second}]`: remove one")
    } else {
        format!("this method already has `#[{first}]`: write a second method for `#[{second}]`")
    };
    Error::new_spanned(attr, message)
}

/// A method that is compiled only sometimes would always be called.
fn unconditional(role: Role, attrs: &[Attribute]) -> Result<()> {
    let Some(attr) = attrs.iter().find(|attr| attr::is_condition(attr)) else { return Ok(()) };
    let message = format!(
        "a method with `#[{}]` cannot have a `#[cfg]` of its own: put it on the whole `impl` \
         block, and write one block for each case",
        role.form().name
    );
    Err(Error::new_spanned(attr, message))
}
