//! Messages that wait for the broker, in memory and on disk.

mod lane;
mod message;
mod packets;
mod poison;
mod queue;
mod spilled;
mod spool;

pub(crate) use self::{
    message::{Delivered, MessageKind, Publish},
    queue::{LIMIT, Outbox},
    spool::Running,
};
