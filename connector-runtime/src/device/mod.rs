//! The session with the device, and all calls of the device part.

mod calls;
mod outage;
mod pipeline;
pub(crate) mod poller;
mod recurring_error;
pub(crate) mod reprocess;
pub(crate) mod sender;
mod session;
mod task;
mod vitals;

pub use self::task::Task;
pub(crate) use self::{session::Device, vitals::Vitals};
