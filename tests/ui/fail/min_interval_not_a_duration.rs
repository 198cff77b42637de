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
    fn readings(raw: &str) -> Result<Readings> {
        Ok(Readings::from([(raw.to_owned(), 20.0)]))
    }

    #[send("a", min_interval = "10 s")]
    async fn set(&self, value: f64) -> Result<()> {
        let _ = value;
        Ok(())
    }
}

fn main() {}
