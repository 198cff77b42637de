//! `#[derive(Datapoints)]`: the impl of the trait `Datapoints`.

mod field;
mod keys;
mod parts;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericParam, Generics, Ident, Type, parse_quote};

use self::parts::Parts;
use crate::{
    model::{Content, Field, Readings},
    syntax::mentions,
};

/// The impl that describes the sensors of a type, and records their values.
pub(crate) fn datapoints(readings: Readings) -> TokenStream {
    let Readings { ident, mut generics, content } = readings;
    bound(&mut generics, &content);
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let Parts { constants, describe, record } = match &content {
        Content::Fields(fields, _) => Parts::of_fields(fields),
        Content::Nothing => Parts::of_nothing(),
        Content::List => Parts::of_value(&quote!(List), &quote!(self)),
        Content::Words(words) => Parts::of_words(words),
    };
    let (inside, outside) = keys::apart(&generics, &content);
    let to = |body: &TokenStream| if body.is_empty() { quote!(_to) } else { quote!(to) };
    let (to_describe, to_record) = (to(&describe), to(&record));
    quote! {
        #[automatically_derived]
        impl #parameters ::connector_runtime::Datapoints for #ident #arguments #conditions {
            #constants

            fn describe(#to_describe: &mut ::connector_runtime::readings::Describer) {
                #inside
                #describe
            }

            fn record(&self, #to_record: &mut ::connector_runtime::readings::Recorder<'_>) {
                #record
            }
        }

        #outside
    }
}

/// The impl after an error, so that no error is reported where the type is used.
pub(crate) fn undescribed(ident: Ident, generics: Generics) -> TokenStream {
    let content = Content::Fields(Vec::new(), Vec::new());
    datapoints(Readings { ident, generics, content })
}

/// Adds the bounds of the type parameters.
fn bound(generics: &mut Generics, content: &Content) {
    for parameter in &mut generics.params {
        let GenericParam::Type(parameter) = parameter else { continue };
        parameter.bounds.push(parse_quote!(::connector_runtime::Datapoints));
        if is_serialized(&parameter.ident, content) {
            parameter.bounds.push(parse_quote!(::connector_runtime::__private::Serialize));
        }
    }
}

/// Whether values of this type may be part of a list or of a map, or serialized by a function.
fn is_serialized(parameter: &Ident, content: &Content) -> bool {
    match content {
        Content::Fields(fields, _) => fields.iter().any(|Field { ty, number, writer, .. }| {
            let is_itself = matches!(number, Type::Path(path) if path.path.is_ident(parameter));
            mentions(ty, &parameter.to_string()) && (writer.is_some() || !is_itself)
        }),
        Content::List => true,
        Content::Nothing | Content::Words(_) => false,
    }
}
