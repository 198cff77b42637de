//! The measured plant: up to a hundred datapoints, and their topics on the bus.

use std::fmt::Write;

use connector_runtime::{Datapoints, prelude::*};
use serde_json::json;

/// The number of datapoints of a whole plant.
pub(crate) const DATAPOINTS: usize = 100;

/// Ten meters, one of them, or only the total.
#[derive(Debug, Default, Serialize, Deserialize, Datapoints)]
pub(crate) struct Plant {
    total: Option<f64>,
    m0: Option<Meter>,
    m1: Option<Meter>,
    m2: Option<Meter>,
    m3: Option<Meter>,
    m4: Option<Meter>,
    m5: Option<Meter>,
    m6: Option<Meter>,
    m7: Option<Meter>,
    m8: Option<Meter>,
    m9: Option<Meter>,
}

/// Ten values.
#[derive(Debug, Default, Serialize, Deserialize, Datapoints)]
struct Meter {
    power: f64,
    energy: f64,
    frequency: f64,
    voltage_1: f64,
    voltage_2: f64,
    voltage_3: f64,
    current_1: f64,
    current_2: f64,
    current_3: f64,
    temperature: f64,
}

impl Plant {
    fn meters(&self) -> impl Iterator<Item = &Meter> {
        let Self { m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, .. } = self;
        [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9].into_iter().flatten()
    }

    /// In the order of its fields.
    pub(crate) fn values(&self) -> impl Iterator<Item = f64> {
        self.total.into_iter().chain(self.meters().flat_map(Meter::values))
    }
}

impl Meter {
    fn values(&self) -> [f64; 10] {
        let Self { power, energy, frequency, temperature, .. } = *self;
        let Self { voltage_1, voltage_2, voltage_3, current_1, current_2, current_3, .. } = *self;
        [
            power,
            energy,
            frequency,
            voltage_1,
            voltage_2,
            voltage_3,
            current_1,
            current_2,
            current_3,
            temperature,
        ]
    }

    fn numbered(number: usize) -> Self {
        let base = f64::from(u32::try_from(number).unwrap_or_default()) / 8.0;
        Self {
            power: 1234.567 + base,
            energy: 98_765.432 + base,
            frequency: 49.983 + base / 1000.0,
            voltage_1: 229.81 + base,
            voltage_2: 231.07 + base,
            voltage_3: 230.44 + base,
            current_1: 5.372 + base,
            current_2: 5.518 + base,
            current_3: 5.401 + base,
            temperature: 41.25 + base,
        }
    }
}

/// Returns a message of the device with 1, 10 or 100 datapoints. Messages with different numbers have
/// different values.
pub(crate) fn line(datapoints: usize, number: usize) -> String {
    let mut plant = Plant::default();
    if datapoints == 1 {
        plant.total = Some(Meter::numbered(number).power);
    } else {
        let Plant { m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, .. } = &mut plant;
        for meter in [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9].into_iter().take(datapoints / 10) {
            *meter = Some(Meter::numbered(number));
        }
    }
    let text = serde_json::to_value(&plant).unwrap_or_default();
    let mut line = without_null(&text).to_string();
    line.push('\n');
    line
}

fn without_null(plant: &serde_json::Value) -> serde_json::Value {
    let members = plant.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    members.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Returns the same message with additional text of this size, which is not a datapoint of the plant.
pub(crate) fn padded(line: &str, bytes: usize) -> String {
    if bytes == 0 {
        return line.to_owned();
    }
    format!(r#"{{"note":"{}",{}"#, "x".repeat(bytes), line.trim_start_matches('{'))
}

/// Returns a message with this number of datapoints outside the plant.
pub(crate) fn others(count: usize) -> String {
    let mut line = "{".to_owned();
    for index in 0..count {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(line, r#"{comma}"other_{index}":{index}.5"#);
    }
    line.push_str("}\n");
    line
}

/// The keys of such a plant.
fn keys(datapoints: usize) -> Vec<String> {
    if datapoints == 1 {
        return vec!["total".to_owned()];
    }
    let meter = serde_json::to_value(Meter::default()).unwrap_or_default();
    let fields: Vec<_> = meter.as_object().into_iter().flat_map(|m| m.keys()).cloned().collect();
    let of_meter = |meter| fields.iter().map(move |field| format!("m{meter}__{field}"));
    (0..datapoints / 10).flat_map(of_meter).collect()
}

/// Returns the topic of a sensor.
pub(crate) fn topic(name: &str, index: usize) -> String {
    format!("{name}/messages/{index}/value")
}

/// The datapoint map that selects the plant, and the first of the [`others`].
pub(crate) fn map(name: &str, datapoints: usize, others: usize) -> String {
    let others = (0..others).map(|index| format!("other_{index}"));
    let keys = keys(datapoints).into_iter().chain(others).enumerate();
    let sensors: serde_json::Map<_, _> =
        keys.map(|(index, key)| (key, topic(name, index).into())).collect();
    json!({ "sensor": sensors, "actuator": { setpoint(name): "setpoint" } }).to_string()
}

/// Returns the topic of its commands.
pub(crate) fn setpoint(name: &str) -> String {
    format!("{name}/messages/setpoint/value")
}
