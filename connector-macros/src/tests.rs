//! Expansions as snapshots: `BLESS=1 cargo test -p connector-macros` writes them anew.

use std::{env, fs, path::Path};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Each `tests/expand/NAME.in.rs` holds one item with `#[connector]`, and `NAME.out.rs` what
/// becomes of it.
#[test]
fn expansions_are_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand");
    let mut changed = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let input = entry.unwrap().path();
        let Some(name) = input.to_str().unwrap().strip_suffix(".in.rs") else { continue };
        let output = format!("{name}.out.rs");
        let expanded = expand(&fs::read_to_string(&input).unwrap());
        if env::var_os("BLESS").is_some() {
            fs::write(&output, expanded).unwrap();
        } else if fs::read_to_string(&output).ok().as_ref() != Some(&expanded) {
            changed.push(format!("{output} should now be:\n{expanded}"));
        }
    }
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}

fn expand(source: &str) -> String {
    let mut item: Vec<TokenTree> = source.parse::<TokenStream>().unwrap().into_iter().collect();
    let (place, options) = item
        .iter()
        .enumerate()
        .find_map(|(place, token)| Some((place, connector(token)?)))
        .unwrap();
    item.drain(place - 1..=place);
    pretty(&crate::annotated(options, item.into_iter().collect()))
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
