//! The meaning of annotated items that satisfy every rule.

mod connector;
mod method;
mod range;
mod readings;
mod send;
mod settings;

pub(crate) use self::{
    connector::{Connect, Connector, Parse, Receive},
    method::{Message, Method},
    range::Range,
    readings::{Content, Field, Meeting, Place, Readings, Word},
    send::{Bounds, Guard, Keys, OneOf, Send},
    settings::Settings,
};
