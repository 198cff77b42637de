//! Doc comments.

use syn::{Attribute, Expr, ExprLit, Lit, Meta, MetaNameValue};

/// The first paragraph of a doc comment, in one line.
pub(crate) fn summary(attrs: &[Attribute]) -> String {
    let doc: Vec<String> = attrs.iter().filter_map(doc_comment).collect();
    doc.join("\n")
        .lines()
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn doc_comment(attr: &Attribute) -> Option<String> {
    match &attr.meta {
        Meta::NameValue(MetaNameValue {
            path,
            value: Expr::Lit(ExprLit { lit: Lit::Str(text), .. }),
            ..
        }) if path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}
