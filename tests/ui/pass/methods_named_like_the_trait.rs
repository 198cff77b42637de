//! Methods may have the names that the trait uses.
use connector_runtime::prelude::*;

#[connector]
struct Room;

#[connector]
impl Room {
    #[receive(every = self.sources())]
    async fn receive(&self) -> Result<String> {
        Ok("20".to_owned())
    }

    #[parse]
    fn parse(raw: &str) -> Result<f64> {
        Ok(raw.parse()?)
    }

    #[send("setpoint")]
    async fn send(&self, command: f64) -> Result<()> {
        let _ = command;
        Ok(())
    }

    fn sources(&self) -> Duration {
        Duration::from_secs(10)
    }
}

fn main() {
    assert_eq!(Connector::parse(&Room, &"20".to_owned()).unwrap(), Some(20.0));
}
