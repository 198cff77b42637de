//! Names that were probably meant.

/// The most letters by which a misspelt name differs.
const FEW: usize = 2;

/// The name that is nearest to a misspelt one, if one is near.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let by_distance = known.map(|known| (strsim::osa_distance(name, known), known));
    let (distance, nearest) = by_distance.min()?;
    (distance <= FEW).then_some(nearest)
}
