//! Keys and names, which become parts of MQTT topics.

use quote::ToTokens;
use syn::{Error, Expr, LitStr, Result};

use crate::syntax;

/// Checks that a key can be part of a topic, and of a longer key.
pub(crate) fn legal(key: &str, blamed: impl ToTokens) -> Result<()> {
    topic_part(key, &blamed, "key")?;
    nested(key, &blamed)
}

/// The key of the sensor for the state of the session.
pub(crate) fn state(expr: &Expr) -> Result<LitStr> {
    let message = "the key of a sensor is a text in quotes: `#[connect(state = \"connected\")]`";
    let key = syntax::text(expr).ok_or_else(|| Error::new_spanned(expr, message))?;
    legal(&key.value(), key)?;
    Ok(key.clone())
}

/// The name of a connector.
pub(crate) fn connector_name(expr: &Expr) -> Result<LitStr> {
    let message = "the name is a text in quotes: `#[connector(name = \"inverter\")]`";
    let name = syntax::text(expr).ok_or_else(|| Error::new_spanned(expr, message))?;
    topic_part(&name.value(), name, "name")?;
    Ok(name.clone())
}

fn topic_part(value: &str, blamed: impl ToTokens, what: &str) -> Result<()> {
    let message = if value.is_empty() {
        format!("the {what} is empty: it becomes part of an MQTT topic")
    } else if value.starts_with('$') {
        format!("the {what} begins with `$`, which MQTT reserves for brokers: choose another")
    } else if let Some(wrong) = value.chars().find(|&c| matches!(c, '+' | '#') || c.is_control()) {
        format!("the {what} contains {wrong:?}, which an MQTT topic cannot contain: choose another")
    } else {
        return Ok(());
    };
    Err(Error::new_spanned(blamed, message))
}

/// `__` joins the keys of nested readings, so there is a key on both of its sides.
fn nested(key: &str, blamed: impl ToTokens) -> Result<()> {
    if key.split("__").all(|part| !part.is_empty()) {
        return Ok(());
    }
    let message = "`__` joins two parts of a key, as in \"room_1__setpoint\": one of them is empty";
    Err(Error::new_spanned(blamed, message))
}
