//! `#[derive(Datapoints)]`: from the model to the trait impl.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericParam, Ident, parse_quote};

use crate::model::{Content, Field, Readings};

/// The impl that tells which sensors a type holds.
pub(crate) fn expand(readings: Readings) -> TokenStream {
    let Readings { ident, mut generics, content } = readings;
    for parameter in &mut generics.params {
        if let GenericParam::Type(parameter) = parameter {
            parameter.bounds.push(parse_quote!(::connector_runtime::Datapoints));
        }
    }
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let to = match &content {
        Content::Fields(fields) if fields.is_empty() => quote!(_to),
        _ => quote!(to),
    };
    let told = match content {
        Content::Fields(fields) => fields.iter().map(field).collect(),
        Content::List => quote!(to.value(::connector_runtime::Kind::List);),
        Content::Words(words) => {
            quote!(to.value(::connector_runtime::Kind::Word(&[#(#words),*]));)
        }
    };
    quote! {
        #[automatically_derived]
        impl #parameters ::connector_runtime::Datapoints for #ident #arguments #conditions {
            fn describe(#to: &mut ::connector_runtime::Describe) {
                #told
            }
        }
    }
}

/// The same on error, so that those who use the type are not to blame.
pub(crate) fn undescribed(ident: Ident, generics: syn::Generics) -> TokenStream {
    expand(Readings { ident, generics, content: Content::Fields(Vec::new()) })
}

fn field(field: &Field) -> TokenStream {
    let Field { key, ty, number, range, unit, description } = field;
    let place = key.as_ref().map_or_else(|| quote!(inner()), |key| quote!(field(#key)));
    let description = (!description.is_empty()).then(|| quote!(.description(#description)));
    let unit = unit.as_ref().map(|unit| quote!(.unit(#unit)));
    // The user's own type is named, so that a range of another type is blamed where it is written.
    let range = range.as_ref().map(|range| quote!(.range::<#number>(#range)));
    quote!(to.#place #description #unit #range.holds::<#ty>();)
}
