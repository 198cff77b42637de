//! The conditions for commands, apart from their values.

use syn::{Error, Expr, Lit, Result, Type};

use crate::{
    check::{kind::Kind, options::Options},
    error_collector::ErrorCollector,
    model::Guard,
    syntax::literal,
};

/// The conditions of a method that takes a value of this type.
pub(super) fn guard(options: &Options, value: Option<&Type>) -> Result<Guard> {
    let mut errors = ErrorCollector::default();
    let max_age = errors.take(options.duration("max_age"));
    let min_interval = errors.take(options.duration("min_interval"));
    let timeout = errors.take(options.duration("timeout"));
    let newest_only = errors.take(options.word("queue", "latest"));
    let accept_retained = errors.take(options.word("retained", "accept"));
    let failsafe = errors.take(failsafe(options, value));
    errors.finish_with(|| {
        Ok(Guard {
            max_age: max_age?,
            monotonic: options.has("monotonic"),
            newest_only: newest_only?,
            min_interval: min_interval?,
            timeout: timeout?,
            failsafe: failsafe?,
            accept_retained: accept_retained?,
        })
    })
}

/// The failsafe value, and the time after which it is sent.
fn failsafe(options: &Options, value: Option<&Type>) -> Result<Option<(Expr, Expr)>> {
    let after = options.duration("after")?;
    match (options.get("failsafe"), after) {
        (None, None) => Ok(None),
        (Some(failsafe), Some(after)) => {
            fits(value.map_or(Kind::Unknown, Kind::of), failsafe)?;
            Ok(Some((failsafe.clone(), after)))
        }
        (Some(_), None) => {
            let message = "this value is sent after a time without commands: set the time, as in \
                           `failsafe = 0.0, after = Duration::from_secs(60)`";
            Err(Error::new_spanned(options.written("failsafe"), message))
        }
        (None, Some(_)) => {
            let message = "after this time without commands a value is sent: set the value, as in \
                           `failsafe = 0.0, after = Duration::from_secs(60)`";
            Err(Error::new_spanned(options.written("after"), message))
        }
    }
}

/// Checks that the method can take the value, which would otherwise fail when it is needed.
fn fits(kind: Kind, failsafe: &Expr) -> Result<()> {
    let Some(literal) = literal(failsafe) else { return Ok(()) };
    let message = match (kind, literal) {
        (Kind::Integer, Lit::Int(_))
        | (Kind::Float, Lit::Int(_) | Lit::Float(_))
        | (Kind::Bool, Lit::Bool(_))
        | (Kind::Text, Lit::Str(_) | Lit::Char(_))
        | (Kind::Other | Kind::Unknown, _) => return Ok(()),
        (Kind::Integer, _) => "the value is an integer: write a whole number",
        (Kind::Float, _) => "the value is a number: write a number",
        (Kind::Bool, _) => "the value is a bool: write `true` or `false`",
        (Kind::Text, _) => "the value is a text: write it in quotes",
    };
    Err(Error::new_spanned(failsafe, message))
}
