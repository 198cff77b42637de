//! Expansions as snapshots.

use std::{fs, path::Path};

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

use super::blessed::{assert_none, fault};
use crate::attr::{self, Role};

/// Each `tests/expand/NAME.in.rs` holds an item with `#[connector]` or `#[derive(Datapoints)]`, and
/// `NAME.out.rs` its expansion.
#[test]
fn expansions_are_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand");
    assert_none(fs::read_dir(folder).unwrap().filter_map(|entry| {
        let input = entry.unwrap().path();
        let name = input.to_str().unwrap().strip_suffix(".in.rs")?;
        let expanded = expand(&fs::read_to_string(&input).unwrap());
        fault(Path::new(&format!("{name}.out.rs")), &expanded)
    }));
}

/// Half-typed code is code from which a token is missing.
#[test]
fn a_block_survives_the_loss_of_any_token() {
    for source in [
        include_str!("../../tests/expand/every_form.in.rs"),
        include_str!("../../tests/expand/session.in.rs"),
        include_str!("../../tests/expand/errors.in.rs"),
    ] {
        let (options, block) = options_and_item(source);
        for index in 0..count(block.clone()) {
            let block = without(block.clone(), &mut index.clone());
            let kept = attr::strip(block.clone(), |attr| Role::of(attr).is_some()).to_string();
            let expanded = crate::annotated(options.clone(), block).to_string();
            assert!(expanded.contains(&kept), "{kept}\nis lost in\n{expanded}");
        }
    }
}

/// Editors run derives on items in any state.
#[test]
fn a_derive_survives_the_loss_of_any_token() {
    for source in [
        include_str!("../../tests/expand/readings.in.rs"),
        include_str!("../../tests/expand/readings_errors.in.rs"),
    ] {
        let item: TokenStream = source.parse().unwrap();
        for index in 0..count(item.clone()) {
            let item = without(item.clone(), &mut index.clone());
            assert!(!crate::derived(item.clone()).is_empty(), "no code and no error for {item}");
        }
    }
}

fn count(tokens: TokenStream) -> usize {
    let tokens = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => 1 + count(group.stream()),
        _ => 1,
    });
    tokens.sum()
}

/// The tokens less the one with this index, counted depth first.
fn without(tokens: TokenStream, index: &mut usize) -> TokenStream {
    let rest = tokens.into_iter().filter_map(|token| {
        let left_out = *index == 0;
        *index = index.wrapping_sub(1);
        match token {
            _ if left_out => None,
            TokenTree::Group(group) => {
                let inner = without(group.stream(), index);
                Some(Group::new(group.delimiter(), inner).into())
            }
            other => Some(other),
        }
    });
    rest.collect()
}

fn expand(source: &str) -> String {
    if source.contains("Datapoints") {
        return pretty(&crate::derived(source.parse().unwrap()));
    }
    let (options, item) = options_and_item(source);
    pretty(&crate::annotated(options, item))
}

fn options_and_item(source: &str) -> (TokenStream, TokenStream) {
    let mut item: Vec<TokenTree> = source.parse::<TokenStream>().unwrap().into_iter().collect();
    let found = item.iter().enumerate().find_map(|(place, it)| Some((place, connector(it)?)));
    let (place, options) = found.unwrap();
    item.drain(place - 1..=place);
    (options, item.into_iter().collect())
}

/// The options of `[connector]` or `[connector(..)]`.
fn connector(token: &TokenTree) -> Option<TokenStream> {
    let TokenTree::Group(group) = token else { return None };
    let mut inner = group.stream().into_iter();
    match (inner.next(), inner.next()) {
        (Some(TokenTree::Ident(name)), options) if name == "connector" => Some(match options {
            Some(TokenTree::Group(options)) => options.stream(),
            _ => TokenStream::new(),
        }),
        _ => None,
    }
}

/// Formatted, where a formatter can read it; half-typed code is printed token by token.
fn pretty(tokens: &TokenStream) -> String {
    match syn::parse2(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(_) => lines(tokens.clone(), "\n"),
    }
}

fn lines(tokens: TokenStream, newline: &str) -> String {
    let line = |token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            let inner = lines(group.stream(), &format!("{newline}    "));
            format!("{{{newline}    {}{newline}}}{newline}", inner.trim())
        }
        TokenTree::Punct(punct) if punct.as_char() == ';' => format!(";{newline}"),
        TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint => punct.to_string(),
        other => format!("{other} "),
    };
    tokens.into_iter().map(line).collect::<Vec<_>>().concat()
}
