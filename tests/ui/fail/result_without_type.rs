use connector_runtime::prelude::*;

type Readings = std::collections::BTreeMap<String, f64>;

type Result<T = String> = connector_runtime::Result<T>;

#[connector]
struct Room;

#[connector]
impl Room {
    #[receive]
    async fn fetch(&self) -> Result {
        Ok(String::new())
    }

    #[parse]
    fn readings(raw: &str) -> Result<Readings> {
        Ok(Readings::from([(raw.to_owned(), 20.0)]))
    }
}

fn main() {}
