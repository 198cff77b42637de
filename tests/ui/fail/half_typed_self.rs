use connector_runtime::prelude::*;

type Readings = std::collections::BTreeMap<String, f64>;

#[connector]
struct Room;

#[connector]
impl Room {
    #[receive]
    async fn fetch(&self) -> Result<String> {
        self.;
        Ok(String::new())
    }

    #[parse]
    fn readings(raw: &str) -> Result<Readings> {
        Ok(Readings::from([(raw.to_owned(), 20.0)]))
    }

    fn other(text: &str, number: usize) -> String {
        text.repeat(number)
    }
}

fn main() {
    let _ = <Room as Connector>::parse(&Room, &String::new());
    let _ = Room::other("a", 1);
}
