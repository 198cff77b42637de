//! The parts of the impl, by the content of the type.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{
    field::{describe, record},
    keys,
};
use crate::{
    expand::span::ours,
    model::{Field, Word},
};

/// The parts of the impl.
pub(super) struct Parts {
    pub(super) constants: TokenStream,
    pub(super) describe: TokenStream,
    pub(super) record: TokenStream,
}

impl Parts {
    pub(super) fn of_fields(fields: &[Field]) -> Self {
        let described: Vec<_> = fields.iter().filter(|field| field.writer.is_none()).collect();
        let constants = keys::constants(&described);
        let describe = described.into_iter().map(describe).collect();
        Self { constants, describe, record: fields.iter().map(record).collect() }
    }

    pub(super) fn of_nothing() -> Self {
        let (describe, constants) = (TokenStream::new(), TokenStream::new());
        Self { describe, record: quote!(to.value(&());), constants }
    }

    pub(super) fn of_value(kind: &TokenStream, value: &TokenStream) -> Self {
        let describe = quote!(to.value(::connector_runtime::Kind::#kind););
        let constants = quote!(
            const IS_VALUE: bool = true;
        );
        Self { describe, record: quote!(to.value(#value);), constants }
    }

    pub(super) fn of_words(words: &[Word]) -> Self {
        let texts = words.iter().filter_map(|word| word.text.as_ref());
        let kind = quote!(Word(&[#(#texts),*]));
        if words.iter().all(|word| word.text.is_none()) {
            return Self { record: TokenStream::new(), ..Self::of_value(&kind, &quote!()) };
        }
        let arms = words.iter().map(|Word { ident, text }| {
            let variant = ours(ident);
            // A word that is skipped publishes nothing.
            let text = text.as_ref().map_or_else(|| quote!(return), ToTokens::to_token_stream);
            quote!(Self::#variant => #text)
        });
        Self::of_value(&kind, &quote!(match *self { #(#arms),* }))
    }
}
