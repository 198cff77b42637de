//! What a connector publishes causes no log message, as that would be published, too.

use connector_runtime::{prelude::*, testing::Bus};
use tokio::time::timeout;

/// A device without news.
#[connector(name = "quiet")]
struct Quiet {}

#[connector]
impl Quiet {
    #[receive]
    async fn wait(&self) -> Result<String> {
        std::future::pending().await
    }

    #[parse]
    fn nothing(_: &str) -> Result<String> {
        bail!("there is nothing to parse")
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_connector_logs_nothing_even_with_debug() {
    let settings = |settings: &mut connector_runtime::BusSettings| {
        settings.debug = true;
        settings.heartbeat_seconds = 1;
    };
    let mut bus = Bus::start_with(Quiet {}, settings).await;
    // What is said is heard.
    bus.publish("quiet/datapoint_map", &"no map".into(), false);
    assert_eq!(bus.log().await["level"], 40);
    assert!(timeout(Duration::from_mins(1), bus.log()).await.is_err());
    // Nothing came for a minute, in which much was published.
    for _ in 0..50 {
        bus.next("quiet/heartbeat").await;
    }
    bus.stop().await;
}
