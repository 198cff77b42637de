//! The kind of value that a type holds, judged by its name.

use syn::{PathSegment, Type};

use crate::syntax;

/// The kind of a value.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Integer,
    Float,
    Bool,
    Text,
    /// None of these.
    Other,
    Unknown,
}

impl Kind {
    pub(crate) fn of(ty: &Type) -> Self {
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

    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Float)
    }

    pub(crate) fn is_no_number(self) -> bool {
        matches!(self, Self::Bool | Self::Text | Self::Other)
    }
}
