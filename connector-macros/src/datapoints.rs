//! `#[derive(Datapoints)]`: from the model to the trait impl.

mod keys;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, Ident, Member, Type, parse_quote};

use crate::{
    expand::at,
    model::{Content, Field, Place, Readings, Word},
    syntax::mentions,
};

/// The impl that tells which sensors a type holds, and hands over their values.
pub(crate) fn expand(readings: Readings) -> TokenStream {
    let Readings { ident, mut generics, content } = readings;
    bound(&mut generics, &content);
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let Parts { constants, describe, record } = match &content {
        Content::Fields(fields, _) => of_fields(fields),
        Content::Nothing => of_nothing(),
        Content::List => of_value(&quote!(List), &quote!(self)),
        Content::Words(words) => of_words(words),
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

/// What the types that it is generic over have to do.
fn bound(generics: &mut Generics, content: &Content) {
    for parameter in &mut generics.params {
        let GenericParam::Type(parameter) = parameter else { continue };
        parameter.bounds.push(parse_quote!(::connector_runtime::Datapoints));
        if is_serialized(&parameter.ident, content) {
            parameter.bounds.push(parse_quote!(::connector_runtime::__private::Serialize));
        }
    }
}

/// Whether values of this type may be part of a list or of a map, or be written by a function.
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

/// The same on error, so that those who use the type are not to blame.
pub(crate) fn undescribed(ident: Ident, generics: Generics) -> TokenStream {
    let content = Content::Fields(Vec::new(), Vec::new());
    expand(Readings { ident, generics, content })
}

/// What the impl consists of.
struct Parts {
    constants: TokenStream,
    describe: TokenStream,
    record: TokenStream,
}

fn of_fields(fields: &[Field]) -> Parts {
    let told: Vec<_> = fields.iter().filter(|field| field.writer.is_none()).collect();
    let constants = keys::constants(&told);
    let describe = told.into_iter().map(describe).collect();
    Parts { constants, describe, record: fields.iter().map(record).collect() }
}

fn of_nothing() -> Parts {
    let (describe, constants) = (TokenStream::new(), TokenStream::new());
    Parts { describe, record: quote!(to.value(&());), constants }
}

fn of_value(kind: &TokenStream, value: &TokenStream) -> Parts {
    let describe = quote!(to.value(::connector_runtime::Kind::#kind););
    let constants = quote!(
        const IS_VALUE: bool = true;
    );
    Parts { describe, record: quote!(to.value(#value);), constants }
}

fn of_words(words: &[Word]) -> Parts {
    let texts = words.iter().filter_map(|word| word.text.as_ref());
    let kind = quote!(Word(&[#(#texts),*]));
    if words.iter().all(|word| word.text.is_none()) {
        return Parts { record: TokenStream::new(), ..of_value(&kind, &quote!()) };
    }
    let arms = words.iter().map(|Word { ident, text }| {
        let variant = written(ident);
        // A word that is not to be written is as good as no word.
        let text = text.as_ref().map_or_else(|| quote!(return), ToTokens::to_token_stream);
        quote!(Self::#variant => #text)
    });
    of_value(&kind, &quote!(match *self { #(#arms),* }))
}

fn describe(field: &Field) -> TokenStream {
    let Field { ty, range, unit, description, .. } = field;
    let place = place(field);
    let description = (!description.is_empty()).then(|| quote!(.description(#description)));
    let unit = unit.as_ref().map(|unit| quote!(.unit(#unit)));
    let range = range.as_ref().map(crate::expand::range);
    quote! {
        to.#place #description #unit #range
            .holds(<#ty as ::connector_runtime::Datapoints>::describe);
    }
}

fn record(field: &Field) -> TokenStream {
    let Field { member, ty, writer, or_null, skip_if, .. } = field;
    let member = match member {
        Member::Named(ident) => written(ident).into(),
        Member::Unnamed(index) => Member::from(index.index as usize),
    };
    let place = place(field);
    let content = if let Some(write) = writer {
        quote!(serialize_with(|to| #write(&self.#member, to)))
    } else if let Some(ty) = or_null {
        quote!(or_null(&self.#member, <#ty as ::connector_runtime::Datapoints>::record))
    } else {
        // A bare path, as in `describe`: of a type that lacks the derive it is said only once.
        quote!(holds(&self.#member, <#ty as ::connector_runtime::Datapoints>::record))
    };
    let record = quote!(to.#place.#content;);
    match skip_if {
        Some(skip) => quote!(if !#skip(&self.#member) { #record }),
        None => record,
    }
}

fn place(field: &Field) -> TokenStream {
    match &field.place {
        Place::Key(key) => quote!(field(#key)),
        Place::Inner => quote!(inner()),
        Place::Among => quote!(among()),
    }
}

/// A name of the user's in our code: what is deprecated for others is not so for us.
fn written(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(at(ident.span()));
    ident
}
