//! Comparison with an earlier replay.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Write,
    io::BufRead,
    iter,
};

use anyhow::Context;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{cli::work, error::Result, raw::archive::next_line};

/// A line of a replay.
#[derive(Deserialize)]
struct Line<'a> {
    timestamp: i64,
    key: String,
    #[serde(borrow)]
    value: &'a RawValue,
}

/// Prints the values that were added, removed or changed. Returns whether there are none.
pub(super) fn compare(mut earlier: impl BufRead, now: &[String]) -> Result<bool> {
    let lines = iter::from_fn(|| next_line(&mut earlier).transpose());
    let lines = lines.map(|line| Ok(String::from_utf8(line?)?));
    let earlier: Vec<_> = lines.collect::<Result<_>>().context("cannot read the earlier replay")?;
    let text = difference(&earlier, now)?;
    if text.is_empty() {
        let (count, s) = (now.len(), if now.len() == 1 { "" } else { "s" });
        work::note(format_args!("no differences in {count} value{s}"));
    }
    work::print(&text)?;
    Ok(text.is_empty())
}

/// Returns the differences line by line, like `diff`: `-` for old values, `+` for new ones. Values are
/// compared by timestamp and key.
fn difference(earlier: &[String], now: &[String]) -> Result<String> {
    let mut before = HashMap::<(i64, String), VecDeque<&str>>::new();
    for (number, line) in (1..).zip(earlier) {
        let Line { timestamp, key, value } = serde_json::from_str(line)
            .with_context(|| format!("line {number} of the earlier replay is invalid"))?;
        before.entry((timestamp, key)).or_default().push_back(value.get());
    }
    let mut text = String::new();
    for line in now {
        let Line { timestamp, key, value } = serde_json::from_str(line)?;
        let old = before.get_mut(&(timestamp, key.clone())).and_then(VecDeque::pop_front);
        if old == Some(value.get()) {
            continue;
        }
        if let Some(old) = old {
            let _ = writeln!(text, "-{timestamp} {key} {old}");
        }
        let _ = writeln!(text, "+{timestamp} {key} {value}");
    }
    let mut gone: Vec<_> = before.into_iter().filter(|(_, values)| !values.is_empty()).collect();
    gone.sort_unstable();
    for ((timestamp, key), values) in gone {
        for value in values {
            let _ = writeln!(text, "-{timestamp} {key} {value}");
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(timestamp: i64, key: &str, value: &str) -> String {
        format!(r#"{{"timestamp":{timestamp},"key":"{key}","value":{value}}}"#)
    }

    #[test]
    fn added_removed_and_changed_values_are_printed() {
        let earlier =
            [line(1, "a", "1.0"), line(1, "b", "2"), line(2, "a", "3"), line(2, "a", "4")];
        let now = [line(1, "a", "1.5"), line(2, "a", "3"), line(2, "a", "4"), line(2, "c", "null")];
        let expected = "-1 a 1.0\n+1 a 1.5\n+2 c null\n-1 b 2\n";
        assert_eq!(difference(&earlier, &now).unwrap(), expected);
        assert_eq!(difference(&earlier, &earlier).unwrap(), "");
        let error = difference(&["x".to_owned()], &now).unwrap_err().to_string();
        assert!(error.contains("line 1"), "{error}");
    }
}
