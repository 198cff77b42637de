//! The attributes that turn a struct and its methods into a connector.
//!
//! Use them through `connector_runtime`, whose prelude contains them all.
//!
//! # Layout
//!
//! An item passes through these modules from the syntax to the expansion. Each module uses only
//! those above it, and no two files use each other.
//!
//! | module | knows |
//! |---|---|
//! | `error_collector` | how independent errors become one |
//! | `attr` | how our attributes are spelled: the list of all attributes and options |
//! | `syntax` | Rust's grammar, as far as it is needed |
//! | `model` | what an annotated item means |
//! | `check` | the rules, and the errors for breaking them: from `syntax` to `model` |
//! | `expand` | the code: from `model` to tokens |
//! | `lib.rs` | the entry points, which join the stages |

mod attr;
mod check;
mod error_collector;
mod expand;
mod model;
mod syntax;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use proc_macro2::{Span, TokenStream as TokenStream2};
use quote::quote;
use syn::DeriveInput;

use crate::{
    attr::Role,
    expand::{crate_path, fallback},
    syntax::Item,
};

#[doc = include_str!("../docs/connector.md")]
#[proc_macro_attribute]
pub fn connector(options: TokenStream, item: TokenStream) -> TokenStream {
    annotated(options.into(), item.into()).into()
}

#[doc = include_str!("../docs/connect.md")]
#[proc_macro_attribute]
pub fn connect(_options: TokenStream, item: TokenStream) -> TokenStream {
    outside(Role::Connect, item.into()).into()
}

#[doc = include_str!("../docs/receive.md")]
#[proc_macro_attribute]
pub fn receive(_options: TokenStream, item: TokenStream) -> TokenStream {
    outside(Role::Receive, item.into()).into()
}

#[doc = include_str!("../docs/parse.md")]
#[proc_macro_attribute]
pub fn parse(_options: TokenStream, item: TokenStream) -> TokenStream {
    outside(Role::Parse, item.into()).into()
}

#[doc = include_str!("../docs/send.md")]
#[proc_macro_attribute]
pub fn send(_options: TokenStream, item: TokenStream) -> TokenStream {
    outside(Role::Send, item.into()).into()
}

#[doc = include_str!("../docs/datapoints.md")]
#[proc_macro_derive(Datapoints, attributes(datapoint))]
pub fn datapoints(item: TokenStream) -> TokenStream {
    derived(item.into()).into()
}

fn derived(item: TokenStream2) -> TokenStream2 {
    let item: DeriveInput = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.to_compile_error(),
    };
    let runtime = crate_path::of_attributes(&item.attrs);
    let expanded = match check::readings(&item) {
        Ok(readings) => expand::datapoints(readings),
        Err(error) => {
            let errors = error.to_compile_error();
            let undescribed = expand::undescribed(item.ident, item.generics);
            quote!(#undescribed #errors)
        }
    };
    crate_path::rename(expanded, runtime)
}

fn annotated(options: TokenStream2, item: TokenStream2) -> TokenStream2 {
    let runtime = crate_path::of_options(options.clone());
    let expanded = match syn::parse2(item.clone()) {
        Ok(Item::Struct(parsed)) => match check::settings(options, &parsed) {
            Ok(settings) => expand::settings(item, &settings),
            Err(error) => fallback::settings(item, &parsed, &error),
        },
        Ok(Item::Impl(block)) => match check::connector(options, &block) {
            Ok(connector) => expand::connector(item, &connector),
            Err(error) => fallback::block(item, &block, &error),
        },
        Ok(Item::Other(keyword)) => fallback::item(item, &check::misplaced(keyword)),
        Err(error) => fallback::item(item, &error),
    };
    crate_path::rename(expanded, runtime)
}

/// A role attribute runs by itself only if no `#[connector]` has removed it.
fn outside(role: Role, item: TokenStream2) -> TokenStream2 {
    fallback::item(item, &check::outside(role, Span::call_site()))
}
