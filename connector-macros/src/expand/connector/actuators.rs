//! The list of actuators.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::{
    expand::{range::range, span::at},
    model::{Bounds, Keys, OneOf, Send},
};

/// A list if all actuators are known, otherwise a line for each method.
pub(super) fn actuators(sends: &[Send]) -> TokenStream {
    let known: Vec<_> = sends.iter().filter_map(known).collect();
    if known.len() == sends.len() {
        return quote!(::std::convert::From::from([#(#known),*]));
    }
    // The families are known before all others.
    let is_other = |send: &&Send| matches!(send.keys, Keys::Others { .. });
    let others = sends.iter().filter(is_other);
    let lines = sends.iter().filter(|send| !is_other(send)).chain(others).map(line);
    quote!(::connector_runtime::__private::Actuators::new() #(#lines)* .list())
}

/// An actuator that has a method of its own.
fn known(send: &Send) -> Option<TokenStream> {
    match &send.keys {
        Keys::Fixed(keys) => match keys.as_slice() {
            [key] => Some(described(&quote!(::connector_runtime::Actuator::new(#key)), send)),
            _ => None,
        },
        _ => None,
    }
}

/// The actuators of a method.
fn line(send: &Send) -> TokenStream {
    if let Some(known) = known(send) {
        return quote!(.one(#known));
    }
    let described = described(&quote!(actuator), send);
    let described = quote!(|actuator| #described);
    match &send.keys {
        Keys::Fixed(keys) => quote!(.each([#(#keys),*], #described)),
        Keys::Family { prefix, suffix, each } => {
            quote_spanned!(at(each.span())=> .family(#prefix, #each, #suffix, #described))
        }
        Keys::Others { each } => quote_spanned!(at(each.span())=> .others(#each, #described)),
    }
}

fn described(actuator: &TokenStream, send: &Send) -> TokenStream {
    let Send { description, value, unit, bounds, example, .. } = send;
    let Bounds { range, one_of, max_len } = bounds;
    let description = (!description.is_empty()).then(|| quote!(.description(#description)));
    let unit = unit.as_ref().map(|unit| quote!(.unit(#unit)));
    let range = range.as_ref().map(self::range);
    let one_of = one_of.as_ref().map(|OneOf { values, number }| {
        let number = number.as_ref().map(|number| quote!(::<#number>));
        quote_spanned!(at(values.span())=> .one_of #number(#values))
    });
    let max_len = max_len.as_ref().map(|max_len| quote!(.max_len(#max_len)));
    let example = example.as_ref().map(|example| quote!(.example(#example)));
    let guard = guard(send);
    quote!(#actuator .takes::<#value>() #description #unit #range #one_of #max_len #example #guard)
}

fn guard(Send { guard, .. }: &Send) -> TokenStream {
    let max_age = guard.max_age.as_ref().map(|max_age| quote!(.max_age(#max_age)));
    let monotonic = guard.monotonic.then(|| quote!(.monotonic()));
    let newest_only = guard.newest_only.then(|| quote!(.newest_only()));
    let min_interval = guard.min_interval.as_ref().map(|time| quote!(.min_interval(#time)));
    let timeout = guard.timeout.as_ref().map(|timeout| quote!(.timeout(#timeout)));
    let failsafe = guard.failsafe.as_ref();
    let failsafe = failsafe.map(|(failsafe, after)| quote!(.failsafe(#failsafe, #after)));
    let accept_retained = guard.accept_retained.then(|| quote!(.accept_retained()));
    quote!(#max_age #monotonic #newest_only #min_interval #timeout #failsafe #accept_retained)
}
