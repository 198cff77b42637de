//! A docker-compose.yml of the connector and a broker. A variable that is set in the shell, or in `.env`
//! beside the file, reaches the connector.

use std::fmt::Write;

use crate::cli::describe::{manifest::Manifest, variables::Variable};

/// Where the broker of the file is.
const BROKER: &str = "mosquitto";

/// A folder that the image of the starter kit has, with its own user as the owner.
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
  # For a try. A broker for others wants users and TLS.
  {BROKER}:
    image: eclipse-mosquitto:2
    restart: unless-stopped
    command: mosquitto -c /mosquitto-no-auth.conf
    ports: [\"127.0.0.1:1883:1883\"]

volumes:
  # What waits for the broker survives a crash here.
  spool:
"
    );
    text
}

/// The variable from the shell, or else its default; compose reads `$$` as one `$`.
fn value(variable: &Variable) -> Option<String> {
    let name = variable.name.as_deref()?;
    let escaped = |text: &str| text.replace('\\', r"\\").replace('"', "\\\"").replace('$', "$$");
    let default = match (name, &variable.default) {
        ("MQTT_BROKER_HOST", _) => BROKER.to_owned(),
        // The image sets it, and its health check asks there.
        ("HEALTH_ADDR", _) => return Some("${HEALTH_ADDR:-8080}".to_owned()),
        ("CONNECTOR_NAME", Some(name)) => escaped(name),
        ("SPOOL_DIR", _) => SPOOL.to_owned(),
        (_, None) if variable.is_required => {
            return Some(format!("${{{name}:?{}}}", escaped(&variable.help).replace('}', ")")));
        }
        // Empty counts as not set: then the connector has its own default, which may depend on others.
        _ => String::new(),
    };
    Some(format!("${{{name}:-{default}}}"))
}
