//! The rules for a method with `#[send]`.

mod bounds;
mod guard;
mod keys;
mod parameters;
mod served;

use syn::{Expr, LitStr, Result, Type};

use self::parameters::Parameters;
pub(crate) use self::{parameters::distinct_parameters, served::distinct_keys};
use super::method::{Annotated, at_most, by_value, method, nothing, shared, wrong_inputs};
use crate::{
    error_collector::ErrorCollector,
    model::{Bounds, Guard, Keys, Method, Send},
    syntax::summary,
};

/// The rules for a method that sends commands to the device.
pub(crate) fn send(annotated: &Annotated<'_>) -> Result<Send> {
    let parameters = Parameters::of(annotated.signature);
    let mut errors = ErrorCollector::default();
    let called = errors.take(called(annotated, &parameters));
    let said = errors.take(said(annotated, parameters.value));
    let (called, said) = errors.finish_with(|| Ok((called?, said?)))?;

    let Called { method, session, value } = called;
    let Said { keys, unit, bounds, guard, example, keep_session } = said;
    let Parameters { takes_key, timestamp, .. } = parameters;
    keys::check_parameter(&keys, takes_key, annotated)?;
    Ok(Send {
        method,
        keys,
        description: summary(annotated.attrs),
        session,
        takes_key,
        value,
        timestamp: timestamp.cloned(),
        unit,
        bounds,
        guard,
        example,
        keep_session,
    })
}

/// The facts from the signature.
struct Called {
    method: Method,
    session: Option<Type>,
    value: Type,
}

fn called(annotated: &Annotated<'_>, parameters: &Parameters<'_>) -> Result<Called> {
    let Annotated { role, signature, .. } = *annotated;
    let value = parameters.value.ok_or_else(|| wrong_inputs(role, signature));
    let mut errors = ErrorCollector::default();
    let method = errors.take(method(role, signature));
    let session = errors.take(parameters.session.map(shared).transpose());
    let value = errors.take(value.and_then(by_value));
    errors.check(parameters.in_order());
    errors.check(at_most(parameters.most(), role, signature));
    errors.check(nothing(role, signature));
    errors.finish_with(|| Ok(Called { method: method?, session: session?, value: value? }))
}

/// The facts from the options.
struct Said {
    keys: Keys,
    unit: Option<LitStr>,
    bounds: Bounds,
    guard: Guard,
    example: Option<Expr>,
    keep_session: bool,
}

fn said(annotated: &Annotated<'_>, value: Option<&Type>) -> Result<Said> {
    let options = annotated.options()?;
    let mut errors = ErrorCollector::default();
    let keys = errors.take(keys::keys(annotated.attr, &options));
    let unit = errors.take(options.text("unit"));
    let bounds = errors.take(bounds::bounds(&options, value));
    let guard = errors.take(guard::guard(&options, value));
    let (example, keep_session) = (options.get("example").cloned(), options.has("keep_session"));
    errors.finish_with(|| {
        let (keys, unit, bounds, guard) = (keys?, unit?, bounds?, guard?);
        Ok(Said { keys, unit, bounds, guard, example, keep_session })
    })
}
