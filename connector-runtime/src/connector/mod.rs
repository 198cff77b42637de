//! The trait of a connector, and the sources of its raw messages.

mod device_part;
mod source;

pub use self::{
    device_part::Connector,
    source::{Every, Source},
};
