//! The rules, and what is said to those who break them: from syntax to the model.

mod key;
mod message;
mod options;
mod range;
mod readings;
mod roles;
mod serde;
mod shape;
mod signature;

use proc_macro2::TokenStream;
use syn::{ItemStruct, Result};

use self::{options::Options, roles::Annotated};
pub(crate) use self::{readings::readings, roles::outside, shape::misplaced};
use crate::{
    attr::{self, METHODS, Role, SETTINGS},
    errors::{all, both, split},
    model::{Connector, Parse, Receive, Send, Settings},
    syntax::{Impl, summary},
};

/// The rules for a struct.
pub(crate) fn settings(arguments: TokenStream, item: &ItemStruct) -> Result<Settings> {
    let name = Options::new(&SETTINGS, attr::parse_arguments(arguments))
        .and_then(|options| options.get("name").map(key::connector_name).transpose());
    let shape = both(shape::named_fields(item), shape::not_generic(&item.generics));
    if shape.is_err() {
        both(shape, name.clone())?;
    }
    Ok(Settings { ident: item.ident.clone(), name, about: summary(&item.attrs) })
}

/// The rules for an `impl` block.
pub(crate) fn connector(arguments: TokenStream, block: &Impl) -> Result<Connector> {
    shape::inherent(block)?;
    let options = Options::new(&METHODS, attr::parse_arguments(arguments));
    let (methods, roles) = split(block.members.iter().filter_map(roles::annotated));
    let with = |role| methods.iter().filter(move |method| method.role == role);

    let (receives, receive_faults) = split(with(Role::Receive).map(receive));
    let (mut parses, parse_faults) = split(with(Role::Parse).map(parse));
    let (sends, send_faults) = split(with(Role::Send).map(send));
    all([
        options.map(|_| ()),
        shape::not_generic(&block.generics),
        roles::present(Role::Receive, block),
        roles::present(Role::Parse, block),
        roles::single(with(Role::Parse)),
        roles,
        receive_faults,
        parse_faults,
        send_faults,
        message::one_type(&receives),
        key::unique(with(Role::Send)),
    ])?;

    let raw = receives.first().map(|receive| receive.message.ty.clone());
    let (Some(raw), Some(parse)) = (raw, parses.pop()) else {
        return Err(roles::missing(Role::Parse, block));
    };
    Ok(Connector { self_ty: block.self_ty.clone(), raw, receives, parse, sends })
}

fn receive(annotated: &Annotated<'_>) -> Result<Receive> {
    let signature = signature::receive(annotated.signature);
    let ((method, message), options) = both(signature, annotated.options())?;
    Ok(Receive { method, message, every: options.get("every").cloned() })
}

fn parse(annotated: &Annotated<'_>) -> Result<Parse> {
    let signature = signature::parse(annotated.signature);
    let ((method, parameter, message), _) = both(signature, annotated.options())?;
    Ok(Parse { method, parameter, message })
}

fn send(annotated: &Annotated<'_>) -> Result<Send> {
    let signature = signature::send(annotated.signature);
    let options = annotated.options().and_then(|options| {
        let key = key::datapoint(annotated.attr, &options);
        let range = range::range(&options, signature::value(annotated.signature));
        let (key, range) = both(key, range)?;
        Ok((key, range, options.get("example").cloned()))
    });
    let ((method, value, timestamp), (key, range, example)) = both(signature, options)?;
    let description = summary(annotated.attrs);
    Ok(Send { method, key, description, value, timestamp, range, example })
}
