//! How much a test tries: little enough to wait for, or all of it.

use std::env;

/// A number of cases: what a variable says, otherwise all of them where `CI` is set, and elsewhere a few.
pub fn cases(variable: &str, few: u32, all: u32) -> u32 {
    match env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable}={text} is not a number")),
        Err(_) if env::var_os("CI").is_some() => all,
        Err(_) => few,
    }
}
