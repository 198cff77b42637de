//! `replay`: parses recorded raw messages again, and prints, compares or publishes their values.

mod command;
mod diff;
mod publish;
mod replayed;

pub(crate) use self::command::{Replay, open};
