//! Files that a connector stores for itself.

use std::fmt::Write;

/// Returns the beginning of a file name, which is unique for each connector name.
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
