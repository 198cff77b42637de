//! Whether tests with mosquitto can run: sets `has_mosquitto`, without which they are ignored.
//!
//! And a connector of the tests with one field renamed: its documents have to differ.

use std::{env, fs, path::PathBuf};

const PLANT: &str = "contract/plant.rs";

fn main() {
    rename_fields();
    println!("cargo::rustc-check-cfg=cfg(has_mosquitto)");
    println!("cargo::rerun-if-env-changed=PATH");
    // Debian puts the broker where only root's `PATH` leads.
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).collect();
    let find = |program: &str| {
        folders.iter().map(|folder| folder.join(program)).find(|program| program.is_file())
    };
    let programs = ["mosquitto", "mosquitto_pub", "mosquitto_sub"].map(find);
    for program in programs.iter().flatten() {
        println!("cargo::rerun-if-changed={}", program.display());
    }
    if programs.iter().all(Option::is_some) {
        println!("cargo::rustc-cfg=has_mosquitto");
    } else {
        // A file that does not exist: look again each time.
        println!("cargo::rerun-if-changed=no/such/file");
        println!(
            "cargo::warning=tests with mosquitto are ignored: install mosquitto and mosquitto-clients"
        );
    }
}

/// Renames one field of the readings, and one of the settings.
fn rename_fields() {
    println!("cargo::rerun-if-changed={PLANT}");
    let plant = fs::read_to_string(PLANT).expect("a connector");
    let lines: Vec<_> = plant.lines().filter(|line| !line.starts_with("//!")).collect();
    let renamed = lines.join("\n").replace("charge: u8", "level: u8").replace("DEVICE_PIN", "PIN");
    assert!(renamed.contains("level: u8") && renamed.contains("\"PIN\""), "the fields are there");
    let folder = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(PathBuf::from(folder).join("changed_plant.rs"), renamed).expect("it can be written");
}
