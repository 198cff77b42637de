//! A panic in the device part hurts the call at hand, and nothing else.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use crate::{Error, Result};

/// Awaits a future; a panic within becomes an error.
pub(crate) async fn isolated<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let mut future = pin!(future);
    // A future that has panicked is not polled again, so that nobody sees it in between states.
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll,
        Err(panic) => Poll::Ready(Err(describe(&*panic))),
    })
    .await
}

/// Calls a function; a panic within becomes an error.
pub(crate) fn isolated_call<T>(function: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(function)).unwrap_or_else(|panic| Err(describe(&*panic)))
}

fn describe(panic: &(dyn Any + Send)) -> Error {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    anyhow::anyhow!("it panicked: {}", text.unwrap_or("without a message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_an_error_with_its_text() {
        let error = isolated::<()>(async { panic!("on {}", "purpose") }).await.unwrap_err();
        assert_eq!(error.to_string(), "it panicked: on purpose");
        let error = isolated_call::<()>(|| panic!("again")).unwrap_err();
        assert_eq!(error.to_string(), "it panicked: again");
        assert_eq!(isolated(async { Ok(1) }).await.unwrap(), 1);
    }
}
