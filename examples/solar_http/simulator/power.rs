//! The power that flows between the plant, its battery, the house and the grid.

/// Measured values in watts and percent, with the signs of the Solar API.
#[derive(Clone, Copy)]
pub(crate) struct Power {
    pub(crate) produced: f64,
    pub(crate) from_battery: f64,
    pub(crate) consumed: f64,
    pub(crate) charge: f64,
}
