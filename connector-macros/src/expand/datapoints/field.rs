//! One field of readings.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Member;

use crate::{
    expand::{range::range, span::ours},
    model::{Field, Place},
};

/// The call that describes the sensors of a field.
pub(super) fn describe(field: &Field) -> TokenStream {
    let Field { ty, range, unit, description, .. } = field;
    let place = place(field);
    let description = (!description.is_empty()).then(|| quote!(.description(#description)));
    let unit = unit.as_ref().map(|unit| quote!(.unit(#unit)));
    let range = range.as_ref().map(self::range);
    quote! {
        to.#place #description #unit #range
            .holds(<#ty as ::connector_runtime::Datapoints>::describe);
    }
}

/// The call that records the values of a field.
pub(super) fn record(field: &Field) -> TokenStream {
    let Field { member, ty, writer, or_null, skip_if, .. } = field;
    let member = match member {
        Member::Named(ident) => ours(ident).into(),
        Member::Unnamed(index) => Member::from(index.index as usize),
    };
    let place = place(field);
    let content = if let Some(write) = writer {
        quote!(serialize_with(|to| #write(&self.#member, to)))
    } else if let Some(ty) = or_null {
        quote!(or_null(&self.#member, <#ty as ::connector_runtime::Datapoints>::record))
    } else {
        // A bare path, as in `describe`: a type without the derive is reported only once.
        quote!(holds(&self.#member, <#ty as ::connector_runtime::Datapoints>::record))
    };
    let recorded = quote!(to.#place.#content;);
    match skip_if {
        Some(skip) => quote!(if !#skip(&self.#member) { #recorded }),
        None => recorded,
    }
}

fn place(field: &Field) -> TokenStream {
    match &field.place {
        Place::Key(key) => quote!(field(#key)),
        Place::Inner => quote!(inner()),
        Place::Among => quote!(among()),
    }
}
