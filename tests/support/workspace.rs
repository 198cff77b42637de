//! Commands as somebody gives them at the root of the workspace.

use std::{env, ffi::OsString, process::Command};

/// A program that starts at the root of the workspace, and for which cargo has what it has built for the
/// tests.
pub fn at_the_root(program: &str) -> Command {
    let this = env::current_exe().expect("a test has a path");
    let target = this.ancestors().nth(3).expect("target/<profile>/deps/<test>");
    let mut command = Command::new(program);
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    command.env("CARGO_TARGET_DIR", target);
    // What a test knows about its package is different from what a shell knows: dependencies that look at
    // it would be compiled again.
    let is_of_package = |name: &OsString| {
        let name = name.to_string_lossy();
        name == "OUT_DIR" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    };
    for (name, _) in env::vars_os().filter(|(name, _)| is_of_package(name)) {
        command.env_remove(name);
    }
    command
}
