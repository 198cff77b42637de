//! Ranges of every kind of number, and of constants.
use connector_runtime::prelude::*;

type Celsius = f32;
const LIMITS: std::ops::RangeInclusive<f64> = 15.0..=30.0;

#[connector]
struct Room;

#[connector]
impl Room {
    const HIGHEST: u8 = 100;

    #[receive]
    async fn fetch(&self) -> Result<String> {
        Ok(String::new())
    }

    #[parse]
    fn readings(raw: &str) -> Result<bool> {
        Ok(raw.is_empty())
    }

    #[send("float", range = -0.5..=1e3)]
    async fn float(&self, _value: f64) -> Result<()> {
        Ok(())
    }

    #[send("suffix", range = 15_f64..=30_f64)]
    async fn suffix(&self, _value: f64) -> Result<()> {
        Ok(())
    }

    #[send("alias", range = 15.0..=30.0)]
    async fn alias(&self, _value: Celsius) -> Result<()> {
        Ok(())
    }

    #[send("integer", range = -10..=0x10)]
    async fn integer(&self, _value: i64) -> Result<()> {
        Ok(())
    }

    #[send("single", range = 5..=5)]
    async fn single(&self, _value: u8) -> Result<()> {
        Ok(())
    }

    #[send("end", range = 0..=Self::HIGHEST)]
    async fn end(&self, _value: u8) -> Result<()> {
        Ok(())
    }

    #[send("constant", range = LIMITS)]
    async fn constant(&self, _value: f64) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let constant = Actuator::new("constant").range(15.0..=30.0);
    assert_eq!(Room.actuators().last(), Some(&constant));
}
