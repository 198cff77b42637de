//! `describe`: documents that are generated from the code alone, so that they are the same in every
//! environment.

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
