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
    let mut bus = Bus::start_with(Quiet {}, |settings| settings.debug = true).await;
    let mut said = 0;
    while timeout(Duration::from_mins(2), bus.next("quiet/logs")).await.is_ok() {
        said += 1;
        assert!(said < 20, "it does not come to rest");
    }
    assert!(said > 0, "it says that it begins");
    // Meanwhile much was published.
    for _ in 0..4 {
        bus.next("quiet/heartbeat").await;
    }
    bus.stop().await;
}
