//! The rules for a method with `#[receive]`.

use syn::Result;

use crate::{
    check::method::{Annotated, at_most, message, method, shared, types},
    error_collector::ErrorCollector,
    model::Receive,
};

/// The rules for a method that gets raw messages.
pub(super) fn receive(annotated: &Annotated<'_>) -> Result<Receive> {
    let Annotated { role, signature, .. } = *annotated;
    let session = types(signature).next();
    let mut errors = ErrorCollector::default();
    let method = errors.take(method(role, signature));
    errors.check(at_most(usize::from(session.is_some()), role, signature));
    let session = errors.take(session.map(shared).transpose());
    let message = errors.take(message(role, signature));
    let options = errors.take(annotated.options().and_then(|options| {
        let timeout = options.duration("timeout")?;
        Ok((options.get("every").cloned(), timeout, options.has("keep_session")))
    }));
    errors.finish_with(|| {
        let (method, session, message) = (method?, session?, message?);
        let (every, timeout, keep_session) = options?;
        Ok(Receive { method, session, message, every, timeout, keep_session })
    })
}
