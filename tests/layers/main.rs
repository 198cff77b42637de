//! The layers of the two crates: each folder uses only those listed before it in the "Layout" section of its
//! `lib.rs`, and no two files use each other, directly or through others.
//!
//! The test reads `use` declarations and bare paths, and follows re-exports to the file of the item. Code
//! for tests is left out.

mod graph;
mod paths;
mod planted;
mod size;
mod source;

use std::path::{Path, PathBuf};

use self::{graph::Graph, source::Crate};

/// A folder of this repository.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

fn faults(sources: &Path) -> Vec<String> {
    let graph = Graph::of(&Crate::read(sources));
    [graph.upward_imports(), graph.circles()].concat()
}

fn assert_layered(name: &str) {
    let faults = faults(&folder(name).join("src"));
    assert!(faults.is_empty(), "{name}:\n{}", faults.join("\n"));
}

#[test]
fn the_runtime_is_layered() {
    assert_layered("connector-runtime");
}

#[test]
fn the_macros_are_layered() {
    assert_layered("connector-macros");
}

/// State machines have no I/O and no clock, so that they can be put through thousands of histories.
#[test]
fn the_protocol_and_the_outbox_know_no_tokio() {
    let runtime = Crate::read(&folder("connector-runtime").join("src"));
    let is_state_machine = |file: &str| {
        file.starts_with("bus/protocol")
            || (file.starts_with("outbox/") && file != "outbox/spool/running.rs")
    };
    let machines: Vec<_> = runtime.files().filter(|(file, _)| is_state_machine(file)).collect();
    assert!(machines.len() > 10, "they have moved: {machines:?}");
    for (file, module) in machines {
        assert!(!module.external.contains("tokio"), "{file} uses tokio");
    }
}
