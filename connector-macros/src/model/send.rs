//! Commands: a method with `#[send]`, its actuators, and which commands they accept.

use syn::{Expr, LitStr, Type};

use super::{method::Method, range::Range};

/// A method with `#[send]`.
pub(crate) struct Send {
    pub(crate) method: Method,
    pub(crate) keys: Keys,
    pub(crate) description: String,
    /// The type of its parameter for the session, if it has one.
    pub(crate) session: Option<Type>,
    /// Whether it takes the key, or the part of the key that is not fixed.
    pub(crate) takes_key: bool,
    pub(crate) value: Type,
    /// The type of its parameter for the command's timestamp, if it has one.
    pub(crate) timestamp: Option<Type>,
    pub(crate) unit: Option<LitStr>,
    pub(crate) bounds: Bounds,
    pub(crate) guard: Guard,
    pub(crate) example: Option<Expr>,
    /// Whether its errors keep the session.
    pub(crate) keep_session: bool,
}

/// The actuators that a method serves.
pub(crate) enum Keys {
    Fixed(Vec<LitStr>),
    /// Actuators whose keys differ in one part, which `each` lists.
    Family {
        prefix: String,
        suffix: String,
        each: Expr,
    },
    /// Actuators whose whole keys `each` lists.
    Others {
        each: Expr,
    },
}

/// The values that an actuator accepts.
pub(crate) struct Bounds {
    pub(crate) range: Option<Range>,
    pub(crate) one_of: Option<OneOf>,
    pub(crate) max_len: Option<Expr>,
}

/// A list of accepted values, and their type if it is a number.
pub(crate) struct OneOf {
    pub(crate) values: Expr,
    pub(crate) number: Option<Type>,
}

/// The conditions of an actuator for its commands, apart from their values.
pub(crate) struct Guard {
    pub(crate) max_age: Option<Expr>,
    pub(crate) monotonic: bool,
    pub(crate) newest_only: bool,
    pub(crate) min_interval: Option<Expr>,
    pub(crate) timeout: Option<Expr>,
    /// The value, and the time after which it is sent.
    pub(crate) failsafe: Option<(Expr, Expr)>,
    pub(crate) accept_retained: bool,
}
