use connector_runtime::prelude::*;

#[connector]
struct Room;

trait Heated {
    fn fetch(&self) -> Result<String>;
}

#[connector]
impl Heated for Room {
    #[receive]
    fn fetch(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {}
