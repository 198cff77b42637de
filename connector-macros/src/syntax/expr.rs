//! Expressions, and the literals among them.

use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr};

/// An expression without the invisible parentheses that another macro puts around it.
pub(crate) fn expr(written: &Expr) -> &Expr {
    match written {
        Expr::Group(group) => expr(&group.expr),
        written => written,
    }
}

/// The literal that an expression is, with or without a sign.
pub(crate) fn literal(value: &Expr) -> Option<&Lit> {
    match expr(value) {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Unary(ExprUnary { expr, .. }) => literal(expr),
        _ => None,
    }
}

/// The text in quotes that an expression is.
pub(crate) fn text(value: &Expr) -> Option<&LitStr> {
    match expr(value) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        _ => None,
    }
}
