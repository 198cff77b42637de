//! Collects errors, so that all independent mistakes are reported at once.

use syn::Error;

/// The errors found so far.
///
/// Call [`take`](Self::take), [`take_all`](Self::take_all) and [`check`](Self::check) in the order
/// of the report, then [`finish`](Self::finish) or [`finish_with`](Self::finish_with).
#[derive(Default)]
pub(crate) struct ErrorCollector {
    found: Option<Error>,
}

/// An error that a collector has already.
pub(crate) struct Collected(Error);

impl ErrorCollector {
    /// The value, unless an error was collected in its place.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Result<T, Collected> {
        result.map_err(|error| {
            match &mut self.found {
                Some(found) => found.combine(error.clone()),
                found => *found = Some(error.clone()),
            }
            Collected(error)
        })
    }

    /// The values of all results that are not errors.
    pub(crate) fn take_all<T>(
        &mut self,
        results: impl IntoIterator<Item = syn::Result<T>>,
    ) -> Vec<T> {
        results.into_iter().filter_map(|result| self.take(result).ok()).collect()
    }

    /// Collects the error of a rule that has no value.
    pub(crate) fn check(&mut self, outcome: syn::Result<()>) {
        self.take_all([outcome]);
    }

    /// Whether there is no error so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_none()
    }

    /// All errors as one.
    pub(crate) fn finish(self) -> syn::Result<()> {
        self.found.map_or(Ok(()), Err)
    }

    /// All errors as one, or what is built of the values taken.
    pub(crate) fn finish_with<T>(
        self,
        build: impl FnOnce() -> Result<T, Collected>,
    ) -> syn::Result<T> {
        self.finish()?;
        build().map_err(|Collected(error)| error)
    }
}

/// All values, or all errors.
pub(crate) fn all<T, C: FromIterator<T>>(
    results: impl IntoIterator<Item = syn::Result<T>>,
) -> syn::Result<C> {
    let mut errors = ErrorCollector::default();
    let values = errors.take_all(results);
    errors.finish().map(|()| values.into_iter().collect())
}
