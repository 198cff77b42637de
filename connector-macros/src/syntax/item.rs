//! Items that an attribute can be on, with unparsed bodies.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::{
    Attribute, Generics, ItemStruct, LitStr, Result, Signature, Token, Type, Visibility, braced,
    parse::{Parse, ParseStream, discouraged::Speculative},
};

/// An item, as far as we need to know it.
pub(crate) enum Item {
    Struct(Box<ItemStruct>),
    Impl(Box<Impl>),
    /// Any other item, with the span of its keyword.
    Other(Span),
}

/// An `impl` block.
pub(crate) struct Impl {
    pub(crate) generics: Generics,
    pub(crate) of_trait: Option<Type>,
    pub(crate) self_ty: Type,
    pub(crate) members: Vec<Member>,
}

/// A member of an `impl` block; only functions have a signature, which may be half-typed.
pub(crate) struct Member {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) signature: Result<Option<Signature>>,
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer)?;
        ahead.parse::<Visibility>()?;
        if ahead.peek(Token![struct]) {
            input.parse().map(Box::new).map(Self::Struct)
        } else if ahead.peek(Token![impl]) {
            input.parse().map(Box::new).map(Self::Impl)
        } else {
            input.parse::<TokenStream>()?;
            Ok(Self::Other(ahead.span()))
        }
    }
}

impl Parse for Impl {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        input.call(Attribute::parse_outer)?;
        input.parse::<Token![impl]>()?;
        let mut generics: Generics = input.parse()?;
        let first: Type = input.parse()?;
        let (of_trait, self_ty) = if input.parse::<Option<Token![for]>>()?.is_some() {
            (Some(first), input.parse()?)
        } else {
            (None, first)
        };
        generics.where_clause = input.parse()?;

        let body;
        braced!(body in input);
        body.call(Attribute::parse_inner)?;
        let mut members = Vec::new();
        while !body.is_empty() {
            members.push(body.parse()?);
        }
        Ok(Self { generics, of_trait, self_ty, members })
    }
}

impl Parse for Member {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        let ahead = input.fork();
        let signature = starts_function(input).then(|| ahead.parse()).transpose();
        if signature.is_ok() {
            input.advance_to(&ahead);
        }
        skip_body(input)?;
        Ok(Self { attrs, signature })
    }
}

fn starts_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    while !ahead.peek(Token![fn]) {
        let qualifies = ahead.peek(Token![const])
            || ahead.peek(Token![async])
            || ahead.peek(Token![unsafe])
            || ahead.peek(Token![extern])
            || ahead.peek(LitStr);
        if !qualifies || ahead.parse::<TokenTree>().is_err() {
            return false;
        }
    }
    true
}

/// Skips the rest of a member, up to a `;` or a `{..}` that is not part of a value.
fn skip_body(input: ParseStream<'_>) -> Result<()> {
    let mut in_value = false;
    while !input.is_empty() {
        match input.parse()? {
            TokenTree::Punct(punct) if punct.as_char() == ';' => break,
            TokenTree::Punct(punct) if punct.as_char() == '=' => in_value = true,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && !in_value => break,
            _ => {}
        }
    }
    Ok(())
}
