//! Keys at compile time: the constants of a type, and the checks of the constants of other types.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Generics, Member, ext::IdentExt};

use crate::{
    expand::span::at,
    model::{Content, Field, Meeting, Place},
    syntax::mentions,
};

/// The constants of a type with these fields.
pub(super) fn constants(fields: &[&Field]) -> TokenStream {
    match fields {
        [] => TokenStream::new(),
        [Field { place: Place::Inner, ty, .. }] => quote! {
            const IS_VALUE: bool = <#ty as ::connector_runtime::Datapoints>::IS_VALUE;
            const KEYS: ::connector_runtime::__private::Keys =
                <#ty as ::connector_runtime::Datapoints>::KEYS;
        },
        fields => {
            let keys = fields.iter().map(|field| key(field));
            quote!(const KEYS: ::connector_runtime::__private::Keys = &[#(#keys),*];)
        }
    }
}

fn key(field: &Field) -> TokenStream {
    let ty = &field.ty;
    let path = quote!(::connector_runtime::__private::Key);
    match &field.place {
        Place::Key(key) => {
            quote!(#path::Field(#key, <#ty as ::connector_runtime::Datapoints>::IS_VALUE))
        }
        Place::Inner | Place::Among => {
            quote!(#path::Among(<#ty as ::connector_runtime::Datapoints>::KEYS))
        }
    }
}

/// The checks of fields that may have the same key: in a function of the impl, or outside the impl.
///
/// Types that are not known before they are used are checked then.
pub(super) fn apart(
    generics: &Generics,
    content: &Content,
) -> (Option<TokenStream>, Option<TokenStream>) {
    let Content::Fields(fields, meetings) = content else { return (None, None) };
    let checks = meetings.iter().map(|Meeting { field, others, blamed }| {
        let held = |&index: &usize| fields.get(index).map(held);
        let (field, others) = (held(field), others.iter().filter_map(held));
        let arguments = quote!(&[#(#others),*], #field);
        quote_spanned!(at(*blamed)=> ::connector_runtime::__private::apart(#arguments))
    });
    if generics.params.is_empty() && !fields.iter().any(|field| mentions(&field.ty, "Self")) {
        (None, Some(quote!(#(const _: () = #checks;)*)))
    } else {
        (Some(quote!(#(const { #checks })*)), None)
    }
}

fn held(field: &Field) -> TokenStream {
    let Field { member, place, ty, .. } = field;
    let name = match member {
        Member::Named(ident) => ident.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    };
    let key = match place {
        Place::Key(key) => key,
        Place::Inner | Place::Among => "",
    };
    quote! {
        ::connector_runtime::__private::Held(
            #name,
            #key,
            <#ty as ::connector_runtime::Datapoints>::IS_VALUE,
            <#ty as ::connector_runtime::Datapoints>::KEYS,
        )
    }
}
