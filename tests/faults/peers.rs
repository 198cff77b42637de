//! Plain MQTT clients in the place of the connector, for comparison. Nothing is asserted.

use crate::{
    client::Client,
    fault::Fault,
    sensors::{matrix, table},
    traffic::Traffic,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes some minutes, and asserts nothing"]
async fn side_by_side() {
    let outcomes = matrix(&Client::ALL, &Fault::ALL, Traffic::NUMBERS).await;
    println!("{}", table(&outcomes));
}
