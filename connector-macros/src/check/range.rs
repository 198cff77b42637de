//! Ranges: they fit the type of the value that they bound.

use std::fmt;

use quote::quote_spanned;
use syn::{
    Error, Expr, ExprLit, ExprRange, ExprUnary, Lit, RangeLimits, Result, Type, UnOp, parse_quote,
    spanned::Spanned,
};

use super::{kind::Kind, options::Options};
use crate::{error_collector::ErrorCollector, model::Range, syntax};

/// The range of a value, both of its ends included.
pub(crate) fn range(options: &Options, value: Option<&Type>) -> Result<Option<Range>> {
    let Some(range) = options.get("range") else { return Ok(None) };
    let kind = value.map_or(Kind::Unknown, Kind::of);
    if kind.is_no_number() {
        let message = "only numbers have a range: remove it, or use a numeric type";
        return Err(Error::new_spanned(range, message));
    }
    let mut literals = None;
    if let Some((low, high)) = ends(range)? {
        let numbers = (Number::read(low)?, Number::read(high)?);
        let mut errors = ErrorCollector::default();
        errors.check(fits(kind, (low, high), numbers));
        errors.check(in_order(range, numbers));
        errors.finish()?;
        literals = numbers.0.typed(low).zip(numbers.1.typed(high));
    }
    let ty = value.cloned().unwrap_or_else(|| parse_quote!(_));
    Ok(Some(match literals.filter(|_| kind == Kind::Unknown) {
        Some((low, high)) => Range::Of { ends: parse_quote!(#low..=#high), ty },
        None => Range::Typed { ends: range.clone(), ty },
    }))
}

/// The ends as they are written; none if the range is a constant.
fn ends(range: &Expr) -> Result<Option<(&Expr, &Expr)>> {
    let Expr::Range(ExprRange { start, limits, end, .. }) = syntax::expr(range) else {
        match syntax::expr(range) {
            Expr::Paren(inner) => return ends(&inner.expr),
            Expr::Path(_) | Expr::Call(_) | Expr::MethodCall(_) | Expr::Field(_) => {
                return Ok(None);
            }
            _ => {}
        }
        let message = "write the range with both of its ends: `range = 15.0..=30.0`";
        return Err(Error::new_spanned(range, message));
    };
    match (start, limits, end) {
        (Some(low), RangeLimits::Closed(_), Some(high)) => Ok(Some((low, high))),
        (Some(_), RangeLimits::HalfOpen(dots), Some(_)) => {
            let message = "both ends of a range are included: write `..=`";
            Err(Error::new_spanned(dots, message))
        }
        _ => {
            let message = "a range has two ends: write both, as in `15.0..=30.0`";
            Err(Error::new_spanned(range, message))
        }
    }
}

/// Checks that literals are of the value's kind. Rust would only report "mismatched types".
fn fits(kind: Kind, ends: (&Expr, &Expr), numbers: (Number, Number)) -> Result<()> {
    use Number::{Float, Integer};
    let (wrong, message) = match (kind, numbers) {
        (Kind::Float, (Integer(_), _)) => (ends.0, "the value is a float"),
        (Kind::Float, (_, Integer(_))) => (ends.1, "the value is a float"),
        (Kind::Unknown, (Integer(_), Float(_))) => (ends.0, "the other end is a float"),
        (Kind::Unknown, (Float(_), Integer(_))) => (ends.1, "the other end is a float"),
        (Kind::Integer, (Float(_), _)) => (ends.0, "the value is an integer"),
        (Kind::Integer, (_, Float(_))) => (ends.1, "the value is an integer"),
        _ => return Ok(()),
    };
    let form = match kind {
        Kind::Integer => "whole numbers, as in `15..=30`".to_owned(),
        _ => format!("`{}..={}`", numbers.0.as_float(), numbers.1.as_float()),
    };
    Err(Error::new_spanned(wrong, format!("{message}: write {form}")))
}

fn in_order(range: &Expr, (low, high): (Number, Number)) -> Result<()> {
    let reversed = match (low, high) {
        (Number::Integer(low), Number::Integer(high)) => low > high,
        (Number::Float(low), Number::Float(high)) => low > high,
        _ => false,
    };
    if !reversed {
        return Ok(());
    }
    let message = format!("this range is empty: write `{high}..={low}`");
    Err(Error::new_spanned(range, message))
}

/// The number that a literal without a suffix is.
#[derive(Clone, Copy)]
enum Number {
    Integer(i128),
    Float(f64),
    Unknown,
}

impl Number {
    fn read(end: &Expr) -> Result<Self> {
        match syntax::expr(end) {
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => Ok(match Self::read(expr)? {
                Self::Integer(integer) => Self::Integer(-integer),
                Self::Float(float) => Self::Float(-float),
                Self::Unknown => Self::Unknown,
            }),
            Expr::Lit(ExprLit { lit: Lit::Int(integer), .. }) if integer.suffix().is_empty() => {
                integer.base10_parse().map(Self::Integer)
            }
            Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) if float.suffix().is_empty() => {
                float.base10_parse().map(Self::Float)
            }
            Expr::Lit(ExprLit { lit: Lit::Str(_) | Lit::Bool(_) | Lit::Char(_), .. }) => {
                Err(Error::new_spanned(end, "the ends of a range are numbers: `15.0..=30.0`"))
            }
            _ => Ok(Self::Unknown),
        }
    }

    /// The literal with a type, as the type of the value is not known.
    fn typed(self, written: &Expr) -> Option<Expr> {
        let number = match self {
            Self::Integer(integer) => match (i64::try_from(integer), u64::try_from(integer)) {
                (Ok(integer), _) => quote_spanned!(written.span()=> #integer),
                (_, Ok(integer)) => quote_spanned!(written.span()=> #integer),
                _ => return None,
            },
            Self::Float(float) => quote_spanned!(written.span()=> #float),
            Self::Unknown => return None,
        };
        syn::parse2(number).ok()
    }

    fn as_float(self) -> String {
        match self {
            Self::Integer(integer) => format!("{integer}.0"),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Float(float) => write!(f, "{float:?}"),
            Self::Unknown => f.write_str(".."),
        }
    }
}
