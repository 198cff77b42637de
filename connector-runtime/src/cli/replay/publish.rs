//! `replay --publish`: publishes the values of a replay.

use std::process::ExitCode;

use anyhow::Context;
use bytes::BytesMut;

use crate::{
    bus::{DatapointMap, MapLimits, Topics, wire::ValueWriter},
    cli::{replay::replayed::Replayed, work},
    error::Result,
    mqtt::probe::Visit,
    runtime,
    settings::{BusSettings, Exit},
};

/// Publishes the values of selected datapoints. They are not retained, because the retained value of a
/// datapoint is the newest one.
pub(super) fn publish_selected(
    settings: &BusSettings,
    replayed: Replayed,
) -> Result<ExitCode, Exit> {
    let address = runtime::address_of(settings)?;
    let identity = runtime::identity_of(settings);
    let mut topics = Topics::of(&settings.connector_name);
    topics.prefixes.clone_from(&settings.mqtt_topic_prefixes);
    work::block_on(async move {
        let broker = || format!("broker {address}");
        let mut visit = Visit::begin(&address, &identity).await.with_context(broker)?;
        let map = visit.retained(&topics.datapoint_map).await.with_context(broker)?;
        let map = map.with_context(|| {
            format!(
                "there is no datapoint map on `{}`, so no datapoint is selected",
                topics.datapoint_map
            )
        })?;
        let (map, _) = DatapointMap::parse(&map, &topics, MapLimits::MOST)
            .context(topics.datapoint_map.to_string())?;
        let (mut buffer, mut writer) = (BytesMut::new(), ValueWriter::default());
        let selected = replayed.values.iter().filter_map(|value| {
            let topic = map.sensor.get(&value.key)?;
            writer.write(&mut buffer, value.value.get().as_bytes(), value.timestamp);
            Some((&**topic, buffer.split().freeze()))
        });
        let selected: Vec<_> = selected.collect();
        let count = selected.len();
        visit.publish(selected).await.with_context(broker)?;
        visit.leave().await.with_context(broker)?;
        work::note(format_args!(
            "published {count} of {} values: those of datapoints that are selected",
            replayed.values.len()
        ));
        Ok(if replayed.faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}
