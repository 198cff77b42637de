//! Commands on their way from the bus to the device.

mod mailbox;
mod queue;
mod refusal;

pub(crate) use self::{
    mailbox::{Mailbox, Mailboxes},
    queue::{Arrival, Due, Step, WAIT_FOR_SESSION},
    refusal::Refusal,
};
