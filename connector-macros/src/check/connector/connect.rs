//! The rules for a method with `#[connect]`.

use syn::{Expr, LitStr, Result};

use crate::{
    check::{
        key,
        method::{Annotated, at_most, method, session},
    },
    error_collector::ErrorCollector,
    model::Connect,
};

/// The rules for a method that opens a session.
pub(super) fn connect(annotated: &Annotated<'_>) -> Result<Connect> {
    let Annotated { role, signature, .. } = *annotated;
    let mut errors = ErrorCollector::default();
    let method = errors.take(method(role, signature));
    errors.check(at_most(0, role, signature));
    let session = errors.take(session(role, signature));
    let options = errors.take(options(annotated));
    errors.finish_with(|| {
        let (state, timeout) = options?;
        Ok(Connect { method: method?, session: session?, state, timeout })
    })
}

fn options(annotated: &Annotated<'_>) -> Result<(Option<LitStr>, Option<Expr>)> {
    let options = annotated.options()?;
    let mut errors = ErrorCollector::default();
    let state = errors.take(options.get("state").map(key::state).transpose());
    let timeout = errors.take(options.duration("timeout"));
    errors.finish_with(|| Ok((state?, timeout?)))
}
