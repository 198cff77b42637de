//! The readings of the Solar API, with the names in its document.

#![allow(non_snake_case, clippy::struct_field_names, reason = "the document names them so")]

use std::collections::BTreeMap;

use connector_runtime::prelude::*;
use serde_json::{Map, Value};

/// All readings; each answer of the device contains some of them.
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

/// The measurements of several devices, by their id.
type Devices = BTreeMap<String, Channels>;

/// The measurements of a device, which depend on its model.
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
    /// Other members, of this or a later version of the API.
    #[serde(flatten)]
    others: Channels,
}

/// If the device no longer has a value it sends null, and the sensor publishes null. Otherwise the last
/// power of the day would remain all night.
#[derive(Serialize, Deserialize, Datapoints)]
struct Powers {
    /// Output of inverter 1.
    P: Option<f64>,
    /// Output of the panels.
    #[datapoint(null)]
    P_PV: Option<f64>,
    /// Power from the grid; negative if it is fed in.
    #[datapoint(null)]
    P_Grid: Option<f64>,
    /// Consumption, as a negative number.
    #[datapoint(null)]
    P_Load: Option<f64>,
    /// Power from the battery; negative while it is charged.
    #[datapoint(null)]
    P_Akku: Option<f64>,
}

#[derive(Serialize, Deserialize, Datapoints)]
struct Shares {
    /// State of charge of the battery.
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

/// The power flow as the device sends it.
#[derive(Deserialize)]
pub(crate) struct PowerFlow {
    Site: Channels,
    Inverters: Devices,
}

impl PowerFlow {
    /// Values of the site take precedence over those of inverter 1.
    pub(crate) fn readings(self) -> Result<Readings> {
        let Self { Site: site, mut Inverters } = self;
        let mut channels = Inverters.remove("1").unwrap_or_default();
        channels.extend(site);
        let site =
            serde_json::from_value(channels.into()).context("the site is not as expected")?;
        Ok(Readings { site: Some(site), Inverters, ..Readings::default() })
    }
}
