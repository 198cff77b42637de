//! Whether tests with mosquitto can run: sets `has_mosquitto`, without which they are ignored.

use std::{env, path::PathBuf};

fn main() {
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
