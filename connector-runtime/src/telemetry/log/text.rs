//! The text of a log message: an event as one line that is safe to store and print.

use std::{
    borrow::Cow,
    fmt::{self, Write},
};

use tracing::{
    Event,
    field::{Field, Visit},
};

/// Longer messages are truncated.
const MAX_BYTES: usize = 4096;

/// No more than this is formatted of a message, and of its fields. It is more than [`MAX_BYTES`], so that
/// the login of an address is recognized as such before the text is truncated.
const MAX_FORMATTED: usize = 2 * MAX_BYTES;

/// A field with this name is not part of the text. It names the source or actuator that a message is about.
const SUBJECT: &str = "limit.subject";

/// The text of an event.
#[derive(Default)]
pub(super) struct Text {
    message: Limited,
    fields: Limited,
    /// The source or actuator that the event names as its subject, or an empty text.
    pub(super) subject: String,
}

/// Text that ignores everything after its first bytes.
#[derive(Default)]
struct Limited(String);

impl Text {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let mut text = Self::default();
        event.record(&mut text);
        text
    }

    /// The message of the event, followed by its fields as ` name=value`.
    pub(super) fn line(&self) -> String {
        let Self { message: Limited(message), fields: Limited(fields), .. } = self;
        cut(one_line(&without_logins(&[&**message, fields].concat())))
    }
}

/// Truncates a text that is too long for a log message.
pub(super) fn cut(mut line: String) -> String {
    if line.len() > MAX_BYTES {
        line.truncate(line.floor_char_boundary(MAX_BYTES));
        line.push_str(" ..");
    }
    line
}

/// Escapes characters that could imitate another line or another text: line breaks, control characters,
/// and marks that change the direction of writing.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                line.extend(c.escape_default());
            }
            c if c.is_control() => line.extend(c.escape_default()),
            c => line.push(c),
        }
    }
    line
}

/// Replaces user and password in addresses like `http://user:password@host` by `***`.
pub(crate) fn without_logins(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return text.into();
    }
    let (mut shown, mut rest) = (String::new(), text);
    while let Some(scheme) = rest.find("://") {
        let (before, after) = rest.split_at(scheme + "://".len());
        shown.push_str(before);
        rest = after;
        let is_end = |c: char| c.is_whitespace() || "/\"'`<>".contains(c);
        let host = &after[..after.find(is_end).unwrap_or(after.len())];
        if let Some(login) = host.rfind('@') {
            shown.push_str("***");
            rest = &after[login..];
        }
    }
    (shown + rest).into()
}

/// Replaces logins in the value of a setting by `***`: in addresses, and everything up to the last `@`
/// elsewhere, as in `user:password@host`.
pub(crate) fn setting_without_login(value: &str) -> Cow<'_, str> {
    let shown = without_logins(value);
    let is_login = |at: &usize| !shown[..*at].ends_with("://***");
    match shown.match_indices('@').map(|(at, _)| at).rfind(is_login) {
        Some(at) => format!("***{}", &shown[at..]).into(),
        None => shown,
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // `Limited` never returns an error.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == SUBJECT {
            value.clone_into(&mut self.subject);
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let _ = write!(self.fields, " {}={value}", field.name());
        let mut source = value.source();
        while let Some(cause) = source {
            let _ = write!(self.fields, ": {cause}");
            source = cause.source();
        }
    }
}

impl Write for Limited {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_FORMATTED.saturating_sub(self.0.len());
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_imitate_another_line() {
        let deceptive = "a\0\r\n2026 INFO b\t\u{1b}[31m\u{7f}\u{9b}";
        assert_eq!(one_line(deceptive), r"a\u{0}\r\n2026 INFO b\t\u{1b}[31m\u{7f}\u{9b}");
        for c in
            "\u{202a}\u{202e}\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}\u{2028}\u{2029}\u{85}".chars()
        {
            assert_eq!(one_line(&c.to_string()), c.escape_default().to_string());
        }
        let harmless = "21.5 °C, 温度, \"π\", شمس, 👍🏽 \\n";
        assert_eq!(one_line(harmless), harmless);
    }

    #[test]
    fn the_login_of_an_address_is_hidden() {
        for (text, shown) in [
            ("no http://host/a@b here", "no http://host/a@b here"),
            ("a mqtt://me:hunter2@host:1, b", "a mqtt://***@host:1, b"),
            ("\"http://hun:te@r2@a\" 'x://hunter2@b'", "\"http://***@a\" 'x://***@b'"),
            ("://://@", "://://***@"),
        ] {
            assert_eq!(without_logins(text), shown);
        }
    }

    #[test]
    fn the_login_in_a_setting_is_hidden() {
        for (value, shown) in [
            ("broker", "broker"),
            ("http://host:1/path", "http://host:1/path"),
            ("me:hunter2@broker", "***@broker"),
            ("me:h@nt,r 2@broker", "***@broker"),
            ("http://me:hun/ter2@host", "***@host"),
            ("a://me:hunter2@b,c://me:hunter2@d", "a://***@b,c://***@d"),
            (r#"{"a":"me:hunter2@b","c":"d://e:hunter2@f"}"#, r#"***@b","c":"d://***@f"}"#),
        ] {
            assert_eq!(setting_without_login(value), shown);
        }
    }
}
