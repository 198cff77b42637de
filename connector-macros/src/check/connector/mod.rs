//! The rules for an `impl` block with `#[connector]`.

mod connect;
mod parse;
mod receive;
mod roles;

use proc_macro2::TokenStream;
use syn::Result;

use self::{connect::connect, parse::parse, receive::receive};
use super::{
    method::Annotated,
    options::Options,
    send::{distinct_keys, distinct_parameters, send},
    shape,
};
use crate::{
    attr::{self, METHODS, Role},
    error_collector::ErrorCollector,
    model::Connector,
    syntax::Impl,
};

/// The rules for an `impl` block.
pub(crate) fn connector(arguments: TokenStream, block: &Impl) -> Result<Connector> {
    shape::inherent(block)?;
    let options = Options::new(&METHODS, attr::parse_arguments(arguments));
    let mut faults = ErrorCollector::default();
    let methods = faults.take_all(block.members.iter().filter_map(Annotated::of));
    let with = |role| methods.iter().filter(move |method| method.role == role);

    let mut errors = ErrorCollector::default();
    errors.check(options.and_then(|options| options.check_crate()));
    errors.check(shape::not_generic(&block.generics));
    errors.check(roles::present(Role::Receive, block));
    errors.check(roles::present(Role::Parse, block));
    errors.check(roles::single(with(Role::Connect)));
    errors.check(roles::single(with(Role::Parse)));
    errors.check(faults.finish());
    let mut connects = errors.take_all(with(Role::Connect).map(connect));
    let receives = errors.take_all(with(Role::Receive).map(receive));
    let mut parses = errors.take_all(with(Role::Parse).map(parse));
    let sends = errors.take_all(with(Role::Send).map(send));
    errors.check(roles::one_message(&receives));
    errors.check(distinct_keys(with(Role::Send)));
    errors.check(roles::session_is_opened(block, &receives, &sends));
    let session = connects.first().map(|connect| &connect.session);
    errors.take_all(sends.iter().map(|send| distinct_parameters(session, send)));
    errors.finish()?;

    let raw = receives.first().map(|receive| receive.message.ty.clone());
    let (Some(raw), Some(parse)) = (raw, parses.pop()) else {
        return Err(roles::missing(Role::Parse, block));
    };
    let (self_ty, connect) = (block.self_ty.clone(), connects.pop());
    Ok(Connector { self_ty, raw, connect, receives, parse, sends })
}
