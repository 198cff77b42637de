//! The attributes that clap's derive reads.

use syn::Attribute;

/// Whether an attribute is read by clap's derive alone.
pub(crate) fn is_argument(attr: &Attribute) -> bool {
    is_one_of(attr, &["arg", "command", "group"])
}

/// Whether clap's derive reads an attribute, alone or together with other macros.
pub(crate) fn concerns_clap(attr: &Attribute) -> bool {
    is_argument(attr) || is_one_of(attr, &["doc", "cfg", "cfg_attr"])
}

/// Whether an attribute decides if an item is compiled.
pub(crate) fn is_condition(attr: &Attribute) -> bool {
    is_one_of(attr, &["cfg"])
}

fn is_one_of(attr: &Attribute, names: &[&str]) -> bool {
    names.iter().any(|name| attr.path().is_ident(name))
}
