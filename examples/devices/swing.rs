//! Values that change over time.

/// Returns a value that swings between -1 and 1 over time.
pub(crate) fn swing(step: u32) -> f64 {
    ((f64::from(step) / 5.0).sin() * 100.0).round() / 100.0
}
