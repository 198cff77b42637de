//! Structs of every shape that settings can have.
use connector_runtime::{Settings, prelude::*};

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

fn main() {
    assert_eq!(inner::Unit::NAME, env!("CARGO_PKG_NAME"));
    assert_eq!(Empty::ABOUT, env!("CARGO_PKG_DESCRIPTION"));
    assert_eq!(Secret::ABOUT, "A block comment.");
    let secret = Secret { r#type: 1, state: Default::default() };
    assert!(secret.r#type == 1 && secret.state.lock().unwrap().is_empty());
}
