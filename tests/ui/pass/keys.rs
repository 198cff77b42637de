//! Keys that look odd and are fine.
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
    fn readings(raw: &str) -> Result<bool> {
        Ok(raw.is_empty())
    }

    #[send("room_1__setpoint")]
    async fn nested(&self, _value: f64) -> Result<()> {
        Ok(())
    }

    #[send("_a_b___c_")]
    async fn underscores(&self, _value: f64) -> Result<()> {
        Ok(())
    }

    #[send("Raum 1/Heizkörper €$")]
    async fn blanks(&self, _value: f64) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let actuators = Room.actuators();
    let keys: Vec<_> = actuators.iter().map(|actuator| &*actuator.key).collect();
    assert_eq!(keys, ["room_1__setpoint", "_a_b___c_", "Raum 1/Heizkörper €$"]);
}
