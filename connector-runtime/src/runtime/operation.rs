//! The operation of a connector: its tasks from the moment at which the bus is ready.

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    bus::{BusHandle, MapFile},
    connector::{Connector, Source},
    device::{Device, reprocess},
    runtime::device_part::spawn_device,
    settings::BusSettings,
    telemetry::{counted, log::Logs},
    time::Timestamp,
};

/// How long the device waits for the retained datapoint map once the broker is connected.
const WAIT_FOR_MAP: Duration = Duration::from_millis(500);

/// How long the device waits for the broker at the start.
const WAIT_FOR_BROKER: Duration = Duration::from_secs(10);

/// After this time without a datapoint map, the selection is considered final.
const REST: Duration = Duration::from_secs(1);

/// Runs the device part, once the bus is ready for it.
pub(super) async fn operate<C: Connector>(
    device: &Arc<Device<C>>,
    bus: &Arc<BusHandle>,
    sources: Vec<Source>,
    settings: &BusSettings,
    logs: &Logs,
    runtime: &Handle,
) {
    let BusSettings { connector_name, .. } = settings;
    if until_ready(bus).await {
        tracing::info!("Connector online: {connector_name} {}", C::VERSION);
    } else {
        tracing::warn!("starting {connector_name} {} without a broker", C::VERSION);
    }
    let mut tasks = JoinSet::new();
    tasks.spawn(logs.collect(send_heartbeats(Arc::clone(bus), settings.heartbeat_interval())));
    tasks.spawn(logs.collect(log_selections(Arc::clone(bus), MapFile::of(settings))));
    tasks.spawn_on(logs.collect(reprocess::run(Arc::clone(device))), runtime);
    spawn_device(&mut tasks, device, sources, settings, logs, runtime);
    // These tasks never end.
    while let Some(ended) = tasks.join_next().await {
        tracing::error!("a task of the connector has ended: {ended:?}");
    }
    std::future::pending::<()>().await;
}

/// Waits until the datapoint map is likely to be known, so that even the first message of the
/// device is published. Returns false without a broker; the device then starts anyway.
async fn until_ready(bus: &BusHandle) -> bool {
    if timeout(WAIT_FOR_BROKER, bus.status(|status| status.is_online)).await.is_err() {
        return false;
    }
    let _ = timeout(WAIT_FOR_MAP, bus.status(|status| status.received.maps > 0)).await;
    true
}

/// Sends heartbeats, each a little before the previous one expires.
async fn send_heartbeats(bus: Arc<BusHandle>, interval: Duration) {
    let pause = (interval * 9 / 10).max(interval.saturating_sub(Duration::from_millis(500)));
    loop {
        bus.status(|status| status.is_online).await;
        bus.update(|protocol| protocol.heartbeat(Timestamp::now(), interval));
        tokio::select! {
            () = sleep(pause) => {}
            _ = bus.status(|status| !status.is_online) => {}
        }
    }
}

/// Logs and stores the selection once the maps have settled. BEMCom's API sends many maps while it
/// deletes a connector, and it crashes on a log message that it receives meanwhile.
async fn log_selections(bus: Arc<BusHandle>, kept: Option<MapFile>) {
    let mut logged = 0;
    loop {
        let mut last = bus.status(|status| status.received.selections > logged).await;
        while let Ok(next) =
            timeout(REST, bus.status(|status| status.received != last.received)).await
        {
            last = next;
        }
        logged = last.received.selections;
        let (sensors, actuators) = bus.protocol().selected();
        tracing::info!(
            "datapoint_map: {} and {} are selected",
            counted(sensors, "sensor"),
            counted(actuators, "actuator")
        );
        if let Some(kept) = &kept {
            let map = bus.protocol().map_json();
            kept.keep(map).await;
        }
    }
}
