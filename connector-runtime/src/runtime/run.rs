//! Starts the parts of a connector, and shuts them down.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{runtime::Handle, task::JoinSet, time::timeout};

use crate::{
    bus::{BusHandle, MapFile, Protocol, keep_connected},
    connector::Connector,
    device::{Device, sender},
    mqtt::Address,
    outbox::Running,
    runtime::{
        health::{self, Picture},
        operation::operate,
        preflight::{Described, address_of, describe, identity_of, value_qos},
        signals,
    },
    settings::{BusSettings, Exit},
    telemetry::log::{self, Console, Logs},
};

/// The time limits of the shutdown: first for leaving the broker, then for commands on their way to
/// the device.
const WAIT_FOR_BROKER: Duration = Duration::from_millis(1500);
const WAIT_FOR_COMMANDS: Duration = Duration::from_secs(1);

/// Runs a connector until `stop` is ready: for programs that run several connectors, or that
/// already have a runtime. [`main`](crate::main) does this for the usual case.
///
/// The error describes invalid settings. A program with a `tracing` subscriber of its own adds
/// [`LogTopicLayer`](crate::LogTopicLayer) to it; otherwise one is installed. The device part runs
/// on the current runtime, so it should not block a runtime with one thread.
pub async fn run<C: Connector>(
    connector: C,
    settings: BusSettings,
    stop: impl Future<Output = ()>,
) -> crate::error::Result<()> {
    let logs = Logs::new(settings.debug);
    let _last_lines = log::init(&logs, Console::Stdout).context(log::CANNOT_PRINT)?;
    let device = Handle::current();
    let running = serve(connector, settings, None, logs.clone(), &device, stop);
    logs.collect(running).await.map_err(|exit| anyhow::anyhow!("{exit}"))
}

/// Runs a connector, with its device part on `runtime`; `address` overrides the broker of the
/// settings.
pub(crate) async fn serve<C: Connector>(
    connector: C,
    settings: BusSettings,
    address: Option<Address>,
    logs: Logs,
    runtime: &Handle,
    stop: impl Future<Output = ()>,
) -> Result<(), Exit> {
    settings.check().map_err(Exit::Faults)?;
    let address = address.map_or_else(|| address_of(&settings), Ok)?;
    let Described { sources, sensors, actuators } = describe(&connector)?;
    let mut protocol = Protocol::new(&settings.connector_name, C::VERSION, sensors, actuators);
    protocol.value_qos = value_qos(&settings);
    protocol.limit_sensors(settings.max_sensors);
    protocol.topics.prefixes.clone_from(&settings.mqtt_topic_prefixes);
    let spool = Running::start(&settings, &logs).await?;
    if let Some(running) = &spool {
        protocol.outbox.attach(Arc::clone(&running.spool));
    }
    if let Some(map) = MapFile::of(&settings).and_then(|file| file.read()) {
        protocol.restore_map(&map);
    }
    let arrivals = spool.as_ref().map(|running| Arc::clone(&running.arrivals)).unwrap_or_default();
    let bus = Arc::new(BusHandle::new(protocol, logs.clone(), arrivals));
    let device = Arc::new(Device::new(connector, Arc::clone(&bus)));
    let mut senders = JoinSet::new();
    let commands = sender::carry_out(Arc::clone(&device), logs.clone());
    senders.spawn_on(logs.collect(commands), runtime);
    let identity = identity_of(&settings);
    // `JoinSet`s, so that these tasks end when this future is dropped.
    let (mut connection, mut health) = (JoinSet::new(), JoinSet::new());
    let connected = Arc::clone(&bus);
    connection.spawn(logs.collect(async move {
        keep_connected(address, identity, &connected).await;
    }));
    if let Some(address) = settings.health_addr {
        let picture = Picture { bus: Arc::clone(&bus), vitals: Arc::clone(&device.vitals) };
        health.spawn(logs.collect(health::serve(address, Arc::new(picture))));
    }
    tokio::select! {
        () = operate(&device, &bus, sources, &settings, &logs, runtime) => {}
        () = stop => {}
    }
    logs.report_all_held_back();
    tracing::info!("Connector stopped.");
    drop(health);
    device.publish_state(false);
    shut_down(&bus, connection, senders, spool).await;
    Ok(())
}

/// Leaves the broker, sends the last commands to the device, and writes waiting messages to disk.
async fn shut_down(
    bus: &BusHandle,
    mut connection: JoinSet<()>,
    senders: JoinSet<()>,
    spool: Option<Running>,
) {
    signals::stage("leaving the broker");
    bus.leave();
    let _ = timeout(WAIT_FOR_BROKER, connection.join_next()).await;
    drop(connection);
    signals::stage("sending the last commands and writing the spool");
    bus.mailboxes.close();
    let finish_commands = async {
        if timeout(WAIT_FOR_COMMANDS, senders.join_all()).await.is_err() {
            tracing::error!(
                "dropped the last commands or failsafe values: sending them took more than {} s",
                WAIT_FOR_COMMANDS.as_secs()
            );
        }
    };
    let finish_spool = async {
        if let Some(spool) = spool {
            spool.finish().await;
        }
    };
    tokio::join!(finish_commands, finish_spool);
    signals::stage("ending the threads");
}
