//! An `.env.example`: required settings are empty, others are comments with their default.

use std::fmt::Write;

use crate::cli::describe::manifest::Manifest;

pub(super) fn of(manifest: &Manifest) -> String {
    let mut text = format!(
        "# Settings of {}. Copy this file to .env. Settings that begin with `#` have their default.\n\
         # Instead of a variable NAME you can set NAME_FILE to the path of a file that contains the value.\n",
        manifest.name
    );
    for variable in &manifest.variables {
        let Some(name) = &variable.name else { continue };
        text.push('\n');
        for line in variable.help.lines() {
            let _ = writeln!(text, "# {line}");
        }
        let comment = if variable.is_required { "" } else { "#" };
        let shown = variable.default.as_deref().filter(|_| !variable.is_secret);
        let default = shown.unwrap_or_default();
        let _ = writeln!(text, "{comment}{name}={}", quoted(default));
    }
    text
}

/// Formats a value for a `.env` file: plain, or in single quotes, within which only `'` and `\` are
/// escaped.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:,@%+".contains(c);
    if value.chars().all(is_plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\\', r"\\").replace('\'', r"\'"))
    }
}
