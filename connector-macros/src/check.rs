//! The rules, and what is said to those who break them: from syntax to the model.

mod actuators;
mod choice;
mod guard;
mod key;
mod kind;
mod message;
mod options;
mod range;
mod readings;
mod roles;
mod serde;
mod shape;
mod signature;

use proc_macro2::TokenStream;
use syn::{Attribute, Field, ItemStruct, Result, Type};

use self::{options::Options, roles::Annotated, signature::Sender};
pub(crate) use self::{readings::readings, roles::outside, shape::misplaced};
use crate::{
    attr::{self, METHODS, Role, SETTINGS},
    errors::{all, both, split},
    model::{Bounds, Connect, Connector, Parse, Receive, Send, Settings},
    syntax::{Impl, summary},
};

/// The rules for a struct.
pub(crate) fn settings(arguments: TokenStream, item: &ItemStruct) -> Result<Settings> {
    let options = Options::new(&SETTINGS, attr::parse_arguments(arguments));
    let name = options.and_then(|options| {
        let name = options.get("name").map(key::connector_name).transpose();
        both(name, options.check_crate()).map(|(name, ())| name)
    });
    let shape = both(shape::named_fields(item), shape::not_generic(&item.generics));
    if shape.is_err() {
        both(shape, name.clone())?;
    }
    let (ident, about) = (item.ident.clone(), summary(&item.attrs));
    let (attrs, fields) = (for_clap(&item.attrs), item.fields.iter().cloned());
    let fields = fields.map(|field| Field { attrs: for_clap(&field.attrs), ..field }).collect();
    Ok(Settings { ident, name, about, attrs, fields })
}

fn for_clap(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs.iter().filter(|attr| attr::tells_clap(attr)).cloned().collect()
}

/// The rules for an `impl` block.
pub(crate) fn connector(arguments: TokenStream, block: &Impl) -> Result<Connector> {
    shape::inherent(block)?;
    let options = Options::new(&METHODS, attr::parse_arguments(arguments));
    let options = options.and_then(|options| options.check_crate());
    let (methods, roles) = split(block.members.iter().filter_map(roles::annotated));
    let with = |role| methods.iter().filter(move |method| method.role == role);

    let (mut connects, connect_faults) = split(with(Role::Connect).map(connect));
    let (receives, receive_faults) = split(with(Role::Receive).map(receive));
    let (mut parses, parse_faults) = split(with(Role::Parse).map(parse));
    let (sends, send_faults) = split(with(Role::Send).map(send));
    let has_connect = roles::present(Role::Connect, block).is_ok();
    let session = connects.first().map(|connect| &connect.session);
    let values_are_values = all(sends.iter().map(|send| signature::value_is_one(session, send)));
    let values_are_values = values_are_values.map(|_| ());
    let in_receives = receives.iter().filter_map(|receive| receive.session.as_ref());
    let in_sends = sends.iter().filter_map(|send| send.session.as_ref());
    all([
        options,
        shape::not_generic(&block.generics),
        roles::present(Role::Receive, block),
        roles::present(Role::Parse, block),
        roles::single(with(Role::Connect)),
        roles::single(with(Role::Parse)),
        roles,
        connect_faults,
        receive_faults,
        parse_faults,
        send_faults,
        message::one_type(&receives),
        actuators::distinct(with(Role::Send)),
        signature::session_is_opened(has_connect, in_receives.chain(in_sends)),
        values_are_values,
    ])?;

    let raw = receives.first().map(|receive| receive.message.ty.clone());
    let (Some(raw), Some(parse)) = (raw, parses.pop()) else {
        return Err(roles::missing(Role::Parse, block));
    };
    let (self_ty, connect) = (block.self_ty.clone(), connects.pop());
    Ok(Connector { self_ty, raw, connect, receives, parse, sends })
}

fn connect(annotated: &Annotated<'_>) -> Result<Connect> {
    let signature = signature::connect(annotated.signature);
    let options = annotated.options();
    let options = options.and_then(|options| {
        let state = options.get("state").map(key::state).transpose()?;
        Ok((state, guard::duration(&options, "timeout")?))
    });
    let ((method, session), (state, timeout)) = both(signature, options)?;
    Ok(Connect { method, session, state, timeout })
}

fn receive(annotated: &Annotated<'_>) -> Result<Receive> {
    let signature = signature::receive(annotated.signature);
    let ((method, session, message), options) = both(signature, annotated.options())?;
    let (every, timeout) = (options.get("every").cloned(), guard::duration(&options, "timeout")?);
    let keep_session = options.written("keep_session").is_some();
    Ok(Receive { method, session, message, every, timeout, keep_session })
}

fn parse(annotated: &Annotated<'_>) -> Result<Parse> {
    let signature = signature::parse(annotated.signature);
    let ((method, parameter, message), _) = both(signature, annotated.options())?;
    Ok(Parse { method, parameter, message })
}

fn send(annotated: &Annotated<'_>) -> Result<Send> {
    let signature = signature::send(annotated.signature);
    let options = annotated.options().and_then(|options| {
        let value = signature::value(annotated.signature);
        let keys = actuators::keys(annotated.attr, &options);
        let limits = both(bounds(&options, value), guard::guard(&options, value));
        let facts = both(readings::text(&options, "unit"), limits);
        let (keys, (unit, limits)) = both(keys, facts)?;
        let example = options.get("example").cloned();
        Ok((keys, unit, limits, example, options.written("keep_session").is_some()))
    });
    let (sender, (keys, unit, (bounds, guard), example, keep_session)) = both(signature, options)?;
    let Sender { method, session, takes_key, value, timestamp } = sender;
    actuators::told_which(&keys, takes_key, annotated)?;
    let description = summary(annotated.attrs);
    Ok(Send {
        method,
        keys,
        description,
        session,
        takes_key,
        value,
        timestamp,
        unit,
        bounds,
        guard,
        example,
        keep_session,
    })
}

fn bounds(options: &Options, value: Option<&Type>) -> Result<Bounds> {
    let one_of = choice::one_of(options, value);
    let (range, one_of) = both(range::range(options, value), one_of)?;
    Ok(Bounds { range, one_of, max_len: choice::max_len(options, value)? })
}
