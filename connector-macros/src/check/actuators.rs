//! Which actuators a method serves: each of them is served by one.

use syn::{Attribute, Error, Expr, LitStr, Result};

use super::{key, options::Options, roles::Annotated};
use crate::{errors::all, model::Keys};

/// What `#[send(..)]` says of its keys.
pub(super) fn keys(attr: &Attribute, options: &Options) -> Result<Keys> {
    let keys = all(options.keys().map(text))?;
    match (keys.as_slice(), options.get("each").cloned()) {
        ([], None) => {
            let message = "`#[send]` begins with the key of its datapoint: `#[send(\"setpoint\")]`";
            Err(Error::new_spanned(attr, message))
        }
        ([], Some(each)) => Ok(Keys::Others { each }),
        ([key], each) if has_braces(key) => family(key, each),
        (_, Some(each)) => {
            let message = "`each` lists what stands in the braces of one key, as in \
                           `\"{station}__limit\"`: write such a key, or leave `each` out";
            Err(Error::new_spanned(each, message))
        }
        (keys, None) => {
            all(keys.iter().map(|key| {
                if has_braces(key) {
                    let message = "a key with braces stands alone: write a method for each";
                    return Err(Error::new_spanned(key, message));
                }
                key::legal(&key.value(), key)
            }))?;
            Ok(Keys::Fixed(keys.to_vec()))
        }
    }
}

fn text(expr: &Expr) -> Result<LitStr> {
    let message = "the key is a text in quotes: `#[send(\"setpoint\")]`";
    key::text(expr).cloned().ok_or_else(|| Error::new_spanned(expr, message))
}

fn has_braces(key: &LitStr) -> bool {
    key.value().contains(['{', '}'])
}

/// Keys that differ in the part in braces.
fn family(key: &LitStr, each: Option<Expr>) -> Result<Keys> {
    let value = key.value();
    let parts = value.split_once('{').and_then(|(prefix, rest)| {
        let (name, suffix) = rest.split_once('}')?;
        let is_single = !name.is_empty() && !suffix.contains(['{', '}']) && !name.contains('{');
        is_single.then_some((prefix, suffix))
    });
    let Some((prefix, suffix)) = parts else {
        let message = "one part of a key is in braces, and has a name: `\"{station}__limit\"`";
        return Err(Error::new_spanned(key, message));
    };
    key::legal(&format!("{prefix}x{suffix}"), key)?;
    let Some(each) = each else {
        let message = "what is in braces is known only at run time: tell what it can be, as in \
                       `each = self.stations.keys()`";
        return Err(Error::new_spanned(key, message));
    };
    Ok(Keys::Family { prefix: prefix.to_owned(), suffix: suffix.to_owned(), each })
}

/// No two methods may serve the same key.
pub(super) fn distinct<'a>(methods: impl Iterator<Item = &'a Annotated<'a>>) -> Result<()> {
    let served: Vec<_> = methods.flat_map(served).collect();
    all(served.iter().enumerate().map(|(index, this)| {
        let mut before = served.iter().take(index);
        match before.find(|other| this.keys.may_meet(&other.keys)) {
            Some(other) => Err(this.meets(other)),
            None => Ok(()),
        }
    }))
    .map(|_| ())
}

/// One key, or several of which a method tells no more than how they are made.
struct Served<'a> {
    method: &'a Annotated<'a>,
    key: Option<LitStr>,
    keys: Keys,
}

fn served<'a>(method: &'a Annotated<'a>) -> Vec<Served<'a>> {
    let Ok(keys) = method.options().and_then(|options| {
        let keys = keys(method.attr, &options)?;
        let key = options.keys().next().and_then(key::text).cloned();
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
                "`{name}` takes the commands for all other keys already: there is one such method"
            );
            return Error::new_spanned(self.method.attr, message);
        };
        let message = match &first.key {
            Some(other) if other.value() != key.value() => format!(
                "a key could be one of these and of \"{}\", which `{name}` serves: make them differ \
                 in what is outside of the braces",
                other.value()
            ),
            _ => format!(
                "`{name}` takes the commands for the key \"{}\" already: choose another key",
                key.value()
            ),
        };
        Error::new_spanned(key, message)
    }
}

impl Keys {
    /// Whether a key could belong to both. A fixed key goes before a family, and that before all
    /// others.
    fn may_meet(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(these), Self::Fixed(others)) => {
                these.iter().any(|key| others.iter().any(|other| key.value() == other.value()))
            }
            (
                Self::Family { prefix, suffix, .. },
                Self::Family { prefix: other_prefix, suffix: other_suffix, .. },
            ) => {
                let prefixes =
                    prefix.starts_with(&**other_prefix) || other_prefix.starts_with(&**prefix);
                let suffixes =
                    suffix.ends_with(&**other_suffix) || other_suffix.ends_with(&**suffix);
                prefixes && suffixes
            }
            (Self::Others { .. }, Self::Others { .. }) => true,
            _ => false,
        }
    }
}

/// A method that serves several keys takes the one that is meant.
pub(super) fn told_which(keys: &Keys, takes_key: bool, method: &Annotated<'_>) -> Result<()> {
    let name = match keys {
        Keys::Fixed(keys) if keys.len() < 2 => return Ok(()),
        Keys::Family { .. } => "part",
        _ => "key",
    };
    if takes_key {
        return Ok(());
    }
    let message = format!(
        "this method serves several keys, and takes the one that is meant before the value: \
         `{name}: &str`"
    );
    Err(Error::new(method.signature.paren_token.span.join(), message))
}
