//! What kind of value a type holds, as far as its name says so.

use syn::{PathSegment, Type};

use crate::syntax;

/// What a type says by its name.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Integer,
    Float,
    Bool,
    Text,
    /// Neither of these.
    Other,
    Unknown,
}

impl Kind {
    pub(super) fn of(ty: &Type) -> Self {
        let name = match syntax::ty(ty) {
            Type::Path(path) => path.path.segments.last(),
            Type::Tuple(_) | Type::Array(_) => return Self::Other,
            _ => None,
        };
        let Some(PathSegment { ident, arguments }) = name else { return Self::Unknown };
        match ident.to_string().as_str() {
            _ if !arguments.is_empty() => Self::Other,
            "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => Self::Integer,
            "f32" | "f64" => Self::Float,
            "bool" => Self::Bool,
            "char" | "String" => Self::Text,
            _ => Self::Unknown,
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Float)
    }

    pub(super) fn is_no_number(self) -> bool {
        matches!(self, Self::Bool | Self::Text | Self::Other)
    }
}
