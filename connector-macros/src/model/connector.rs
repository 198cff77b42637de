//! A connector: an annotated `impl` block.

use syn::{Expr, LitStr, Type};

use super::{
    method::{Message, Method},
    send::Send,
};

/// An annotated `impl` block.
pub(crate) struct Connector {
    pub(crate) self_ty: Type,
    pub(crate) raw: Type,
    /// None without sessions.
    pub(crate) connect: Option<Connect>,
    pub(crate) receives: Vec<Receive>,
    pub(crate) parse: Parse,
    pub(crate) sends: Vec<Send>,
}

/// The method with `#[connect]`.
pub(crate) struct Connect {
    pub(crate) method: Method,
    pub(crate) session: Type,
    /// The key of the sensor for the state of the session.
    pub(crate) state: Option<LitStr>,
    /// The limit for one call.
    pub(crate) timeout: Option<Expr>,
}

/// A method with `#[receive]`.
pub(crate) struct Receive {
    pub(crate) method: Method,
    /// The type of its parameter for the session, if it has one.
    pub(crate) session: Option<Type>,
    pub(crate) message: Message,
    /// The interval of polls; none for a source that pushes.
    pub(crate) every: Option<Expr>,
    /// The limit for one call.
    pub(crate) timeout: Option<Expr>,
    /// Whether its errors keep the session.
    pub(crate) keep_session: bool,
}

/// The function with `#[parse]`.
pub(crate) struct Parse {
    pub(crate) method: Method,
    /// The type of its parameter for the raw message, a reference.
    pub(crate) parameter: Type,
    pub(crate) message: Message,
}
