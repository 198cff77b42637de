//! Types, judged by their tokens.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type};

/// A type without the invisible parentheses that another macro puts around it.
pub(crate) fn ty(written: &Type) -> &Type {
    match written {
        Type::Group(group) => ty(&group.elem),
        written => written,
    }
}

/// The first generic argument of a type with this name.
pub(crate) fn generic<'a>(of: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty(of) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Whether a type is `()`.
pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(unit) if unit.elems.is_empty())
}

/// Whether a name occurs anywhere in a type.
pub(crate) fn mentions(ty: &Type, name: &str) -> bool {
    fn any(tokens: TokenStream, name: &str) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Group(group) => any(group.stream(), name),
            TokenTree::Ident(ident) => ident == name,
            _ => false,
        })
    }
    any(ty.to_token_stream(), name)
}

/// A type as a person would write it.
pub(crate) fn written(ty: &Type) -> String {
    let tokens = ty.to_token_stream().to_string();
    let spaced = [" < ", "< ", " >", " :: ", ":: ", " ,", "& "];
    spaced.iter().fold(tokens, |text, spaced| text.replace(spaced, spaced.trim()))
}
