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
    fn readings<'a>(raw: &'a str) -> Result<Vec<&'a str>> {
        Ok(vec![raw])
    }
}

fn main() {}
