//! OCPP-J 1.6: the frames, the answers of a central system, and the readings in a charge point's calls.
//!
//! Sent frames follow the specification strictly. Received ones are accepted with any measurands, units and
//! fields, because charge points send their own.

use std::time::SystemTime;

use connector_runtime::prelude::*;
use ocpp_types::OcppTimestamp;
use serde_json::{Map, Value, json};

/// Seconds from one heartbeat of a charge point to the next.
const HEARTBEAT: u64 = 10;

/// One message of OCPP-J: an array that begins with its kind.
#[derive(Debug, PartialEq)]
pub(crate) enum Frame {
    Call(Call),
    Result { id: String, payload: Value },
    Error { id: String, code: String, description: String },
}

/// A request, of the charge point or of the central system.
#[derive(Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) action: String,
    pub(crate) payload: Map<String, Value>,
}

impl Frame {
    pub(crate) fn read(text: &str) -> Result<Self> {
        let no_frame = || format!("no OCPP frame: {text:.200}");
        let parts: Vec<Value> = serde_json::from_str(text).with_context(no_frame)?;
        let [kind, Value::String(id), parts @ ..] = &parts[..] else { bail!(no_frame()) };
        let id = id.clone();
        Ok(match (kind.as_u64(), parts) {
            (Some(2), [Value::String(action), Value::Object(payload)]) => {
                let (action, payload) = (action.clone(), payload.clone());
                Self::Call(Call { id, action, payload })
            }
            (Some(3), [payload]) => Self::Result { id, payload: payload.clone() },
            (Some(4), [Value::String(code), Value::String(description), ..]) => {
                Self::Error { id, code: code.clone(), description: description.clone() }
            }
            _ => bail!(no_frame()),
        })
    }

    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Call(Call { id, .. }) | Self::Result { id, .. } | Self::Error { id, .. } => id,
        }
    }
}

impl Call {
    /// Returns the answer of the central system, which lets every user charge.
    pub(crate) fn answer(&self, new_transaction: impl FnOnce() -> i64) -> String {
        let accepted = json!({ "status": "Accepted" });
        let payload = match self.action.as_str() {
            "BootNotification" => {
                json!({ "status": "Accepted", "currentTime": now(), "interval": HEARTBEAT })
            }
            "Heartbeat" => json!({ "currentTime": now() }),
            "Authorize" => json!({ "idTagInfo": accepted }),
            "StartTransaction" => {
                json!({ "idTagInfo": accepted, "transactionId": new_transaction() })
            }
            "StopTransaction"
            | "MeterValues"
            | "StatusNotification"
            | "FirmwareStatusNotification"
            | "DiagnosticsStatusNotification" => json!({}),
            _ => return json!([4, self.id, "NotImplemented", self.action, {}]).to_string(),
        };
        json!([3, self.id, payload]).to_string()
    }

    /// The connector of the charge point that it is about; 0 is the charge point as a whole.
    pub(crate) fn connector(&self) -> Option<u64> {
        self.payload.get("connectorId")?.as_u64()
    }

    /// The transaction that it is about.
    pub(crate) fn transaction(&self) -> Option<i64> {
        self.payload.get("transactionId")?.as_i64()
    }

    /// Returns whether it reports that no transaction is running.
    pub(crate) fn is_available(&self) -> bool {
        self.payload.get("status").is_some_and(|status| status == "Available")
    }

    /// Returns its fields, below the charge point, its connector and the action.
    pub(crate) fn readings(mut self, charge_point: &str) -> Timestamped<Value> {
        let timestamp = self.timestamp();
        let connector = self.payload.remove("connectorId");
        if let Some(Value::Array(meter_values)) = self.payload.remove("meterValue") {
            self.payload.extend(meter_values.iter().flat_map(samples));
        }
        let content =
            if self.payload.is_empty() { json!("alive") } else { Value::Object(self.payload) };
        let mut readings = json!({ (self.action): content });
        if let Some(connector) = connector {
            readings = json!({ (connector.to_string()): readings });
        }
        Timestamped::new(json!({ (charge_point): readings }), timestamp)
    }

    /// The timestamp of the charge point, which may be hours old if it was disconnected.
    fn timestamp(&self) -> Option<Timestamp> {
        let last = || self.payload.get("meterValue")?.as_array()?.last()?.get("timestamp");
        let text = self.payload.get("timestamp").or_else(last)?.as_str()?;
        let time = OcppTimestamp::parse_rfc3339(text).ok()?;
        let millis = time.unix_seconds() * 1000 + i64::from(time.subsec_nanos() / 1_000_000);
        Some(Timestamp::from_millis(millis))
    }
}

/// Returns each sample of a meter value, below its measurand, location, phase and unit.
fn samples(meter_value: &Value) -> impl Iterator<Item = (String, Value)> {
    meter_value["sampledValue"].as_array().into_iter().flatten().map(|sample| {
        let text = |name: &str| sample[name].as_str();
        let path = [Some(measurand(sample)), text("location"), text("phase"), unit(sample)];
        let key: Vec<_> = path.into_iter().flatten().collect();
        (key.join("__"), number(&sample["value"]))
    })
}

fn measurand(sample: &Value) -> &str {
    sample["measurand"].as_str().unwrap_or("Energy.Active.Import.Register")
}

/// The unit, which may be omitted for Wh.
fn unit(sample: &Value) -> Option<&str> {
    let of_energy = || measurand(sample).starts_with("Energy.Active").then_some("Wh");
    sample["unit"].as_str().or_else(of_energy)
}

/// Converts a number, which OCPP sends as text.
fn number(value: &Value) -> Value {
    let number = value.as_str().and_then(|text| text.trim().parse().ok());
    number.filter(|number: &f64| number.is_finite()).map_or_else(|| value.clone(), Value::from)
}

/// The current time in OCPP's format.
fn now() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
    OcppTimestamp::from_unix(seconds, 0).unwrap_or(OcppTimestamp::UNIX_EPOCH).to_string()
}

/// The charging profile of a connector: a limit in W or A that holds until the next one, for the
/// running transaction and for all later ones. A profile replaces the one with the same id.
pub(crate) fn limit(connector: u64, unit: &str, limit: f64) -> Value {
    // In steps of 0.1, as the specification requires.
    let limit = (limit * 10.0).round() / 10.0;
    json!({
        "connectorId": connector,
        "csChargingProfiles": {
            "chargingProfileId": connector,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": {
                "chargingRateUnit": unit,
                "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": limit }],
            },
        },
    })
}
