//! The rules, and the errors for breaking them: from syntax to the model.

mod connector;
mod key;
mod kind;
mod method;
mod options;
mod range;
mod readings;
mod send;
mod serde;
mod settings;
mod shape;

pub(crate) use self::{
    connector::connector, method::outside, readings::readings, settings::settings, shape::misplaced,
};
