//! Joins results without losing an error.

use syn::Result;

/// All values, or all errors.
pub(crate) fn all<T>(results: impl IntoIterator<Item = Result<T>>) -> Result<Vec<T>> {
    let (values, outcome) = split(results);
    outcome.map(|()| values)
}

/// Both values, or the errors of either.
pub(crate) fn both<A, B>(first: Result<A>, second: Result<B>) -> Result<(A, B)> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
        (Err(mut error), Err(other)) => {
            error.combine(other);
            Err(error)
        }
    }
}

/// The values there are, beside all errors.
pub(crate) fn split<T>(results: impl IntoIterator<Item = Result<T>>) -> (Vec<T>, Result<()>) {
    let mut values = Vec::new();
    let mut outcome = Ok(());
    for next in results {
        let next = next.map(|value| values.push(value));
        outcome = both(outcome, next).map(|_| ());
    }
    (values, outcome)
}
