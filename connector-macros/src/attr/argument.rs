//! The list in an attribute's parentheses.

use proc_macro2::TokenStream;
use syn::{
    Attribute, Expr, Ident, Meta, Result, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

/// One item of an attribute's list: `name = value`, or a value alone.
pub(crate) struct Argument {
    pub(crate) name: Option<Ident>,
    pub(crate) value: Expr,
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut name = None;
        if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
            name = Some(input.call(Ident::parse_any)?);
            input.parse::<Token![=]>()?;
        }
        Ok(Self { name, value: input.parse()? })
    }
}

/// The list between the parentheses of an attribute; empty without parentheses.
pub(crate) fn arguments(attr: &Attribute) -> Result<Vec<Argument>> {
    match &attr.meta {
        Meta::Path(_) => Ok(Vec::new()),
        _ => attr.parse_args_with(Punctuated::<_, Token![,]>::parse_terminated).map(list),
    }
}

/// The same list, as the compiler passes it to an attribute macro.
pub(crate) fn parse_arguments(tokens: TokenStream) -> Result<Vec<Argument>> {
    Punctuated::parse_terminated.parse2(tokens).map(list)
}

fn list(arguments: Punctuated<Argument, Token![,]>) -> Vec<Argument> {
    arguments.into_iter().collect()
}
