//! Values that change as time goes on.

/// Up and down between -1 and 1, as time goes on.
pub(crate) fn swing(step: u32) -> f64 {
    ((f64::from(step) / 5.0).sin() * 100.0).round() / 100.0
}
