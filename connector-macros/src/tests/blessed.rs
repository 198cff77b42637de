//! Files that a test compares: `BLESS=1 cargo test -p connector-macros` writes them anew.

use std::{env, fs, path::Path};

/// The fault of a file that should have this text. With `BLESS` there is none: the file is written.
pub(super) fn fault(path: &Path, text: &str) -> Option<String> {
    if env::var_os("BLESS").is_some() {
        fs::write(path, text).unwrap();
        return None;
    }
    let is_same = fs::read_to_string(path).is_ok_and(|recorded| recorded == text);
    (!is_same).then(|| format!("{} should now be:\n{text}", path.display()))
}

/// Fails with all of these.
pub(super) fn assert_none(faults: impl IntoIterator<Item = String>) {
    let faults: Vec<_> = faults.into_iter().collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
