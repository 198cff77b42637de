//! Joins the parts of a running connector: the broker, the sources, the commands, the heartbeat.

use std::{collections::HashSet, env, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    Actuator, BusSettings, Connector, Kind, Sensor, Source, Timestamp,
    broker::{self, Address, Identity, Tls, codec::Login},
    commands,
    device::Device,
    health,
    isolation::isolated_call,
    log::{self, Console, Logs},
    reprocess,
    session::Session,
    settings::{Environment, Exit, Read},
    shared::Shared,
    source,
    spool::{Running, Selection},
    stop, tools,
};

/// How long the device waits for a retained datapoint map once the broker is connected.
const WAIT_FOR_MAP: Duration = Duration::from_millis(500);

/// How long the device waits for the broker at the start.
const WAIT_FOR_BROKER: Duration = Duration::from_secs(10);

/// How long the end may take: first for the broker, then for commands on their way to the device.
const WAIT_FOR_GOODBYE: Duration = Duration::from_millis(1500);
const WAIT_FOR_COMMANDS: Duration = Duration::from_secs(1);

/// How long no datapoint map has come when they are at rest.
const REST: Duration = Duration::from_secs(1);

/// How many threads the device part has: one for each function that might keep its own, within limits.
const FEWEST_THREADS: usize = 4;
const MOST_THREADS: usize = 32;

/// `EX_CONFIG` of sysexits.h: the settings are wrong, a restart does not help.
pub(crate) const EXIT_CONFIG: u8 = 78;

/// A whole connector as the `main` of a program: reads its settings, connects to the broker and
/// runs until SIGTERM or SIGINT.
///
/// The exit code is 0 after a signal, 78 where the settings are wrong, and 1 where the system refuses
/// what every program needs. Nothing else ends it: device functions may fail, panic or block, though
/// one that blocks keeps its thread. There is one for each source and each actuator, but at least four
/// and at most 32.
///
/// ```no_run
/// use connector_runtime::prelude::*;
///
/// /// A thermometer.
/// #[connector]
/// struct Thermometer {}
///
/// # impl Connector for Thermometer {
/// #     type Session = ();
/// #     type Raw = String;
/// #     type Readings = ();
/// #     fn sources(&self) -> Vec<Source> { vec![] }
/// #     async fn connect(&self) -> Result<()> { Ok(()) }
/// #     async fn receive(&self, (): &(), _: usize) -> Result<Option<String>> { Ok(None) }
/// #     fn parse(&self, _: &String) -> Result<Option<()>> { Ok(None) }
/// # }
/// // #[connector] impl Thermometer { .. }
///
/// fn main() -> ExitCode {
///     connector_runtime::main::<Thermometer>()
/// }
/// ```
#[must_use]
pub fn main<C: Connector>() -> ExitCode {
    let (arguments, environment): (Vec<_>, _) =
        (env::args_os().collect(), Environment::of_process());
    tools::start::<C>(&arguments, &environment).unwrap_or_else(|exit| leave(&exit))
}

/// Runs a connector until the system says that it shall stop.
pub(crate) fn until_stopped<C: Connector>(
    read: Read<C>,
    environment: &Environment,
) -> Result<ExitCode, Exit> {
    let Read { connector, settings, warnings } = read;
    let (bus, device) = runtimes(threads(&connector)).context("cannot start")?;
    let logs = Logs::new(settings.debug);
    log::init(&logs, Console::Stdout);
    let running = async {
        let mut signals = stop::Signals::listen()
            .map_err(|error| Exit::Faults(vec![format!("cannot listen to signals: {error}")]))?;
        if let Some(file) = &environment.file {
            tracing::info!("settings were read from {}", file.display());
        }
        for warning in &warnings {
            tracing::warn!("{warning}");
        }
        let stop = async {
            let signal = signals.first().await;
            tracing::info!("{signal} received: the connector stops");
        };
        serve(connector, settings, None, logs.clone(), device.handle(), stop).await
    };
    let ended = bus.block_on(logs.collect(running));
    // A blocking call of the device part must not hold up the end.
    device.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS)
}

/// One thread for the bus, and others for the device part: where that blocks, values, heartbeats and
/// the end do not wait for it.
fn runtimes(device_threads: usize) -> std::io::Result<(Runtime, Runtime)> {
    let bus = Builder::new_current_thread().enable_all().build()?;
    let device = Builder::new_multi_thread().worker_threads(device_threads).enable_all().build()?;
    Ok((bus, device))
}

fn threads(connector: &impl Connector) -> usize {
    let functions = || Ok(connector.sources().len() + connector.actuators().len());
    let functions = isolated_call(functions).unwrap_or_default();
    // Two more to open the session, and for all that does not block.
    (functions + 2).clamp(FEWEST_THREADS, MOST_THREADS)
}

fn leave(exit: &Exit) -> ExitCode {
    match exit {
        Exit::Asked(text) => {
            let _ = text.print();
            ExitCode::SUCCESS
        }
        Exit::Faults(_) => {
            eprintln!("{exit}");
            ExitCode::from(EXIT_CONFIG)
        }
        Exit::Failed(_) => {
            eprintln!("{exit}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a connector until `stop` is ready: for programs that run several, or that have a runtime
/// already. [`main`] does this for the usual case.
///
/// The error says what is wrong with the settings. A program that has a `tracing` subscriber of its own
/// adds [`LogTopicLayer`](crate::LogTopicLayer) to it; otherwise one is installed. The device part runs on the
/// current runtime, so it should not block a runtime of one thread.
pub async fn run<C: Connector>(
    connector: C,
    settings: BusSettings,
    stop: impl Future<Output = ()>,
) -> crate::Result<()> {
    let logs = Logs::new(settings.debug);
    log::init(&logs, Console::Stdout);
    let device = Handle::current();
    let running = serve(connector, settings, None, logs.clone(), &device, stop);
    logs.collect(running).await.map_err(|exit| anyhow::anyhow!("{exit}"))
}

/// Runs a connector, its device part on `runtime`; `address` replaces the broker of the
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
    let mut session = Session::new(&settings.connector_name, C::VERSION, sensors, actuators);
    session.value_qos = settings.value_qos();
    session.topics.prefixes.clone_from(&settings.mqtt_topic_prefixes);
    let spool = Running::start(&settings, &logs).await?;
    if let Some(running) = &spool {
        session.outbox.attach(Arc::clone(&running.spool));
    }
    if let Some(map) = Selection::of(&settings).and_then(|selection| selection.read()) {
        session.restore_map(&map);
    }
    let shared = Arc::new(Shared::new(session, logs.clone()));
    let device = Arc::new(Device::new(connector, Arc::clone(&shared)));
    let mut workers = JoinSet::new();
    let commands = commands::carry_out(Arc::clone(&device), logs.clone());
    workers.spawn_on(logs.collect(commands), runtime);
    let identity = identity_of(&settings);
    // Sets, so that these tasks end as well where this one is dropped.
    let (mut broker, mut health) = (JoinSet::new(), JoinSet::new());
    let watched = Arc::clone(&shared);
    broker.spawn(logs.collect(async move {
        broker::keep_connected(address, identity, &watched).await;
    }));
    if let Some(address) = settings.health_addr {
        health.spawn(logs.collect(health::serve(address, Arc::clone(&shared))));
    }
    tokio::select! {
        () = operate(&device, &shared, sources, &settings, &logs, runtime) => {}
        () = stop => {}
    }
    tracing::info!("Connector stopped.");
    drop(health);
    device.tell(false);
    shared.say_goodbye();
    let _ = timeout(WAIT_FOR_GOODBYE, broker.join_next()).await;
    drop(broker);
    shared.mailboxes.close();
    let finish_commands = async {
        if timeout(WAIT_FOR_COMMANDS, workers.join_all()).await.is_err() {
            tracing::error!(
                "the device did not take its last commands, or its failsafe values, in time: they are dropped"
            );
        }
    };
    let finish_spool = async {
        if let Some(spool) = spool {
            spool.finish().await;
        }
    };
    tokio::join!(finish_commands, finish_spool);
    Ok(())
}

/// Runs the device part, once the bus is ready for it.
async fn operate<C: Connector>(
    device: &Arc<Device<C>>,
    shared: &Arc<Shared>,
    sources: Vec<Source>,
    settings: &BusSettings,
    logs: &Logs,
    runtime: &Handle,
) {
    let BusSettings { connector_name, .. } = settings;
    if until_ready(shared).await {
        tracing::info!("Connector online: {connector_name} {}", C::VERSION);
    } else {
        tracing::warn!("{connector_name} {} starts without a broker", C::VERSION);
    }
    let mut tasks = JoinSet::new();
    tasks.spawn(logs.collect(beat(Arc::clone(shared), settings.heartbeat_interval())));
    tasks.spawn(logs.collect(tell_selections(Arc::clone(shared), Selection::of(settings))));
    tasks.spawn_on(logs.collect(reprocess::run(Arc::clone(device))), runtime);
    spawn_device(&mut tasks, device, sources, settings, logs, runtime);
    // None of them ends by itself.
    while let Some(ended) = tasks.join_next().await {
        tracing::error!("a task of the connector has ended: {ended:?}");
    }
    std::future::pending::<()>().await;
}

/// Keeps the device open, and its sources asked.
fn spawn_device<C: Connector>(
    tasks: &mut JoinSet<()>,
    device: &Arc<Device<C>>,
    sources: Vec<Source>,
    settings: &BusSettings,
    logs: &Logs,
    runtime: &Handle,
) {
    let watched = Arc::clone(&device.shared);
    tasks.spawn(logs.collect(async move { watched.calls.watch().await }));
    let records_raw = settings.send_raw_message_to_db;
    let there = sources.into_iter().enumerate().filter(|(_, source)| source.is_there());
    for (index, source) in there {
        let (device, shared) = (Arc::clone(device), Arc::clone(&device.shared));
        let receive = shared.calls.add_source(&source, settings.health_max_age());
        let source = source::run(device, shared, index, source, receive, records_raw);
        tasks.spawn_on(logs.collect(source), runtime);
    }
    let device = Arc::clone(device);
    tasks.spawn_on(logs.collect(async move { device.keep_open().await }), runtime);
}

/// Runs the device part without a bus, for as long as its tasks are kept.
pub(crate) fn device_alone<C: Connector>(
    connector: C,
    settings: &BusSettings,
    logs: &Logs,
) -> Result<(Arc<Device<C>>, JoinSet<()>), Exit> {
    let Described { sources, .. } = describe(&connector)?;
    let session = Session::new(&settings.connector_name, C::VERSION, Vec::new(), Vec::new());
    let shared = Arc::new(Shared::new(session, logs.clone()));
    let device = Arc::new(Device::new(connector, shared));
    let mut tasks = JoinSet::new();
    spawn_device(&mut tasks, &device, sources, settings, logs, &Handle::current());
    Ok((device, tasks))
}

/// Waits until the datapoint map is likely to be known, so that the first message of the device is
/// published already. Without a broker this is false, and the device starts all the same.
async fn until_ready(shared: &Shared) -> bool {
    if timeout(WAIT_FOR_BROKER, shared.status(|status| status.is_online)).await.is_err() {
        return false;
    }
    let _ = timeout(WAIT_FOR_MAP, shared.status(|status| status.received.maps > 0)).await;
    true
}

/// Sends heartbeats, each a little before the one before it expires.
async fn beat(shared: Arc<Shared>, interval: Duration) {
    let pause = (interval * 9 / 10).max(interval.saturating_sub(Duration::from_millis(500)));
    loop {
        shared.status(|status| status.is_online).await;
        shared.update(|session| session.heartbeat(Timestamp::now(), interval));
        tokio::select! {
            () = sleep(pause) => {}
            _ = shared.status(|status| !status.is_online) => {}
        }
    }
}

/// Tells, and keeps, what is selected once the maps have come to rest. BEMCom's API sends many while it deletes a
/// connector, and a log message that it gets in the midst of that ends it.
async fn tell_selections(shared: Arc<Shared>, kept: Option<Selection>) {
    let mut told = 0;
    loop {
        let mut last = shared.status(|status| status.received.selections > told).await;
        while let Ok(next) =
            timeout(REST, shared.status(|status| status.received != last.received)).await
        {
            last = next;
        }
        told = last.received.selections;
        let (sensors, actuators) = shared.session().selected();
        tracing::info!("datapoint_map: {sensors} sensors and {actuators} actuators are selected");
        if let Some(kept) = &kept {
            let map = shared.session().map_json();
            kept.keep(map).await;
        }
    }
}

/// What a connector says of itself.
struct Described {
    sources: Vec<Source>,
    sensors: Vec<Sensor>,
    actuators: Vec<Actuator>,
}

/// The connector's sources, sensors and actuators. They depend on its settings, so what is wrong with
/// them is reported as those are.
fn describe<C: Connector>(connector: &C) -> Result<Described, Exit> {
    let described = isolated_call(|| {
        let (sources, mut sensors) = (connector.sources(), connector.sensors());
        let state = connector.state_sensor().map(|key| Sensor::new(key.to_owned(), Kind::Bool));
        sensors.extend(state.map(|state| state.description("Whether the device is connected.")));
        Ok(Described { sources, sensors, actuators: connector.actuators() })
    });
    let fault = |error| Exit::Faults(vec![format!("its sources, sensors or actuators: {error:#}")]);
    let described = described.map_err(fault)?;
    let zero = described.sources.iter().filter(|source| source.every() == Some(Duration::ZERO));
    let zero = zero.map(|s| format!("the interval of `{}` is zero: it must be longer", s.name()));
    let mut keys = HashSet::new();
    let twice = described.actuators.iter().filter(|actuator| !keys.insert(actuator.key()));
    let twice = twice.map(|a| format!("there are two actuators with the key `{}`", a.key()));
    let rules = described.actuators.iter().flat_map(Actuator::faults);
    let faults: Vec<_> = zero.chain(twice).chain(rules).collect();
    if faults.is_empty() { Ok(described) } else { Err(Exit::Faults(faults)) }
}

/// What is wrong with a connector and its settings beyond what each of them says for itself.
pub(crate) fn faults<C: Connector>(connector: &C, settings: &BusSettings) -> Vec<String> {
    let checks = [
        settings.check().map_err(Exit::Faults),
        describe(connector).map(drop),
        Tls::of(settings).map(drop).map_err(|fault| Exit::Faults(vec![fault])),
    ];
    let exits = checks.into_iter().filter_map(Result::err);
    exits
        .flat_map(|exit| match exit {
            Exit::Faults(faults) => faults,
            exit => vec![exit.to_string()],
        })
        .collect()
}

pub(crate) fn address_of(settings: &BusSettings) -> Result<Address, Exit> {
    let (host, port) = (settings.mqtt_broker_host.clone(), settings.mqtt_broker_port);
    let tls = Tls::of(settings).map_err(|fault| Exit::Faults(vec![fault]))?;
    if settings.exposes_password() {
        tracing::warn!("MQTT_PASSWORD goes to {host} where others may read it: set MQTT_TLS=TRUE");
    }
    Ok(Address::Tcp { host, port, tls })
}

/// Two instances of one name must not push each other off the broker, so the client id is unique.
pub(crate) fn identity_of(settings: &BusSettings) -> Identity {
    let client_id = format!("{}-{:08x}", settings.connector_name, fastrand::u32(..));
    let login = Login {
        username: settings.mqtt_username.clone(),
        password: settings.mqtt_password.expose().to_owned(),
    };
    Identity { client_id, login: (!settings.mqtt_username.is_empty()).then_some(login) }
}
