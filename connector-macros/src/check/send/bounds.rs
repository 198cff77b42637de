//! The bounds of a value: a range, a list of values, a length. They fit the type of the value.

use syn::{Error, Expr, Lit, Result, Type};

use crate::{
    check::{kind::Kind, options::Options, range},
    error_collector::{ErrorCollector, all},
    model::{Bounds, OneOf},
    syntax::{self, literal},
};

/// The bounds of a value of this type.
pub(super) fn bounds(options: &Options, value: Option<&Type>) -> Result<Bounds> {
    let mut errors = ErrorCollector::default();
    let range = errors.take(range::range(options, value));
    let one_of = errors.take(one_of(options, value));
    let max_len = errors.take(max_len(options, value));
    errors.finish_with(|| Ok(Bounds { range: range?, one_of: one_of?, max_len: max_len? }))
}

/// The accepted values.
fn one_of(options: &Options, value: Option<&Type>) -> Result<Option<OneOf>> {
    let Some(values) = options.get("one_of") else { return Ok(None) };
    let kind = value.map_or(Kind::Unknown, Kind::of);
    if kind == Kind::Bool {
        let message = "a bool already is one of two values: remove `one_of`";
        return Err(Error::new_spanned(values, message));
    }
    match syntax::expr(values) {
        Expr::Array(array) if array.elems.is_empty() => {
            let message =
                "an empty list accepts no value: list the values, as in `[\"slow\", \"fast\"]`";
            return Err(Error::new_spanned(values, message));
        }
        Expr::Array(array) => {
            all::<(), ()>(array.elems.iter().map(|value| fits(kind, value)))?;
        }
        Expr::Lit(_) | Expr::Unary(_) | Expr::Tuple(_) | Expr::Range(_) => {
            let message = "the values are a list in brackets: `one_of = [\"slow\", \"fast\"]`";
            return Err(Error::new_spanned(values, message));
        }
        _ => {}
    }
    let number = value.filter(|_| kind.is_number()).cloned();
    Ok(Some(OneOf { values: values.clone(), number }))
}

/// Checks that a listed value is of the value's kind. Any other could never be accepted.
fn fits(kind: Kind, value: &Expr) -> Result<()> {
    let Some(literal) = literal(value) else { return Ok(()) };
    let message = match (kind, literal) {
        (Kind::Integer | Kind::Float, Lit::Str(_) | Lit::Bool(_) | Lit::Char(_)) => {
            "the value is a number: list numbers"
        }
        (Kind::Integer, Lit::Float(_)) => "the value is an integer: list whole numbers",
        (Kind::Float, Lit::Int(_)) => "the value is a float: list floats, as in `16.0`",
        (Kind::Text, Lit::Int(_) | Lit::Float(_) | Lit::Bool(_)) => {
            "the value is a text: list texts in quotes"
        }
        _ => return Ok(()),
    };
    Err(Error::new_spanned(value, message))
}

/// The highest number of characters or items.
fn max_len(options: &Options, value: Option<&Type>) -> Result<Option<Expr>> {
    let Some(length) = options.get("max_len") else { return Ok(None) };
    let kind = value.map_or(Kind::Unknown, Kind::of);
    if kind.is_number() || kind == Kind::Bool {
        let message =
            "only a text or a list has a length: remove it, or limit a number with `range`";
        return Err(Error::new_spanned(length, message));
    }
    if literal(length).is_some_and(|literal| !matches!(literal, Lit::Int(_))) {
        let message = "the length is a whole number: `max_len = 20`";
        return Err(Error::new_spanned(length, message));
    }
    Ok(Some(length.clone()))
}
