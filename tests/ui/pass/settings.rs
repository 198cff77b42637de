//! Structs of every shape that settings can have.
#![deny(warnings)]

use connector_runtime::{ConnectorSettings, prelude::*};

mod inner {
    use connector_runtime::prelude::*;

    #[connector]
    pub(crate) struct Unit;
}

#[connector]
struct Empty {}

/** A block comment. */
#[connector()]
#[command(next_help_heading = "Device")]
struct Secret {
    /// The password, which no help shows.
    #[arg(long, env, hide_env_values = true, value_parser = clap::value_parser!(u16).range(1..))]
    r#type: u16,
    #[arg(skip)]
    state: std::sync::Mutex<Vec<u8>>,
}

#[connector]
struct FlatReadings {
    #[command(flatten)]
    all: FlatArguments,
}

#[derive(clap::Args)]
struct FlatArguments {
    #[arg(long)]
    url: String,
}

/// What is allowed here is not blamed anywhere else.
#[connector]
#[allow(non_snake_case)]
pub struct Old {
    #[arg(long)]
    pub baseUrl: String,
    #[deprecated]
    #[arg(long)]
    pub port: u16,
}

fn main() {
    assert_eq!(inner::Unit::NAME, env!("CARGO_PKG_NAME"));
    assert_eq!(Empty::ABOUT, env!("CARGO_PKG_DESCRIPTION"));
    assert_eq!(Secret::ABOUT, "A block comment.");
    assert_eq!(FlatReadings { all: FlatArguments { url: "a".to_owned() } }.all.url, "a");
    let secret = Secret { r#type: 1, state: Default::default() };
    assert!(secret.r#type == 1 && secret.state.lock().unwrap().is_empty());
}
