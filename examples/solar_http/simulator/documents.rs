//! The documents of a hybrid inverter about itself, its meter and its storage, as a GEN24 sends them.

use serde_json::{Value, json};

use super::power::Power;

pub(super) fn power_flow(power: Power) -> Value {
    let Power { produced, from_battery, consumed, charge } = power;
    let fed_in = produced + from_battery;
    json!({
        "Inverters": {
            "1": {"Battery_Mode": "normal", "DT": 1, "E_Day": null, "E_Total": 1_512_000.5,
                "E_Year": null, "P": fed_in, "SOC": charge},
        },
        "SecondaryMeters": {},
        "Site": {"BackupMode": false, "BatteryStandby": false, "E_Day": null,
            "E_Total": 1_512_000.5, "E_Year": null, "Meter_Location": "grid",
            "Mode": "bidirectional", "P_Akku": from_battery, "P_Grid": consumed - fed_in,
            "P_Load": -consumed, "P_PV": produced, "rel_Autonomy": 100.0,
            "rel_SelfConsumption": 35.0},
        "Smartloads": {"OhmpilotEcos": {}, "Ohmpilots": {}},
        "Version": "13",
    })
}

pub(super) fn inverter(power: Power) -> Value {
    let fed_in = power.produced + power.from_battery;
    let quantity = |value: f64, unit| json!({"Unit": unit, "Value": value});
    json!({
        "DAY_ENERGY": {"Unit": "Wh", "Value": null},
        "DeviceStatus": {"ErrorCode": 0, "InverterState": "Running", "StatusCode": 7},
        "FAC": quantity(50.02, "Hz"),
        "IAC": quantity(fed_in / 234.5, "A"),
        "IDC": quantity(power.produced / 500.0, "A"),
        "PAC": quantity(fed_in, "W"),
        "SAC": quantity(fed_in.abs(), "VA"),
        "TOTAL_ENERGY": quantity(1_512_000.5, "Wh"),
        "UAC": quantity(234.5, "V"),
        "UDC": quantity(500.0, "V"),
        "YEAR_ENERGY": {"Unit": "Wh", "Value": null},
    })
}

pub(super) fn meter(power: Power) -> Value {
    let from_grid = power.consumed - power.produced - power.from_battery;
    json!({
        "Details": {"Manufacturer": "Fronius", "Model": "Smart Meter TS 65A-3", "Serial": "1234"},
        "Enable": 1,
        "EnergyReal_WAC_Sum_Consumed": 941_840,
        "EnergyReal_WAC_Sum_Produced": 4_075_753,
        "Frequency_Phase_Average": 50,
        "Meter_Location_Current": 0,
        "PowerReal_P_Sum": from_grid,
        "TimeStamp": 1_781_355_130,
        "Visible": 1,
        "Voltage_AC_Phase_1": 232.6,
    })
}

pub(super) fn storage(power: Power) -> Value {
    json!({
        "Controller": {
            "Capacity_Maximum": 11_520,
            "Current_DC": -power.from_battery / 462.5,
            "DesignedCapacity": 11_520,
            "Details": {"Manufacturer": "BYD", "Model": "BYD Battery-Box HV", "Serial": "5678"},
            "Enable": 1,
            "StateOfCharge_Relative": power.charge,
            "Status_BatteryCell": 3,
            "Temperature_Cell": 23.95,
            "TimeStamp": 1_781_355_143,
            "Voltage_DC": 462.5,
        },
        "Modules": [],
    })
}
