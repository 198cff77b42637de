//! A docker-compose.yml with the connector and a broker. It passes on variables from the shell, or from a
//! `.env` file next to it.

use std::fmt::Write;

use crate::cli::describe::{manifest::Manifest, variables::Variable};

/// The host name of the broker.
const BROKER: &str = "mosquitto";

/// A folder in the image of the starter kit, owned by the image's user.
const SPOOL: &str = "/spool";

pub(super) fn of(manifest: &Manifest) -> String {
    let Manifest { name, variables, .. } = manifest;
    let mut text = format!(
        "services:
  {name}:
    image: ${{IMAGE:-{name}:latest}}
    restart: unless-stopped
    depends_on: [{BROKER}]
    read_only: true
    user: \"65532:65532\"
    cap_drop: [ALL]
    security_opt: [\"no-new-privileges:true\"]
    volumes: [\"spool:{SPOOL}\"]
    environment:
"
    );
    for variable in variables {
        if let Some(value) = value(variable) {
            let name = variable.shown();
            let _ = writeln!(text, "      {name}: \"{value}\"");
        }
    }
    let _ = write!(
        text,
        "
  # For trials. In production, use a broker with users and TLS.
  {BROKER}:
    image: eclipse-mosquitto:2
    restart: unless-stopped
    command: mosquitto -c /mosquitto-no-auth.conf
    ports: [\"127.0.0.1:1883:1883\"]

volumes:
  # Messages that wait for the broker survive a crash.
  spool:
"
    );
    text
}

/// The variable from the shell, or else its default. Compose reads `$$` as `$`.
fn value(variable: &Variable) -> Option<String> {
    let name = variable.name.as_deref()?;
    let escaped = |text: &str| text.replace('\\', r"\\").replace('"', "\\\"").replace('$', "$$");
    let default = match (name, &variable.default) {
        ("MQTT_BROKER_HOST", _) => BROKER.to_owned(),
        // The image sets it for its health check.
        ("HEALTH_ADDR", _) => return Some("${HEALTH_ADDR:-8080}".to_owned()),
        ("CONNECTOR_NAME", Some(name)) => escaped(name),
        ("SPOOL_DIR", _) => SPOOL.to_owned(),
        (_, None) if variable.is_required => {
            return Some(format!("${{{name}:?{}}}", escaped(&variable.help).replace('}', ")")));
        }
        // Empty counts as not set. The connector then uses its default, which may depend on other
        // settings.
        _ => String::new(),
    };
    Some(format!("${{{name}:-{default}}}"))
}
