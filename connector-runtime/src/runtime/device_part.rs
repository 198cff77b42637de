//! The tasks of the device part: its session and its sources.

use std::sync::Arc;

use tokio::{runtime::Handle, task::JoinSet};

use crate::{
    bus::{BusHandle, Protocol},
    connector::{Connector, Source},
    device::{Device, poller},
    runtime::preflight::{Described, describe},
    settings::{BusSettings, Exit},
    telemetry::log::Logs,
};

/// Spawns the tasks that keep the session open and call the sources.
pub(super) fn spawn_device<C: Connector>(
    tasks: &mut JoinSet<()>,
    device: &Arc<Device<C>>,
    sources: Vec<Source>,
    settings: &BusSettings,
    logs: &Logs,
    runtime: &Handle,
) {
    let vitals = Arc::clone(&device.vitals);
    tasks.spawn(logs.collect(async move { vitals.calls.watch().await }));
    tasks.spawn(logs.clone().report_held_back());
    let records_raw = settings.send_raw_message_to_db;
    let present = sources.into_iter().enumerate().filter(|(_, source)| source.is_there());
    for (index, source) in present {
        let (device, bus) = (Arc::clone(device), Arc::clone(&device.bus));
        let receive = device.vitals.calls.add_source(&source, settings.health_max_age());
        let source = poller::run(device, bus, index, source, receive, records_raw);
        tasks.spawn_on(logs.collect(source), runtime);
    }
    let device = Arc::clone(device);
    tasks.spawn_on(logs.collect(async move { device.keep_open().await }), runtime);
}

/// Runs the device part without a bus, until the returned tasks are dropped.
pub(crate) fn device_alone<C: Connector>(
    connector: C,
    settings: &BusSettings,
    logs: &Logs,
) -> Result<(Arc<Device<C>>, JoinSet<()>), Exit> {
    let Described { sources, .. } = describe(&connector)?;
    let protocol = Protocol::new(&settings.connector_name, C::VERSION, Vec::new(), Vec::new());
    let bus = Arc::new(BusHandle::new(protocol, logs.clone(), Arc::default()));
    let device = Arc::new(Device::new(connector, bus));
    let mut tasks = JoinSet::new();
    spawn_device(&mut tasks, &device, sources, settings, logs, &Handle::current());
    Ok((device, tasks))
}
