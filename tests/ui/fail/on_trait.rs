use connector_runtime::prelude::*;

#[connector]
pub trait Room {
    #[receive]
    fn fetch(&self) -> Result<String>;
}

fn main() {}
