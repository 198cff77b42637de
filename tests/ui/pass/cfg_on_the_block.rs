//! One block for each case; what has no role may have its own condition.
#![deny(warnings)]

use connector_runtime::prelude::*;

#[connector]
struct Room;

#[cfg(any())]
#[connector]
impl Room {}

#[cfg(all())]
#[connector]
impl Room {
    #[receive]
    async fn fetch(&self) -> Result<String> {
        Ok(String::new())
    }

    #[parse]
    fn readings(raw: &str) -> Result<f64> {
        Ok(raw.parse()?)
    }

    #[cfg(any())]
    fn elsewhere() {}
}

fn main() {}
