//! What an actuator asks of its commands beside their value: durations are durations, and options that
//! need each other are given together.

use syn::{Error, Expr, Lit, Result, Type};

use super::{choice::literal, kind::Kind, options::Options};
use crate::{errors::both, model::Guard, syntax};

pub(super) fn guard(options: &Options, value: Option<&Type>) -> Result<Guard> {
    let times = both(duration(options, "max_age"), duration(options, "min_interval"));
    let words = both(word(options, "queue", "latest"), word(options, "retained", "accept"));
    let times = both(times, duration(options, "timeout"));
    let (((max_age, min_interval), timeout), ((newest_only, accept_retained), failsafe)) =
        both(times, both(words, failsafe(options, value)))?;
    let monotonic = options.written("monotonic").is_some();
    Ok(Guard { max_age, monotonic, newest_only, min_interval, timeout, failsafe, accept_retained })
}

/// Any expression but a number or a text.
pub(super) fn duration(options: &Options, name: &str) -> Result<Option<Expr>> {
    let Some(duration) = options.get(name) else { return Ok(None) };
    if literal(duration).is_some() {
        let message = format!("`{name}` is a `Duration`: write `{}`", options.example(name));
        return Err(Error::new_spanned(duration, message));
    }
    Ok(Some(duration.clone()))
}

/// Whether an option is given, for which there is one word.
fn word(options: &Options, name: &str, word: &str) -> Result<bool> {
    match options.get(name).map(|value| (value, syntax::expr(value))) {
        None => Ok(false),
        Some((_, Expr::Path(path))) if path.path.is_ident(word) => Ok(true),
        Some((value, _)) => {
            let message = format!("write `{name} = {word}`, or leave it out");
            Err(Error::new_spanned(value, message))
        }
    }
}

/// The failsafe value, and the time to it.
fn failsafe(options: &Options, value: Option<&Type>) -> Result<Option<(Expr, Expr)>> {
    let after = duration(options, "after")?;
    match (options.get("failsafe"), after) {
        (None, None) => Ok(None),
        (Some(failsafe), Some(after)) => {
            fits(value.map_or(Kind::Unknown, Kind::of), failsafe)?;
            Ok(Some((failsafe.clone(), after)))
        }
        (Some(_), None) => {
            let message = "this value is sent after some time without commands: say how long, as in \
                           `failsafe = 0.0, after = Duration::from_secs(60)`";
            Err(Error::new_spanned(options.written("failsafe"), message))
        }
        (None, Some(_)) => {
            let message = "after this time without commands a value is sent: say which, as in \
                           `failsafe = 0.0, after = Duration::from_secs(60)`";
            Err(Error::new_spanned(options.written("after"), message))
        }
    }
}

/// A value that the method cannot take would be of no use when it is needed.
fn fits(kind: Kind, failsafe: &Expr) -> Result<()> {
    let Some(literal) = literal(failsafe) else { return Ok(()) };
    let message = match (kind, literal) {
        (Kind::Integer, Lit::Int(_))
        | (Kind::Float, Lit::Int(_) | Lit::Float(_))
        | (Kind::Bool, Lit::Bool(_))
        | (Kind::Text, Lit::Str(_) | Lit::Char(_))
        | (Kind::Other | Kind::Unknown, _) => return Ok(()),
        (Kind::Integer, _) => "the value is an integer: write a whole number",
        (Kind::Float, _) => "the value is a number: write one",
        (Kind::Bool, _) => "the value is a bool: write `true` or `false`",
        (Kind::Text, _) => "the value is a text: write it in quotes",
    };
    Err(Error::new_spanned(failsafe, message))
}
