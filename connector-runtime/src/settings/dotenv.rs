//! `.env` files, parsed like `python-dotenv`, which BEMCom's Python Connector Template uses.
//!
//! A line is `NAME=value`, optionally with `export` before it. A value can be in single quotes, which
//! preserve it, or in double quotes, with the escapes `\n`, `\t`, `\r`, `\"` and `\\`. Both can span
//! several lines. A value without quotes ends at the end of the line or before ` #`. `${NAME}` is
//! replaced by the value of a variable, except in single quotes.

use std::collections::HashMap;

/// The maximum length of all values together in bytes, because a few lines that each double the previous one
/// would fill the memory.
const MAX_VALUES: usize = 1 << 20;

/// Returns the variables of a file in their order. `outer` resolves references to variables outside of
/// the file, which take precedence. An error names the line.
pub(super) fn parse(
    text: &str,
    outer: impl Fn(&str) -> Option<String>,
) -> Result<Vec<(String, String)>, String> {
    let mut variables: Vec<(String, String)> = Vec::new();
    let mut last: HashMap<String, usize> = HashMap::new();
    let (mut room, mut number, mut counted) = (MAX_VALUES, 1, 0);
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        let assignment = line.trim_start().strip_prefix("export ").unwrap_or(line);
        let Some((name, _)) = assignment.split_once('=').filter(|_| !line.starts_with('#')) else {
            rest = after.trim_start();
            continue;
        };
        let here = text.len() - rest.len();
        number += text[counted..here].matches('\n').count();
        counted = here;
        let name = name.trim();
        if name.is_empty() {
            return Err(format!("line {number}: the name before `=` is missing"));
        }
        let start = rest.find('=').map_or(rest.len(), |equals| equals + 1);
        let (value, after) = value(rest[start..].trim_start_matches([' ', '\t']))
            .ok_or_else(|| format!("line {number}: the closing quote of {name} is missing"))?;
        let find = |name: &str| {
            let earlier = || last.get(name).map(|&index| variables[index].1.clone());
            outer(name).or_else(earlier).unwrap_or_default()
        };
        let value = match value {
            Value::AsItIs(text) => text,
            Value::Expanded(text) => expand(&text, find, room).ok_or_else(|| {
                format!(
                    "line {number}: with the value of {name}, all values together are longer than {MAX_VALUES} bytes"
                )
            })?,
        };
        room = room.saturating_sub(value.len());
        last.insert(name.to_owned(), variables.len());
        variables.push((name.to_owned(), value));
        rest = after.trim_start();
    }
    Ok(variables)
}

enum Value {
    AsItIs(String),
    Expanded(String),
}

/// Returns a value and the text after its line, or `None` if the closing quote is missing.
fn value(text: &str) -> Option<(Value, &str)> {
    let Some(quote @ ('\'' | '"')) = text.chars().next() else {
        let (line, after) = split_line(text);
        let end = line.find(" #").unwrap_or(line.len());
        return Some((Value::Expanded(line[..end].trim().to_owned()), after));
    };
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => {
                let (_, after) = split_line(&text[at + 1..]);
                let value =
                    if quote == '"' { Value::Expanded(value) } else { Value::AsItIs(value) };
                return Some((value, after));
            }
            '\\' => match (quote, chars.next()?.1) {
                ('"', 'n') => value.push('\n'),
                ('"', 't') => value.push('\t'),
                ('"', 'r') => value.push('\r'),
                (_, c) if c == quote || c == '\\' => value.push(c),
                (_, c) => value.extend(['\\', c]),
            },
            c => value.push(c),
        }
    }
    None
}

fn split_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// Replaces `${NAME}`. Returns `None` if the result is longer than `max` bytes.
fn expand(text: &str, find: impl Fn(&str) -> String, max: usize) -> Option<String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        expanded.push_str(before);
        expanded.push_str(&find(name));
        rest = after;
        if expanded.len() > max {
            return None;
        }
    }
    expanded.push_str(rest);
    (expanded.len() <= max).then_some(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(text: &str) -> Vec<(String, String)> {
        parse(text, |name| (name == "OUTER").then(|| "outer".to_owned())).unwrap()
    }

    #[test]
    fn files_are_parsed_like_python_dotenv() {
        let text = r#"
# comment = no
A=1
  export B = two words # comment
C='a # ${A} \n \' b' # comment
D="x\ny \"${A}\"
second line"
E=
no assignment
F={"json": "text", "list": [1]}
G=${A}${B}-${OUTER}-${NOBODY}-${
A=2"#;
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "a # ${A} \\n ' b"),
            ("D", "x\ny \"1\"\nsecond line"),
            ("E", ""),
            ("F", r#"{"json": "text", "list": [1]}"#),
            ("G", "1two words-outer--${"),
            ("A", "2"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(variables(text), expected);
        assert_eq!(variables(&text.replace('\n', "\r\n")).len(), expected.len());
    }

    #[test]
    fn errors_name_the_line() {
        let error = |text| parse(text, |_| None).unwrap_err();
        assert_eq!(error("A=1\n\n=2"), "line 3: the name before `=` is missing");
        assert_eq!(error("A=1\nB='x\n"), "line 2: the closing quote of B is missing");
        let double = |i| format!("A{}=${{A{i}}}${{A{i}}}\n", i + 1);
        let doubled = "A0=ha\n".to_owned() + &(0..64).map(double).collect::<String>();
        let expected =
            "line 20: with the value of A19, all values together are longer than 1048576 bytes";
        assert_eq!(error(&doubled), expected);
    }

    #[test]
    fn a_large_file_is_parsed_in_linear_time() {
        let start = std::time::Instant::now();
        assert_eq!(variables(&"A=\n".repeat(300_000)).len(), 300_000);
        let line = |i: usize| format!("A{i}=${{A{}}}\n", i.saturating_sub(1));
        let text: String = (0..50_000).map(line).collect();
        assert_eq!(variables(&text).len(), 50_000);
        // In quadratic time, this takes minutes.
        assert!(start.elapsed().as_secs() < 30);
        let references = format!("A=x\nB={}\n", "${A}".repeat(200_000));
        assert_eq!(variables(&references)[1].1.len(), 200_000);
    }
}
