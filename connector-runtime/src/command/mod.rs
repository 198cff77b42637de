//! Commands that wait for the device.

mod mailbox;
mod queue;
mod refusal;

pub(crate) use self::{
    mailbox::{Mailbox, Mailboxes},
    queue::{Arrival, Due, Step, WAIT_FOR_SESSION},
    refusal::Refusal,
};
