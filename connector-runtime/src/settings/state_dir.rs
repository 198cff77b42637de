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

/// The maximum number of bytes of a file name, of all file systems in common use.
const LONGEST: usize = 255;

/// The longest of the endings of these files: that of a damaged spool.
const ENDING: &str = ".corrupt-1700000000000";

/// Checks that the file names of a connector are not too long.
pub(crate) fn check(connector: &str) -> Result<(), String> {
    let (length, most) = (file_name(connector).len(), LONGEST - ENDING.len());
    if length <= most {
        return Ok(());
    }
    Err(format!(
        "SPOOL_DIR is set, but CONNECTOR_NAME is too long for the names of the files there: shorten it by {} \
         bytes, where each byte except A-Z, a-z, 0-9, `-` and `_` counts three times, or unset SPOOL_DIR",
        length - most
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_fits_has_file_names_that_fit() {
        for (name, is_valid) in [
            ("x".repeat(233), true),
            ("x".repeat(234), false),
            ("é".repeat(38), true),
            ("é".repeat(39), false),
        ] {
            assert_eq!(check(&name).is_ok(), is_valid, "{name}");
            assert_eq!((file_name(&name) + ENDING).len() <= LONGEST, is_valid);
        }
    }
}
