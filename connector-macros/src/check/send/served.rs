//! The keys of all methods: each key is served by one method.

use syn::{Error, LitStr, Result};

use super::keys;
use crate::{check::method::Annotated, error_collector::all, model::Keys, syntax};

/// Checks that no two methods serve the same key.
pub(crate) fn distinct_keys<'a>(methods: impl Iterator<Item = &'a Annotated<'a>>) -> Result<()> {
    let served: Vec<_> = methods.flat_map(served).collect();
    all(served.iter().enumerate().map(|(index, this)| {
        let mut before = served.iter().take(index);
        match before.find(|other| may_meet(&this.keys, &other.keys)) {
            Some(other) => Err(this.meets(other)),
            None => Ok(()),
        }
    }))
}

/// One key, a family of keys, or all other keys, with the method that serves them.
struct Served<'a> {
    method: &'a Annotated<'a>,
    key: Option<LitStr>,
    keys: Keys,
}

fn served<'a>(method: &'a Annotated<'a>) -> Vec<Served<'a>> {
    let Ok(keys) = method.options().and_then(|options| {
        let keys = keys::keys(method.attr, &options)?;
        let key = options.keys().next().and_then(syntax::text).cloned();
        Ok((key, keys))
    }) else {
        return Vec::new();
    };
    match keys {
        (_, Keys::Fixed(keys)) => keys
            .into_iter()
            .map(|key| Served { method, key: Some(key.clone()), keys: Keys::Fixed(vec![key]) })
            .collect(),
        (key, keys) => vec![Served { method, key, keys }],
    }
}

impl Served<'_> {
    fn meets(&self, first: &Self) -> Error {
        let name = &first.method.signature.ident;
        let Some(key) = &self.key else {
            let message = format!(
                "`{name}` already takes the commands for all other keys: remove one of the two"
            );
            return Error::new_spanned(self.method.attr, message);
        };
        let message = match &first.key {
            Some(other) if other.value() != key.value() => format!(
                "a key could belong to this family and to \"{}\", which `{name}` serves: make the \
                 families differ outside the braces",
                other.value()
            ),
            _ => format!(
                "`{name}` already takes the commands for the key \"{}\": choose another key",
                key.value()
            ),
        };
        Error::new_spanned(key, message)
    }
}

/// Whether a key could belong to both. A fixed key goes before a family, and a family before all
/// others.
fn may_meet(these: &Keys, others: &Keys) -> bool {
    match (these, others) {
        (Keys::Fixed(these), Keys::Fixed(others)) => {
            these.iter().any(|key| others.iter().any(|other| key.value() == other.value()))
        }
        (
            Keys::Family { prefix, suffix, .. },
            Keys::Family { prefix: other_prefix, suffix: other_suffix, .. },
        ) => {
            let prefixes =
                prefix.starts_with(&**other_prefix) || other_prefix.starts_with(&**prefix);
            let suffixes = suffix.ends_with(&**other_suffix) || other_suffix.ends_with(&**suffix);
            prefixes && suffixes
        }
        (Keys::Others { .. }, Keys::Others { .. }) => true,
        _ => false,
    }
}
