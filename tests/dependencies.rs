//! What `deny.toml` says of licences and sources, for where cargo-deny is not installed.

use std::fs;

use serde_json::Value;
use support::at_the_root;

/// Whether an SPDX expression without parentheses within alternatives allows what we may use.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let plain = expression.replace('/', " OR ").replace(['(', ')'], "");
    let is_known = |part: &str| {
        let licence = part.split(" WITH ").next().unwrap_or_default().trim();
        allowed.contains(&licence)
    };
    if expression.contains('(') {
        // An alternative within a conjunction: each of its parts has to offer something.
        return plain.split(" AND ").all(|part| part.split(" OR ").any(is_known));
    }
    plain.split(" OR ").any(|alternative| alternative.split(" AND ").all(is_known))
}

#[test]
fn dependencies_have_licences_and_sources_that_are_allowed() {
    let deny = fs::read_to_string("../deny.toml").expect("it is beside Cargo.toml");
    let allowed = deny.lines().find_map(|line| line.strip_prefix("allow = [")).expect("licences");
    let allowed: Vec<_> = allowed.split('"').skip(1).step_by(2).collect();
    let arguments = ["metadata", "--locked", "--format-version", "1", "--filter-platform"];
    let output = at_the_root("cargo").args(arguments).arg("x86_64-unknown-linux-gnu").output();
    let output = output.expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for package in metadata["packages"].as_array().expect("packages") {
        let licence = package["license"].as_str().unwrap_or("none");
        assert!(is_allowed(licence, &allowed), "{}: {licence}", package["id"]);
        // What is in this repository has no source.
        let source = package["source"].as_str().unwrap_or_default();
        let is_known = ["", "registry+https://github.com/rust-lang/crates.io-index"];
        assert!(is_known.contains(&source), "{}: {source}", package["id"]);
    }
}
