//! Files and threads of the operating system, used so that neither can block or mislead a connector.

pub(crate) mod file;
pub(crate) mod thread;
