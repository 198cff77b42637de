//! The `#[connector]` attribute.

use proc_macro::TokenStream;

/// From an annotated struct or `impl` block to a connector.
#[proc_macro_attribute]
pub fn connector(_attr: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// Marks the method that gets the next raw message.
#[proc_macro_attribute]
pub fn receive(_attr: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// Marks the method that reads the sensors out of a raw message.
#[proc_macro_attribute]
pub fn parse(_attr: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// Marks a method that hands a command to the device.
#[proc_macro_attribute]
pub fn send(_attr: TokenStream, item: TokenStream) -> TokenStream {
    item
}
