//! The keys of all fields: each is unique, judged by the names of the fields.

use proc_macro2::Span;
use syn::{Error, Result, ext::IdentExt, spanned::Spanned};

use super::field::Found;
use crate::{
    error_collector::all,
    model::{Meeting, Place},
};

/// Checks that no two fields have the same key.
pub(super) fn unique(found: &[Found<'_>]) -> Result<()> {
    all(found.iter().enumerate().map(|(index, field)| {
        let same = |other: &&Found<'_>| other.field.place == field.field.place;
        let first = found.iter().take(index).find(same).and_then(|first| first.ident);
        let (Place::Key(key), Some(first)) = (&field.field.place, first) else { return Ok(()) };
        let message = format!(
            "the field `{}`{} already has the key \"{key}\": choose another key",
            first.unraw(),
            line(first.span()),
        );
        Err(Error::new_spanned(field.blamed(), message))
    }))
}

/// Names the other place, as an error has only one.
fn line(span: Span) -> String {
    if proc_macro::is_available() {
        format!(" in line {}", span.unwrap().line())
    } else {
        String::new()
    }
}

/// The fields that could have the same key, depending on their types.
pub(super) fn meetings(found: &[Found<'_>]) -> Vec<Meeting> {
    let meeting = |(field, found_field): (usize, &Found<'_>)| {
        let others = (0..found.len()).filter(|&other| could_meet(found, other, field));
        let blamed = found_field.blamed().span();
        Meeting { field, others: others.collect(), blamed }
    };
    let meetings = found.iter().enumerate().map(meeting);
    meetings.filter(|meeting| !meeting.others.is_empty()).collect()
}

/// Whether the second field may have a key of the first one, and is the one to change.
fn could_meet(found: &[Found<'_>], first: usize, second: usize) -> bool {
    let is_known = |field: &Found<'_>| field.field.writer.is_none();
    let [Some(one), Some(other)] = [first, second].map(|index| found.get(index)) else {
        return false;
    };
    let may = match (&one.field.place, &other.field.place) {
        (Place::Key(key), Place::Key(longer)) => reaches(key, longer),
        (Place::Key(_), Place::Among) => true,
        (Place::Among, Place::Among) => first < second,
        _ => false,
    };
    may && is_known(one) && is_known(other)
}

/// Whether a key within the first one could be the second one, or a part of it.
fn reaches(key: &str, longer: &str) -> bool {
    longer.strip_prefix(key).is_some_and(|rest| rest == "_" || rest.starts_with("__"))
}
