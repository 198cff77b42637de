//! What methods return.

use quote::ToTokens;
use syn::{
    Error, GenericArgument, PathArguments, PathSegment, Result, ReturnType, Signature, Type,
};

use crate::{
    attr::Role,
    errors::all,
    model::{Message, Receive},
    syntax,
};

/// `Result<T>` or `Result<Option<T>>`.
pub(super) fn message(role: Role, signature: &Signature) -> Result<Message> {
    let returned = result(signature).ok_or_else(|| no_result(role, signature))?;
    Ok(match generic(returned, "Option") {
        Some(ty) => Message { ty: ty.clone(), optional: true },
        None => Message { ty: returned.clone(), optional: false },
    })
}

/// `Result<()>`.
pub(super) fn nothing(role: Role, signature: &Signature) -> Result<()> {
    match result(signature) {
        Some(Type::Tuple(unit)) if unit.elems.is_empty() => Ok(()),
        _ => Err(no_result(role, signature)),
    }
}

/// All sources feed the same parser.
pub(super) fn one_type(receives: &[Receive]) -> Result<()> {
    let [first, others @ ..] = receives else { return Ok(()) };
    all(others.iter().map(|other| {
        if written(&other.message.ty) == written(&first.message.ty) {
            return Ok(());
        }
        let message = format!(
            "all methods with `#[receive]` return the same type, as one `#[parse]` reads it: \
             return what `{}` does",
            first.method.ident
        );
        Err(Error::new_spanned(&other.message.ty, message))
    }))
    .map(|_| ())
}

fn written(ty: &Type) -> String {
    ty.to_token_stream().to_string()
}

fn result(signature: &Signature) -> Option<&Type> {
    match &signature.output {
        ReturnType::Type(_, ty) => generic(ty, "Result"),
        ReturnType::Default => None,
    }
}

/// The first generic argument of a type with this name.
fn generic<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = syntax::ty(ty) else { return None };
    let PathSegment { ident, arguments: PathArguments::AngleBracketed(arguments) } =
        path.path.segments.last()?
    else {
        return None;
    };
    let types = arguments.args.iter();
    let mut types = types.filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.next().filter(|_| ident == name)
}

fn no_result(role: Role, signature: &Signature) -> Error {
    let form = match &signature.output {
        _ if role == Role::Send => "Result<()>".to_owned(),
        ReturnType::Type(_, ty) if !matches!(ty.as_ref(), Type::Tuple(_)) => {
            format!("Result<{}>", written(ty))
        }
        _ => "Result<String>".to_owned(),
    };
    let message =
        format!("a method with `#[{}]` returns a result: write `-> {form}`", role.form().name);
    match &signature.output {
        ReturnType::Type(_, ty) => Error::new_spanned(ty, message),
        ReturnType::Default => Error::new(signature.paren_token.span.close(), message),
    }
}
