//! The keys of one method: texts, a family, or all others.

use syn::{Attribute, Error, Expr, LitStr, Result};

use crate::{
    check::{key, method::Annotated, options::Options},
    error_collector::all,
    model::Keys,
    syntax,
};

/// The keys in `#[send(..)]`.
pub(super) fn keys(attr: &Attribute, options: &Options) -> Result<Keys> {
    let keys: Vec<_> = all(options.keys().map(text))?;
    match (keys.as_slice(), options.get("each").cloned()) {
        ([], None) => {
            let message = "`#[send]` begins with the key of its datapoint: `#[send(\"setpoint\")]`";
            Err(Error::new_spanned(attr, message))
        }
        ([], Some(each)) => Ok(Keys::Others { each }),
        ([key], each) if has_braces(key) => family(key, each),
        (_, Some(each)) => {
            let message = "`each` lists the texts for the braces of one key, as in \
                           `\"{station}__limit\"`: write such a key, or remove `each`";
            Err(Error::new_spanned(each, message))
        }
        (keys, None) => {
            all::<(), ()>(keys.iter().map(|key| {
                if has_braces(key) {
                    let message =
                        "a key with braces is the only key of its method: write a method for each";
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
    syntax::text(expr).cloned().ok_or_else(|| Error::new_spanned(expr, message))
}

fn has_braces(key: &LitStr) -> bool {
    key.value().contains(['{', '}'])
}

/// The keys that differ in the part in braces.
fn family(key: &LitStr, each: Option<Expr>) -> Result<Keys> {
    let value = key.value();
    let parts = value.split_once('{').and_then(|(prefix, rest)| {
        let (name, suffix) = rest.split_once('}')?;
        let is_single = !name.is_empty() && !suffix.contains(['{', '}']) && !name.contains('{');
        is_single.then_some((prefix, suffix))
    });
    let Some((prefix, suffix)) = parts else {
        let message =
            "a key has one part in braces, and the part has a name: `\"{station}__limit\"`";
        return Err(Error::new_spanned(key, message));
    };
    key::legal(&format!("{prefix}x{suffix}"), key)?;
    let Some(each) = each else {
        let message = "the part in braces is known only at run time: list its texts, as in \
                       `each = self.stations.keys()`";
        return Err(Error::new_spanned(key, message));
    };
    Ok(Keys::Family { prefix: prefix.to_owned(), suffix: suffix.to_owned(), each })
}

/// Checks that a method which serves several keys takes the key of the command.
pub(super) fn check_parameter(keys: &Keys, takes_key: bool, method: &Annotated<'_>) -> Result<()> {
    let (what, name) = match keys {
        Keys::Fixed(keys) if keys.len() < 2 => return Ok(()),
        Keys::Family { .. } => ("the part in braces", "part"),
        _ => ("the key", "key"),
    };
    if takes_key {
        return Ok(());
    }
    let message = format!(
        "this method serves several keys, so it takes {what} before the value: \
         `{name}: &str`"
    );
    Err(Error::new(method.signature.paren_token.span.join(), message))
}
