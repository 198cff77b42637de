//! The removal of attributes that no other macro understands.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{Attribute, parse::Parser};

/// Removes the attributes that `is_read` selects from an item and from its members.
///
/// It works on tokens, so that half-typed items and items of unknown kinds survive.
pub(crate) fn strip(item: TokenStream, is_read: fn(&Attribute) -> bool) -> TokenStream {
    strip_members(item, is_read)
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() != Delimiter::Bracket => {
                let mut kept =
                    Group::new(group.delimiter(), strip_members(group.stream(), is_read));
                kept.set_span(group.span());
                kept.into()
            }
            other => other,
        })
        .collect()
}

fn strip_members(members: TokenStream, is_read: fn(&Attribute) -> bool) -> TokenStream {
    let mut kept = Vec::new();
    for token in members {
        kept.push(token);
        if let [.., hash, group] = kept.as_slice()
            && attribute(hash, group).is_some_and(|attr| is_read(&attr))
        {
            kept.truncate(kept.len().saturating_sub(2));
        }
    }
    kept.into_iter().collect()
}

fn attribute(hash: &TokenTree, group: &TokenTree) -> Option<Attribute> {
    if !matches!(hash, TokenTree::Punct(punct) if punct.as_char() == '#') {
        return None;
    }
    let tokens = [hash.clone(), group.clone()].into_iter().collect();
    Attribute::parse_outer.parse2(tokens).ok()?.pop()
}
