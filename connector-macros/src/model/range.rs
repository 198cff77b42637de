//! The range of a number.

use syn::{Expr, Type};

/// The lowest and the highest number of a value.
pub(crate) enum Range {
    /// The ends have the type of the value.
    Typed { ends: Expr, ty: Type },
    /// The ends are literals, and only the compiler knows whether the type is a number.
    Of { ends: Expr, ty: Type },
}
