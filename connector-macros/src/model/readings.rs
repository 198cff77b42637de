//! Readings: a type with `#[derive(Datapoints)]`.

use proc_macro2::Span;
use syn::{ExprPath, Generics, Ident, LitStr, Member, Type};

use super::range::Range;

/// A type with `#[derive(Datapoints)]`.
pub(crate) struct Readings {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) content: Content,
}

/// The serialized form of a type.
pub(crate) enum Content {
    /// An object, or the content of an inner type.
    Fields(Vec<Field>, Vec<Meeting>),
    /// Neither an object nor a value.
    Nothing,
    /// A single value: a list.
    List,
    /// A single value: one of these words.
    Words(Vec<Word>),
}

/// A field that is serialized.
pub(crate) struct Field {
    pub(crate) member: Member,
    pub(crate) place: Place,
    pub(crate) ty: Type,
    /// The function that serializes it, which makes its type meaningless.
    pub(crate) writer: Option<ExprPath>,
    /// The type inside the `Option`, if `None` is published.
    pub(crate) or_null: Option<Type>,
    /// The function that decides if it is left out.
    pub(crate) skip_if: Option<ExprPath>,
    /// The type that a range applies to: that of the field, without `Option`.
    pub(crate) number: Type,
    pub(crate) range: Option<Range>,
    pub(crate) unit: Option<LitStr>,
    pub(crate) description: String,
}

/// The place of a field's content among the keys.
#[derive(PartialEq)]
pub(crate) enum Place {
    Key(String),
    /// The place of the type itself.
    Inner,
    /// Its keys are among those of the other fields.
    Among,
}

/// A field that may have a key in common with others, depending on their types.
pub(crate) struct Meeting {
    pub(crate) field: usize,
    pub(crate) others: Vec<usize>,
    /// The place to change.
    pub(crate) blamed: Span,
}

/// A variant of an enum; it has no text if it is left out.
pub(crate) struct Word {
    pub(crate) ident: Ident,
    pub(crate) text: Option<String>,
}
