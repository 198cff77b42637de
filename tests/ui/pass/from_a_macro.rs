//! A connector that another macro writes.
use connector_runtime::{ConnectorSettings, prelude::*};

macro_rules! room {
    ($name:ident, $raw:ty, $every:expr, $key:literal, $low:literal) => {
        #[connector]
        struct $name {
            #[arg(long)]
            seconds: u64,
        }

        #[connector]
        impl $name {
            #[receive(every = Duration::from_secs(self.seconds * $every))]
            async fn fetch(&self) -> Result<$raw> {
                Ok(Default::default())
            }

            #[parse]
            fn readings(raw: &$raw) -> Result<bool> {
                Ok(raw.is_empty())
            }

            #[send($key, range = $low..=30.0)]
            async fn set(&self, _celsius: f64) -> Result<()> {
                Ok(())
            }
        }
    };
}

room!(Room, String, 10, "setpoint", 15.0);

fn main() {
    assert_eq!(Room::VERSION, env!("CARGO_PKG_VERSION"));
    let room = Room { seconds: 2 };
    assert_eq!(room.sources(), [Source::poll("fetch", Duration::from_secs(20))]);
    assert_eq!(room.actuators(), [Actuator::new("setpoint").range(15.0..=30.0)]);
}
