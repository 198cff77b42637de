//! `describe`: documents that are made of the code alone, so that they change when the code does, and
//! never with the environment of who makes them.

mod acl;
mod asyncapi;
mod command;
mod compose;
mod document;
mod dotenv;
mod hass;
mod identifier;
mod manifest;
mod map;
mod markdown;
mod systemd;
mod table;
mod topics;
mod variables;

pub(crate) use self::command::Describe;
