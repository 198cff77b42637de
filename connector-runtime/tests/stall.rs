//! Whatever waits, the bus task goes on: it answers the broker, and values arrive.

use connector_runtime::{prelude::*, testing::Bus};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

/// A device that says what time it is, and never takes a command.
#[connector(name = "busy")]
struct Busy {}

#[connector]
impl Busy {
    #[receive(every = Duration::from_secs(1))]
    fn now(&self) -> Result<u64> {
        Ok(0)
    }

    #[parse]
    fn readings(raw: &u64) -> Result<Value> {
        Ok(json!({ "value": raw }))
    }

    #[send("hung")]
    async fn hung(&self, _value: u64) -> Result<()> {
        sleep(Duration::from_mins(1)).await;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_hung_device_a_flood_and_a_large_map_cost_no_connection() {
    let mut bus = Bus::start(Busy {}).await;
    bus.select(&["value"]).await;
    assert_eq!(bus.next("busy/status").await, "online");
    // Most of them are refused, each with a log message.
    (0..10_000).for_each(|value| bus.command("hung", value));
    let mut sensors: serde_json::Map<String, Value> =
        (0..3_500).map(|i| (format!("{i:01000}"), json!(format!("other/{i}")))).collect();
    sensors.insert("value".to_owned(), json!("here"));
    let map = json!({ "sensor": sensors, "actuator": {} });
    assert!(map.to_string().len() > 3_500_000);
    bus.publish("busy/datapoint_map", &map, false);
    for _ in 0..120 {
        bus.next("here").await;
    }
    let status = timeout(Duration::from_mins(1), bus.next("busy/status")).await;
    assert!(status.is_err(), "the connection was lost: {status:?}");
}
