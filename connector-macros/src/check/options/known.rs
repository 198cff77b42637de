//! The options that an attribute has, and hints for those that it does not have.

use syn::{Error, Ident, Result};

use super::spelling::is_close;
use crate::attr::{FORMS, Form, Opt};

/// Other names for options.
const SYNONYMS: [(&str, &str); 4] =
    [("min", "range"), ("max", "range"), ("values", "one_of"), ("interval", "every")];

/// The option with this name.
pub(super) fn known(form: &Form, name: &Ident) -> Result<&'static Opt> {
    let word = name.to_string();
    if let Some(option) = form.option(&word) {
        return Ok(option);
    }
    let meant = SYNONYMS.iter().find(|(other, _)| *other == word);
    if let Some(option) = meant.and_then(|(_, option)| form.option(option)) {
        let message = format!("unknown option `{word}`: write `{}`", option.example);
        return Err(Error::new_spanned(name, message));
    }
    let close = form.options.iter().find(|option| is_close(option.name, &word));
    let homes = FORMS.iter().filter(|form| form.option(&word).is_some());
    // Another place of the same attribute is more likely than another attribute.
    let home = homes.min_by_key(|home| home.name != form.name);
    let hint = match (close, home) {
        (Some(close), _) => format!("did you mean `{}`?", close.name),
        (None, Some(home)) => format!("it belongs to `{}`", home.example),
        (None, None) => takes(form),
    };
    Err(Error::new_spanned(name, format!("unknown option `{word}`: {hint}")))
}

/// The options that an attribute takes, as a sentence.
pub(super) fn takes(form: &Form) -> String {
    let key = form.takes_keys.then(|| "a key".to_owned());
    let options = form.options.iter().map(|option| format!("`{}`", option.name));
    let parts: Vec<_> = key.into_iter().chain(options).collect();
    match parts.as_slice() {
        [] => format!("`#[{}]` takes no options", form.name),
        parts => format!("`#[{}]` takes {}, as in `{}`", form.name, parts.join(", "), form.example),
    }
}
