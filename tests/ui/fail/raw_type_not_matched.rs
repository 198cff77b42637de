use connector_runtime::prelude::*;

type Readings = std::collections::BTreeMap<String, f64>;

#[connector]
struct Room;

#[connector]
impl Room {
    #[receive]
    async fn fetch(&self) -> Result<u16> {
        Ok(20)
    }

    #[parse]
    fn readings(raw: &u8) -> Result<Readings> {
        Ok(Readings::from([(raw.to_string(), 20.0)]))
    }
}

fn main() {}
