//! The attributes that make a connector out of a struct and its methods.
//!
//! Use them through `connector_runtime`, whose prelude holds them all.

mod attr;
mod check;
mod errors;
mod expand;
mod fallback;
mod model;
mod settings;
mod syntax;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use proc_macro2::{Span, TokenStream as TokenStream2};

use crate::{attr::Role, syntax::Item};

/// Makes a connector out of a struct and of its `impl` block.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use connector_runtime::prelude::*;
///
/// /// A room with a thermostat.
/// #[connector]
/// struct Room {
///     /// Seconds between two polls.
///     #[arg(long, env = "POLL_SECONDS", default_value_t = 10)]
///     poll_seconds: u64,
/// }
///
/// #[connector]
/// impl Room {
///     #[receive(every = Duration::from_secs(self.poll_seconds))]
///     async fn fetch(&self) -> Result<String> {
///         Ok("21.5".to_owned())
///     }
///
///     #[parse]
///     fn readings(raw: &str) -> Result<BTreeMap<&'static str, f64>> {
///         Ok(BTreeMap::from([("temperature", raw.parse()?)]))
///     }
///
///     /// Sets what the thermostat aims at, in degrees Celsius.
///     #[send("setpoint", range = 15.0..=30.0)]
///     async fn aim_at(&self, celsius: f64) -> Result<()> {
///         println!("heating to {celsius} °C");
///         Ok(())
///     }
/// }
/// # let room = Room { poll_seconds: 10 };
/// # assert_eq!(room.sources(), [Source::poll("fetch", Duration::from_secs(10))]);
/// # assert_eq!(room.actuators()[0].key(), "setpoint");
/// ```
///
/// # On a struct
///
/// The fields become command line arguments: `#[connector]` derives `clap::Args` and leaves
/// `#[arg(..)]` to it, so that flags, environment variables, defaults and help are clap's. The
/// derive wants `clap` in scope; the prelude has it. The first paragraph of the documentation
/// says in `--help` what the connector is for; name and version are those of the package.
///
/// | option | meaning |
/// |---|---|
/// | `name = ".."` | the connector's name, in place of the package's: the root of its topics |
///
/// # On an `impl` block
///
/// The block stays as it is. After it comes an implementation of the trait `Connector` that calls
/// the methods with [`#[receive]`](macro@receive), of which there is at least one,
/// [`#[parse]`](macro@parse), of which there is exactly one, and [`#[send]`](macro@send). These
/// three need no `use`, as `#[connector]` reads them by name. Other members are none of its
/// business. There are no options, and a `#[cfg(..)]` stands on a whole block.
///
/// Where the methods are not known when the connector is compiled, implement `Connector` by hand.
#[proc_macro_attribute]
pub fn connector(options: TokenStream, item: TokenStream) -> TokenStream {
    annotated(options.into(), item.into()).into()
}

/// Marks a method that gets the next raw message from the device.
///
/// It takes `&self`, may be `async`, and returns `Result<T>` with any error type. `Ok(None)` of a
/// `Result<Option<T>>` says that there is nothing this time. Several methods may stand side by
/// side; they run at the same time, and return the same type.
///
/// | option | meaning |
/// |---|---|
/// | `every = DURATION` | asks at once and then in this rhythm; the expression may use `self` |
///
/// Without `every` the method is called again as soon as its last message is processed, so it
/// waits until the device has something to say:
///
/// ```
/// # use connector_runtime::prelude::*;
/// # #[connector]
/// # struct Meter { #[arg(skip)] telegrams: tokio::sync::Mutex<Telegrams> }
/// # #[derive(Default)]
/// # struct Telegrams;
/// # impl Telegrams { async fn next(&mut self) -> std::io::Result<Vec<u8>> { Ok(vec![1]) } }
/// #[connector]
/// impl Meter {
///     #[receive]
///     async fn telegram(&self) -> Result<Vec<u8>> {
///         Ok(self.telegrams.lock().await.next().await?)
///     }
///
///     #[receive(every = Duration::from_secs(3600))]
///     async fn totals(&self) -> Result<Option<Vec<u8>>> {
///         Ok(None)
///     }
/// #   #[parse]
/// #   fn readings(raw: &[u8]) -> Result<usize> { Ok(raw.len()) }
/// }
/// ```
#[proc_macro_attribute]
pub fn receive(_options: TokenStream, item: TokenStream) -> TokenStream {
    outside(Role::Receive, item.into()).into()
}

/// Marks the function that reads the sensors out of a raw message.
///
/// It takes the raw message by reference, and `&self` if it needs the settings. It is not `async`:
/// the same message always gives the same readings, so that recorded messages can be read again.
/// It returns `Result<T>`, where `T` is anything that serde can serialize; each leaf of it is a
/// sensor. `Ok(None)` of a `Result<Option<T>>` drops the message. There are no options.
///
/// ```
/// # use connector_runtime::prelude::*;
/// # #[connector]
/// # struct Room;
/// #[connector]
/// impl Room {
///     #[parse]
///     fn readings(raw: &str) -> Result<std::collections::BTreeMap<String, f64>> {
///         let (sensor, value) = raw.split_once('=').context("no `=` in the message")?;
///         Ok([(sensor.to_owned(), value.parse()?)].into())
///     }
/// #   #[receive]
/// #   async fn fetch(&self) -> Result<String> { Ok(String::new()) }
/// }
/// # assert_eq!(Room::readings("inside=20").unwrap()["inside"], 20.0);
/// ```
#[proc_macro_attribute]
pub fn parse(_options: TokenStream, item: TokenStream) -> TokenStream {
    outside(Role::Parse, item.into()).into()
}

/// Marks a method that hands a command to the device: `#[send("key")]`.
///
/// The key is the datapoint's name, and unique. `__` joins the parts of a nested key, as in
/// `"room_1__setpoint"`. The first paragraph of the method's documentation describes it to
/// people.
///
/// The method takes `&self`, the value as any type that serde can deserialize, and, if it wants
/// to, the time of the command as any type that is `From<Timestamp>`. It may be `async`, and
/// returns `Result<()>` with any error type.
///
/// | option | meaning |
/// |---|---|
/// | `range = LOW..=HIGH` | the numbers that the device may see; every other value is refused |
/// | `example = VALUE` | a value that people see where they select datapoints |
///
/// ```
/// # use connector_runtime::prelude::*;
/// # #[connector]
/// # struct Heater;
/// #[connector]
/// impl Heater {
///     /// Switches the heater.
///     #[send("on")]
///     fn switch(&self, on: bool) -> Result<()> {
///         Ok(println!("{}", if on { "on" } else { "off" }))
///     }
///
///     /// Heats with this power, in watts.
///     #[send("power", range = 0..=3000, example = 500)]
///     async fn heat(&self, watts: u16, since: Timestamp) -> Result<()> {
///         ensure!(since.as_millis() > 0, "the command is too old");
///         Ok(println!("{watts} W"))
///     }
/// #   #[receive]
/// #   async fn fetch(&self) -> Result<String> { Ok(String::new()) }
/// #   #[parse]
/// #   fn readings(raw: &str) -> Result<f64> { Ok(raw.parse()?) }
/// }
/// ```
#[proc_macro_attribute]
pub fn send(_options: TokenStream, item: TokenStream) -> TokenStream {
    outside(Role::Send, item.into()).into()
}

fn annotated(options: TokenStream2, item: TokenStream2) -> TokenStream2 {
    match syn::parse2(item.clone()) {
        Ok(Item::Struct(parsed)) => match check::settings(options, &parsed) {
            Ok(settings) => settings::expand(&item, &settings),
            Err(error) => fallback::settings(item, &parsed, &error),
        },
        Ok(Item::Impl(block)) => match check::connector(options, &block) {
            Ok(connector) => expand::expand(item, &connector),
            Err(error) => fallback::block(item, &block, &error),
        },
        Ok(Item::Other(keyword)) => fallback::item(item, &check::misplaced(keyword)),
        Err(error) => fallback::item(item, &error),
    }
}

/// The role attributes run by themselves only where no `#[connector]` has taken them away.
fn outside(role: Role, item: TokenStream2) -> TokenStream2 {
    fallback::item(item, &check::outside(role, Span::call_site()))
}
