//! The rules for a function with `#[parse]`.

use syn::Result;

use crate::{
    check::method::{Annotated, at_most, by_reference, first, message, method, synchronous},
    error_collector::ErrorCollector,
    model::Parse,
};

/// The rules for the function that reads the sensors from a raw message.
pub(super) fn parse(annotated: &Annotated<'_>) -> Result<Parse> {
    let Annotated { role, signature, .. } = *annotated;
    let mut errors = ErrorCollector::default();
    let method = errors.take(method(role, signature));
    errors.check(synchronous(signature));
    let parameter = errors.take(first(role, signature).and_then(by_reference));
    errors.check(at_most(1, role, signature));
    let message = errors.take(message(role, signature));
    errors.check(annotated.options().map(drop));
    errors.finish_with(|| Ok(Parse { method: method?, parameter: parameter?, message: message? }))
}
