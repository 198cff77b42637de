//! The folder in which a connector keeps files of its own.

use std::fmt::Write;

/// The beginning of a file's name, which differs where connectors' names do.
pub(crate) fn file_name(connector: &str) -> String {
    let mut file = String::new();
    for byte in connector.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_".contains(&byte) {
            file.push(byte.into());
        } else {
            let _ = write!(file, "%{byte:02x}");
        }
    }
    file
}
