//! The user's own names do not reach into the generated code.
#![deny(warnings)]

#[allow(dead_code, unused_imports, reason = "the names only stand in the way")]
mod taken {
    mod core {}
    mod std {}
    struct Vec;
    struct Option;
    struct String;
    struct Source;
    struct Actuator;
    struct Command;
    trait Connector {}
    enum Outcome {
        Some,
        None,
        Ok,
        Err,
    }
    use Outcome::*;

    /// The settings stand among these names, too.
    #[connector_runtime::connector]
    pub(crate) struct Room {
        /// Which room.
        #[arg(long)]
        room: Text,
    }

    type Text = ::std::string::String;
    type Result<T> = ::core::result::Result<T, ::std::fmt::Error>;

    #[connector_runtime::connector]
    impl Room {
        #[receive]
        async fn fetch(&self) -> Result<Text> {
            Result::Ok(Text::new())
        }

        #[parse]
        fn readings(raw: &str) -> Result<bool> {
            Result::Ok(raw.is_empty())
        }

        #[send("setpoint", range = 15.0..=30.0)]
        async fn set(&self, celsius: f64) -> Result<()> {
            let _ = celsius;
            Result::Ok(())
        }
    }
}

fn main() {}
