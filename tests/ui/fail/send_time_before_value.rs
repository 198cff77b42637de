use connector_runtime::prelude::*;

type Readings = std::collections::BTreeMap<String, f64>;

#[connector]
struct Room;

struct Session;

#[connector]
impl Room {
    #[connect]
    async fn open(&self) -> Result<Session> {
        Ok(Session)
    }

    #[receive]
    async fn fetch(&self) -> Result<String> {
        Ok(String::new())
    }

    #[parse]
    fn readings(raw: &str) -> Result<Readings> {
        Ok(Readings::from([(raw.to_owned(), 20.0)]))
    }

    #[send("setpoint")]
    async fn set(&self, at: Timestamp, value: f64) -> Result<()> {
        let _ = (at, value);
        Ok(())
    }
}

fn main() {}
