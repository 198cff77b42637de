//! Values that are listed, and lengths: they fit the type of the value that they bound.

use syn::{Error, Expr, ExprLit, ExprUnary, Lit, Result, Type};

use super::{kind::Kind, options::Options};
use crate::{errors::all, model::OneOf, syntax};

/// The values that are accepted.
pub(super) fn one_of(options: &Options, value: Option<&Type>) -> Result<Option<OneOf>> {
    let Some(values) = options.get("one_of") else { return Ok(None) };
    let kind = value.map_or(Kind::Unknown, Kind::of);
    if kind == Kind::Bool {
        let message = "a bool is one of two values already: remove `one_of`";
        return Err(Error::new_spanned(values, message));
    }
    match syntax::expr(values) {
        Expr::Array(array) if array.elems.is_empty() => {
            let message = "nothing is accepted: list the values, as in `[\"slow\", \"fast\"]`";
            return Err(Error::new_spanned(values, message));
        }
        Expr::Array(array) => {
            all(array.elems.iter().map(|value| fits(kind, value)))?;
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

/// A listed value is of the kind that the value is. Any other would be of no use at run time.
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

/// The literal that an expression is, with or without a sign.
pub(super) fn literal(value: &Expr) -> Option<&Lit> {
    match syntax::expr(value) {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Unary(ExprUnary { expr, .. }) => literal(expr),
        _ => None,
    }
}

/// The most characters or items.
pub(super) fn max_len(options: &Options, value: Option<&Type>) -> Result<Option<Expr>> {
    let Some(length) = options.get("max_len") else { return Ok(None) };
    let kind = value.map_or(Kind::Unknown, Kind::of);
    if kind.is_number() || kind == Kind::Bool {
        let message = "only a text or a list has a length: remove it, or bound a number by `range`";
        return Err(Error::new_spanned(length, message));
    }
    if literal(length).is_some_and(|literal| !matches!(literal, Lit::Int(_))) {
        let message = "the length is a whole number: `max_len = 20`";
        return Err(Error::new_spanned(length, message));
    }
    Ok(Some(length.clone()))
}
