//! Isolation of panics: a panic in the device part fails only the current call.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use crate::error::result::Result;

/// A panic, with its message.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {0}")]
pub(crate) struct Panic(String);

/// Awaits a future and converts a panic to an error.
pub(crate) async fn isolated<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let mut future = pin!(future);
    // A future that panicked is not polled again, because its state may be inconsistent.
    poll_fn(|context| match catch(|| future.as_mut().poll(context)) {
        Ok(poll) => poll,
        Err(panic) => Poll::Ready(Err(panic.into())),
    })
    .await
}

/// Calls a function and converts a panic to an error.
pub(crate) fn isolated_call<T>(function: impl FnOnce() -> Result<T>) -> Result<T> {
    catch(function)?
}

/// Calls a function and catches a panic.
pub(crate) fn catch<T>(function: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(function)).map_err(|panic| describe(&*panic))
}

fn describe(panic: &(dyn Any + Send)) -> Panic {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Panic(text.unwrap_or("no message").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_an_error_with_its_text() {
        let error = isolated::<()>(async { panic!("on {}", "purpose") }).await.unwrap_err();
        assert_eq!(error.to_string(), "panicked: on purpose");
        let error = isolated_call::<()>(|| panic!("again")).unwrap_err();
        assert_eq!(error.to_string(), "panicked: again");
        assert_eq!(isolated(async { Ok(1) }).await.unwrap(), 1);
    }
}
