//! Suggestions for misspelt names.

/// The maximum edit distance between a misspelt name and its suggestion.
const FEW: usize = 2;

/// Returns the known name that is most similar to a misspelt one, if one is similar enough.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    // The distance is at least the difference of the lengths, which is found sooner.
    let known = known.filter(|known| known.chars().count().abs_diff(length) <= FEW);
    let by_distance = known.map(|known| (strsim::osa_distance(name, known), known));
    let (distance, nearest) = by_distance.min()?;
    (distance <= FEW).then_some(nearest)
}
