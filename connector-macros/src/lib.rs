//! The attributes that make a connector out of a struct and its methods.

mod attr;
mod check;
mod errors;
mod expand;
mod fallback;
mod model;
mod settings;
mod syntax;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use proc_macro2::{Span, TokenStream as TokenStream2};

use crate::{attr::Role, syntax::Item};

/// From an annotated struct or `impl` block to a connector.
#[proc_macro_attribute]
pub fn connector(options: TokenStream, item: TokenStream) -> TokenStream {
    annotated(options.into(), item.into()).into()
}

/// Marks the method that gets the next raw message.
#[proc_macro_attribute]
pub fn receive(_options: TokenStream, item: TokenStream) -> TokenStream {
    outside(Role::Receive, item.into()).into()
}

/// Marks the method that reads the sensors out of a raw message.
#[proc_macro_attribute]
pub fn parse(_options: TokenStream, item: TokenStream) -> TokenStream {
    outside(Role::Parse, item.into()).into()
}

/// Marks a method that hands a command to the device.
#[proc_macro_attribute]
pub fn send(_options: TokenStream, item: TokenStream) -> TokenStream {
    outside(Role::Send, item.into()).into()
}

fn annotated(options: TokenStream2, item: TokenStream2) -> TokenStream2 {
    match syn::parse2(item.clone()) {
        Ok(Item::Struct(parsed)) => match check::settings(options, &parsed) {
            Ok(settings) => settings::expand(&item, &settings),
            Err(error) => fallback::item(item, &error),
        },
        Ok(Item::Impl(block)) => match check::connector(options, &block) {
            Ok(connector) => expand::expand(item, &connector),
            Err(error) => fallback::block(item, &block, &error),
        },
        Ok(Item::Other(keyword)) => fallback::item(item, &check::misplaced(keyword)),
        Err(error) => fallback::item(item, &error),
    }
}

/// The role attributes run by themselves only where no `#[connector]` has taken them away.
fn outside(role: Role, item: TokenStream2) -> TokenStream2 {
    fallback::item(item, &check::outside(role, Span::call_site()))
}
