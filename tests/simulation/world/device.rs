//! The device, which knows which commands it must not get.

use connector_runtime::Command;

use super::{World, number_of};

/// The rules of the actuator `guarded`, in milliseconds.
const MAX_AGE: i64 = 10_000;
const SKEW: i64 = 5000;

impl World {
    pub(super) fn device(&mut self) {
        for command in self.machine.commands() {
            if let Err(problem) = self.carry_out(&command) {
                self.failure = Some(format!("{problem}: {command:?}"));
            }
            self.carried_out.insert(command.key().to_owned(), command);
        }
        if let Some(number) = self.plain.front() {
            self.failure = Some(format!("the device did not get the command {number}"));
        }
    }

    /// The device gets a command; an error if it must not.
    pub(super) fn carry_out(&mut self, command: &Command) -> Result<(), &'static str> {
        let number = number_of(command.json());
        let before = self.carried_out.get(command.key());
        if !self.live.contains(&number) {
            return Err("it was retained");
        }
        if before.is_some_and(|before| number_of(before.json()) >= number) {
            return Err("it came twice, or too late");
        }
        if command.key() == "plain" && self.plain.pop_front() != Some(number) {
            return Err("another command should have come before it");
        }
        if command.key() == "guarded" {
            let age = self.wall - command.timestamp().as_millis();
            if !(-SKEW..=MAX_AGE).contains(&age) {
                return Err("it is stale");
            }
            if before.is_some_and(|before| before.timestamp() >= command.timestamp()) {
                return Err("it is older than the one before");
            }
        }
        Ok(())
    }
}
