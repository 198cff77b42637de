//! One variant of an enum of words.

use syn::{Error, Fields, Result, Variant};

use super::{container::Container, options::options};
use crate::{
    attr::WORD,
    check::serde::{Case, Serde},
    error_collector::ErrorCollector,
    model::Word,
};

/// The word of a variant.
pub(super) fn word(variant: &Variant, container: &Container) -> Result<Word> {
    let (serde, outcome) = Serde::read(&variant.attrs);
    let mut errors = ErrorCollector::default();
    let options = errors.take(options(&WORD, &variant.attrs));
    errors.check(no_data(variant));
    errors.check(outcome);
    let options = errors.finish_with(|| options)?;
    if serde.skip || options.has("skip") {
        return Ok(Word { ident: variant.ident.clone(), text: None });
    }
    let rename = options.text("rename")?.or(serde.rename).map(|rename| rename.value());
    let text = rename.unwrap_or_else(|| container.spelled(&variant.ident, Case::of_variant));
    Ok(Word { ident: variant.ident.clone(), text: Some(text) })
}

fn no_data(variant: &Variant) -> Result<()> {
    match &variant.fields {
        Fields::Unit => Ok(()),
        fields => {
            let message = "a variant with data has sensors that are known only at run time: \
                           remove its data, or the derive";
            Err(Error::new_spanned(fields, message))
        }
    }
}
