use connector_runtime::prelude::*;

type Readings = std::collections::BTreeMap<String, f64>;

#[connector]
struct Room;

#[connector]
impl Room {
    #[receive]
    async fn fetch(&self) -> Result<String> {
        let text = std::rc::Rc::new(String::new());
        self.wait().await;
        Ok(text.to_string())
    }

    async fn wait(&self) {}

    #[parse]
    fn readings(raw: &str) -> Result<Readings> {
        Ok(Readings::from([(raw.to_owned(), 20.0)]))
    }
}

fn main() {}
