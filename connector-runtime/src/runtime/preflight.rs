//! Checks of a connector and its settings before it runs.

use std::{collections::HashSet, time::Duration};

use crate::{
    connector::{Connector, Source},
    datapoint::{Actuator, Kind, Sensor},
    error::isolated_call,
    mqtt::{
        Address, Identity, Tls,
        codec::{Login, QoS},
    },
    settings::{BusSettings, Exit},
};

/// The declarations of a connector.
pub(crate) struct Described {
    pub(crate) sources: Vec<Source>,
    pub(crate) sensors: Vec<Sensor>,
    pub(crate) actuators: Vec<Actuator>,
}

/// Returns the connector's sources, sensors and actuators. They depend on its settings, so problems
/// with them are reported like invalid settings.
pub(crate) fn describe<C: Connector>(connector: &C) -> Result<Described, Exit> {
    let described = isolated_call(|| {
        let (sources, mut sensors) = (connector.sources(), connector.sensors());
        let state = connector.state_sensor().map(|key| Sensor::new(key.to_owned(), Kind::Bool));
        sensors.extend(state.map(|state| state.description("Whether the device is connected.")));
        Ok(Described { sources, sensors, actuators: connector.actuators() })
    });
    let fault = |error| {
        Exit::Faults(vec![format!(
            "cannot read the sources, sensors and actuators of the connector: {error:#}"
        )])
    };
    let described = described.map_err(fault)?;
    let zero = described.sources.iter().filter(|source| source.every() == Some(Duration::ZERO));
    let zero = zero.map(|s| format!("the interval of `{}` is zero: it must be longer", s.name()));
    let mut keys = HashSet::new();
    let twice = described.actuators.iter().filter(|actuator| !keys.insert(&*actuator.key));
    let twice =
        twice.map(|a| format!("two actuators have the key `{}`: give each one its own", a.key));
    let rules = described.actuators.iter().flat_map(Actuator::faults);
    let faults: Vec<_> = zero.chain(twice).chain(rules).collect();
    if faults.is_empty() { Ok(described) } else { Err(Exit::Faults(faults)) }
}

/// Returns all problems with a connector and its settings beyond those that are found while reading
/// them.
pub(crate) fn faults<C: Connector>(connector: &C, settings: &BusSettings) -> Vec<String> {
    let checks = [
        settings.check().map_err(Exit::Faults),
        describe(connector).map(drop),
        tls_of(settings).map(drop),
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
    let tls = tls_of(settings)?;
    if settings.exposes_password() {
        tracing::warn!("MQTT_PASSWORD is sent to {host} unencrypted: set MQTT_TLS=TRUE");
    }
    Ok(Address::Tcp { host, port, tls })
}

/// Returns the identity for the broker. The client id is unique, so that two instances of one name
/// do not disconnect each other.
pub(crate) fn identity_of(settings: &BusSettings) -> Identity {
    let client_id = format!("{}-{:08x}", settings.connector_name, fastrand::u32(..));
    let login = Login {
        username: settings.mqtt_username.clone(),
        password: settings.mqtt_password.expose().to_owned(),
    };
    Identity { client_id, login: (!settings.mqtt_username.is_empty()).then_some(login) }
}

/// Returns the TLS configuration, if the settings enable TLS. Unusable files are reported as
/// faults.
fn tls_of(settings: &BusSettings) -> Result<Option<Tls>, Exit> {
    if !settings.mqtt_tls {
        return Ok(None);
    }
    let (cert, key) = (&settings.mqtt_client_cert_file, &settings.mqtt_client_key_file);
    let client = cert.as_deref().zip(key.as_deref());
    let tls = Tls::new(&settings.mqtt_broker_host, settings.mqtt_ca_file.as_deref(), client);
    tls.map(Some).map_err(|fault| Exit::Faults(vec![fault]))
}

/// Returns the QoS of values.
pub(crate) fn value_qos(settings: &BusSettings) -> QoS {
    if settings.mqtt_value_qos == 0 { QoS::AtMostOnce } else { QoS::AtLeastOnce }
}
