//! Bad inputs, each with a name: whatever comes from the bus, the device, the broker or the operator,
//! the connector refuses it, counts it, and goes on.
//!
//! `cargo test --test bad_inputs` needs `mosquitto`. Each file has the inputs
//! of one door, and what is to become of each. After each group a good map, a good frame and a good
//! command still pass.

mod bench;
mod commands;
mod configuration;
mod documents;
mod frames;
mod logs;
mod maps;
mod packets;

use std::collections::HashSet;

/// There are to be so many.
const AT_LEAST: usize = 400;

#[test]
fn there_are_enough_of_them_and_each_has_a_name_of_its_own() {
    let groups = [
        ("maps", maps::names()),
        ("commands", commands::names()),
        ("frames", frames::names()),
        ("configuration", configuration::names()),
        ("logs", logs::names()),
        ("packets", packets::names()),
    ];
    for (group, names) in &groups {
        let different: HashSet<_> = names.iter().collect();
        assert_eq!(different.len(), names.len(), "a name in {group} is there twice");
        println!("{group}: {} bad inputs", names.len());
    }
    let count: usize = groups.iter().map(|(_, names)| names.len()).sum();
    println!("{count} bad inputs");
    assert!(count >= AT_LEAST, "only {count}");
}
