//! The trait that a connector implements, and the sources of its raw messages.

mod device_part;
mod source;

pub use self::{
    device_part::Connector,
    source::{Every, Source},
};
