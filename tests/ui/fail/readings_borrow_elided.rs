use connector_runtime::prelude::*;

#[connector]
struct Room;

#[connector]
impl Room {
    #[receive]
    async fn fetch(&self) -> Result<String> {
        Ok(String::new())
    }

    #[parse]
    fn readings(raw: &str) -> Result<&str> {
        Ok(raw)
    }
}

fn main() {}
