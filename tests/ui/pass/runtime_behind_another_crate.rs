//! Where the runtime is at the end of a path, that path can be written in the block, too.
use connector_runtime::prelude::*;

mod facade {
    pub use connector_runtime;
}

#[connector(crate = crate::facade::connector_runtime)]
struct Room;

#[connector(crate = crate::facade::connector_runtime)]
impl Room {
    #[receive]
    async fn fetch(&self) -> crate::facade::connector_runtime::Result<String> {
        Ok(String::new())
    }

    #[parse]
    fn readings(raw: &str) -> facade::connector_runtime::Result<f64> {
        Ok(raw.parse()?)
    }
}

fn main() {}
