use connector_runtime::prelude::*;

#[connector]
struct Room;

impl Room {
    #[receive]
    async fn fetch(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {}
