//! The path of the runtime in the user's crate.

use std::iter;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Expr, Path, parse_quote};

use crate::attr::{self, Argument, READINGS};

/// The default, which all of our code uses.
const NAME: &str = "connector_runtime";

/// The path in `crate = path`, whether the other options are right or wrong.
pub(crate) fn of_options(options: TokenStream) -> Option<Path> {
    named(attr::parse_arguments(options).ok()?)
}

/// The path in `#[datapoint(crate = path)]` on a type.
pub(crate) fn of_attributes(attrs: &[Attribute]) -> Option<Path> {
    let mut ours = attrs.iter().filter(|attr| attr.path().is_ident(READINGS.name));
    ours.find_map(|attr| named(attr::arguments(attr).ok()?))
}

fn named(arguments: Vec<Argument>) -> Option<Path> {
    arguments.into_iter().find_map(|argument| match argument {
        Argument { name: Some(name), value: Expr::Path(path) } if name == "crate" => {
            Some(path.path)
        }
        _ => None,
    })
}

/// Our code, with the user's path of the runtime.
pub(crate) fn rename(tokens: TokenStream, path: Option<Path>) -> TokenStream {
    let Some(path) = path else { return tokens };
    let is_whole = path.leading_colon.is_some() || begins_anew(&path);
    let path = if is_whole { path } else { parse_quote!(::#path) };
    replace(tokens, &path.to_token_stream())
}

/// Whether a path begins with a keyword.
fn begins_anew(path: &Path) -> bool {
    let first = path.segments.first().map(|segment| segment.ident.to_string());
    matches!(first.as_deref(), Some("crate" | "self" | "super"))
}

/// Replaces each `::connector_runtime` by the path.
fn replace(tokens: TokenStream, path: &TokenStream) -> TokenStream {
    let mut replaced: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), replace(group.stream(), path));
                inner.set_span(group.span());
                replaced.push(inner.into());
            }
            TokenTree::Ident(name) if name == NAME && begins_path(&replaced) => {
                replaced.truncate(replaced.len().saturating_sub(2));
                replaced.extend(located(path.clone(), &name));
            }
            other => replaced.push(other),
        }
    }
    replaced.into_iter().collect()
}

/// Whether these end with the colons at the start of a path, not with those inside one.
fn begins_path(tokens: &[TokenTree]) -> bool {
    let is_colon =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    let [before @ .., first, second] = tokens else { return false };
    is_colon(first) && is_colon(second) && !before.last().is_some_and(is_segment)
}

/// Whether a token can be a segment of a path, unlike other keywords.
fn is_segment(token: &TokenTree) -> bool {
    let TokenTree::Ident(name) = token else { return false };
    let is_keyword = syn::parse2::<Ident>(token.to_token_stream()).is_err();
    !is_keyword || ["crate", "self", "super", "Self"].iter().any(|keyword| name == keyword)
}

/// The path, with errors reported where the name was.
fn located(path: TokenStream, name: &Ident) -> impl Iterator<Item = TokenTree> {
    let span: Span = name.span();
    let mut tokens = path.into_iter();
    iter::from_fn(move || {
        let mut token = tokens.next()?;
        token.set_span(token.span().located_at(span));
        Some(token)
    })
}
