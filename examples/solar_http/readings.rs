//! What the Solar API measures, under the names that its document gives.

#![allow(non_snake_case, clippy::struct_field_names, reason = "the document names them so")]

use std::collections::BTreeMap;

use connector_runtime::prelude::*;
use serde_json::{Map, Value};

/// Each answer of the device fills some of them.
#[derive(Serialize, Datapoints, Default)]
pub(crate) struct Readings {
    #[serde(flatten)]
    pub(crate) site: Option<Site>,
    /// Inverters of the site other than 1.
    pub(crate) Inverters: Devices,
    pub(crate) Inverter: Channels,
    pub(crate) Meters: Devices,
    pub(crate) Storages: Devices,
}

/// What devices measure, by their id.
type Devices = BTreeMap<String, Channels>;

/// What a device measures. That depends on its model.
pub(crate) type Channels = Map<String, Value>;

/// The power flow of the site and of inverter 1.
#[derive(Serialize, Deserialize, Datapoints)]
pub(crate) struct Site {
    Mode: Option<String>,
    Meter_Location: Option<String>,
    BackupMode: Option<bool>,
    BatteryStandby: Option<bool>,
    Battery_Mode: Option<String>,
    #[serde(flatten)]
    #[datapoint(unit = "W")]
    powers: Powers,
    #[serde(flatten)]
    #[datapoint(unit = "%")]
    shares: Shares,
    #[serde(flatten)]
    #[datapoint(unit = "Wh")]
    energies: Energies,
    /// What else there is in this or a later version of the API.
    #[serde(flatten)]
    others: Channels,
}

/// Where the device has no value any more it says null, and so do the sensors: the night would keep the
/// last power of the day.
#[derive(Serialize, Deserialize, Datapoints)]
struct Powers {
    /// What inverter 1 feeds in.
    P: Option<f64>,
    /// What the panels produce.
    #[datapoint(null)]
    P_PV: Option<f64>,
    /// From the grid; negative where it goes there.
    #[datapoint(null)]
    P_Grid: Option<f64>,
    /// What is consumed, as a negative number.
    #[datapoint(null)]
    P_Load: Option<f64>,
    /// Out of the battery; negative while it is charged.
    #[datapoint(null)]
    P_Akku: Option<f64>,
}

#[derive(Serialize, Deserialize, Datapoints)]
struct Shares {
    /// How full the battery is.
    SOC: Option<f64>,
    rel_SelfConsumption: Option<f64>,
    rel_Autonomy: Option<f64>,
}

#[derive(Serialize, Deserialize, Datapoints)]
struct Energies {
    E_Day: Option<f64>,
    E_Year: Option<f64>,
    E_Total: Option<f64>,
}

/// The power flow as the device has it.
#[derive(Deserialize)]
pub(crate) struct PowerFlow {
    Site: Channels,
    Inverters: Devices,
}

impl PowerFlow {
    /// The values of the site go before those of inverter 1.
    pub(crate) fn readings(self) -> Result<Readings> {
        let Self { Site: site, mut Inverters } = self;
        let mut channels = Inverters.remove("1").unwrap_or_default();
        channels.extend(site);
        let site =
            serde_json::from_value(channels.into()).context("the site is not as expected")?;
        Ok(Readings { site: Some(site), Inverters, ..Readings::default() })
    }
}
