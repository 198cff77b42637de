//! The device side: a hybrid inverter with smart meter and storage, and its answers in the Solar API
//! V1.

mod documents;
mod power;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use axum::http::StatusCode;
use serde_json::{Value, json};

pub(crate) use self::power::Power;

/// Where the documents are.
pub(crate) const FOLDER: &str = "/solar_api/v1/";

pub(crate) const POWER_FLOW: &str = "GetPowerFlowRealtimeData.fcgi";
pub(crate) const INVERTER: &str = "GetInverterRealtimeData.cgi";
pub(crate) const METERS: &str = "GetMeterRealtimeData.cgi";
pub(crate) const STORAGES: &str = "GetStorageRealtimeData.cgi";

/// The plant on a sunny day.
pub(crate) struct Plant(Mutex<Power>);

impl Default for Plant {
    fn default() -> Self {
        let (produced, from_battery) = (4100.0, -1500.0);
        Self(Mutex::new(Power { produced, from_battery, consumed: 900.0, charge: 55.0 }))
    }
}

impl Plant {
    pub(crate) fn power(&self) -> MutexGuard<'_, Power> {
        self.0.lock().expect("nobody panics while it is locked")
    }

    /// Returns the answer to a request for a document.
    pub(crate) fn answer(&self, document: &str, query: &str) -> (StatusCode, String) {
        match self.data(document, &arguments(query)) {
            Ok(data) => (StatusCode::OK, wrapped(query, (0, ""), &data)),
            Err(Refusal::Arguments) => {
                (StatusCode::OK, wrapped(query, (6, "invalid arguments"), &json!({})))
            }
            Err(Refusal::NotFound) => (StatusCode::NOT_FOUND, "404".to_owned()),
        }
    }

    fn data(&self, document: &str, arguments: &HashMap<&str, &str>) -> Result<Value, Refusal> {
        let power = *self.power();
        let argument = |name| arguments.get(name).copied();
        match (document, argument("Scope")) {
            (POWER_FLOW, None) => Ok(documents::power_flow(power)),
            (INVERTER, Some("Device"))
                if argument("DeviceId") == Some("1")
                    && argument("DataCollection") == Some("CommonInverterData") =>
            {
                Ok(documents::inverter(power))
            }
            (METERS, Some("System")) => Ok(json!({"0": documents::meter(power)})),
            (STORAGES, Some("System")) => Ok(json!({"0": documents::storage(power)})),
            (INVERTER | METERS | STORAGES, _) => Err(Refusal::Arguments),
            _ => Err(Refusal::NotFound),
        }
    }
}

enum Refusal {
    Arguments,
    NotFound,
}

/// A document as the device sends it, below the status of the request and a reason.
pub(crate) fn wrapped(query: &str, (code, reason): (u16, &str), data: &Value) -> String {
    let status = json!({"Code": code, "Reason": reason, "UserMessage": ""});
    let head = json!({
        "RequestArguments": arguments(query),
        "Status": status,
        "Timestamp": "2026-06-13T12:52:10+00:00",
    });
    json!({"Body": {"Data": data}, "Head": head}).to_string()
}

fn arguments(query: &str) -> HashMap<&str, &str> {
    query.split('&').filter_map(|argument| argument.split_once('=')).collect()
}
