//! The parameters of a method with `#[send]`.

use quote::ToTokens;
use syn::{Error, Result, Signature, Type, TypeReference};

use crate::{
    check::method::{is_reference, types},
    model::Send,
    syntax::{self, generic},
};

/// The parameters by their meaning: the session and the key are references.
pub(super) struct Parameters<'a> {
    pub(super) session: Option<&'a Type>,
    pub(super) takes_key: bool,
    pub(super) value: Option<&'a Type>,
    pub(super) timestamp: Option<&'a Type>,
}

impl<'a> Parameters<'a> {
    pub(super) fn of(signature: &'a Signature) -> Self {
        let mut types = types(signature).peekable();
        let is_last = types.clone().count() < 2;
        let session = types.next_if(|ty| !is_last && is_reference(ty) && !is_text(ty));
        let is_last = types.clone().count() < 2;
        let takes_key = types.next_if(|ty| !is_last && is_text(ty)).is_some();
        Self { session, takes_key, value: types.next(), timestamp: types.next() }
    }

    /// The highest number of parameters that this method may have.
    pub(super) fn most(&self) -> usize {
        usize::from(self.session.is_some()) + usize::from(self.takes_key) + 2
    }

    /// Checks that references come first.
    pub(super) fn in_order(&self) -> Result<()> {
        let Some(ty) = self.timestamp.filter(|ty| is_reference(ty)) else { return Ok(()) };
        let message = "the session and the key come before the value: `&self, session: &Session, \
                       key: &str, value: f64, at: Timestamp`, of which only `&self` and the value \
                       are required";
        Err(Error::new_spanned(ty, message))
    }
}

/// Whether a type is `&str`.
fn is_text(ty: &Type) -> bool {
    let Type::Reference(TypeReference { elem, mutability: None, .. }) = syntax::ty(ty) else {
        return false;
    };
    matches!(syntax::ty(elem), Type::Path(path) if path.path.is_ident("str"))
}

/// Checks that the value is neither the session nor the time of the command.
pub(crate) fn distinct_parameters(session: Option<&Type>, send: &Send) -> Result<()> {
    let written = |ty: &Type| ty.to_token_stream().to_string();
    let taken = generic(&send.value, "Arc").unwrap_or(&send.value);
    if session.is_some_and(|session| written(session) == written(taken)) {
        let message = "the session is taken by reference, and before the value: `&Session`";
        return Err(Error::new_spanned(&send.value, message));
    }
    if send.timestamp.is_some() && written(&send.value) == "Timestamp" {
        let message = "the time of the command comes after its value: swap the two";
        return Err(Error::new_spanned(&send.value, message));
    }
    Ok(())
}
