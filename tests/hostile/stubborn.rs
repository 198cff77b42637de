//! A connector whose logging never returns once it shuts down, so that the thread of the bus is blocked. With
//! `BLOCK_AT=start` it blocks while it starts.

use std::thread;

use connector_runtime::{
    prelude::*,
    tracing::{
        Event, Metadata, Subscriber,
        field::{Field, Visit},
        span::{Attributes, Id, Record},
        subscriber::set_global_default,
    },
};

/// Connects nothing.
#[connector(name = "stubborn")]
struct Stubborn {
    /// When it blocks.
    #[arg(long, env = "BLOCK_AT", default_value = "stop")]
    block_at: String,
}

#[connector]
impl Stubborn {
    #[receive(every = Duration::from_secs(1))]
    fn read(&self) -> Result<String> {
        Ok(self.block_at.clone())
    }

    #[parse]
    fn readings(raw: &str) -> Result<String> {
        Ok(raw.to_owned())
    }
}

/// Prints each message, and never returns from some.
struct Printer(&'static str);

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Printer {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        println!("{}", message.0);
        while message.0.contains(self.0) {
            thread::park();
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn main() -> ExitCode {
    let is_at_start = std::env::var("BLOCK_AT").is_ok_and(|at| at == "start");
    let blocked = if is_at_start { "CONNECTOR_NAME is not set" } else { "Connector stopped." };
    set_global_default(Printer(blocked)).expect("it is the first");
    connector_runtime::main::<Stubborn>()
}
