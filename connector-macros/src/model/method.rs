//! A method, and what it returns.

use syn::{Ident, Type};

/// A method, as far as a call to it needs to know it.
pub(crate) struct Method {
    pub(crate) ident: Ident,
    pub(crate) takes_self: bool,
    pub(crate) is_async: bool,
}

/// The `ty` of a `Result<ty>`, or of a `Result<Option<ty>>` if it is optional.
pub(crate) struct Message {
    pub(crate) ty: Type,
    pub(crate) optional: bool,
}
