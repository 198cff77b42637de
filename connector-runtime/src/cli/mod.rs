//! The subcommands of a connector's program, for its author and its operator.

mod around;
mod check;
mod completions;
mod describe;
mod entry;
mod healthcheck;
mod once;
mod placeholders;
mod program;
mod record;
mod replay;
mod send;
mod simulate;
mod table;
mod tap;
mod tool;
mod work;

pub use self::entry::main;
