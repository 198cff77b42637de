use connector_runtime::prelude::*;

type Readings = std::collections::BTreeMap<String, f64>;

#[connector]
struct Room;

#[connector]
impl Room {
    #[receive]
    async fn fetch(&self) -> Result<String> {
        Ok(String::new())
    }

    #[parse]
    fn readings(raw: &mut String) -> Result<Readings> {
        Ok(Readings::from([(std::mem::take(raw), 20.0)]))
    }
}

fn main() {}
