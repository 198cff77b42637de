//! The attributes that turn a struct and its methods into a connector.
//!
//! Use them through `connector_runtime`, whose prelude contains them all.
//!
//! # Layout
//!
//! An item passes through these modules from the syntax to the expansion. Each module uses only
//! those above it, and no two files use each other.
//!
//! | module | knows |
//! |---|---|
//! | `error_collector` | how independent errors become one |
//! | `attr` | how our attributes are spelled: the list of all attributes and options |
//! | `syntax` | Rust's grammar, as far as it is needed |
//! | `model` | what an annotated item means |
//! | `check` | the rules, and the errors for breaking them: from `syntax` to `model` |
//! | `expand` | the code: from `model` to tokens |
//! | `lib.rs` | the entry points, which join the stages |

mod attr;
mod check;
mod error_collector;
mod expand;
mod model;
mod syntax;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;
use proc_macro2::{Span, TokenStream as TokenStream2};
use quote::quote;
use syn::DeriveInput;

use crate::{
    attr::Role,
    expand::{crate_path, fallback},
    syntax::Item,
};

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
/// `#[arg(..)]`, `#[command(..)]` and `#[group(..)]` to it, so that flags, environment variables,
/// defaults and help are clap's. The first paragraph of the documentation says in `--help` what the
/// connector is for; name and version are those of the package.
///
/// | option | meaning |
/// |---|---|
/// | `name = ".."` | the connector's name, in place of the package's: the root of its topics |
/// | `crate = path` | where the runtime is, if it has another name in this crate |
///
/// # On an `impl` block
///
/// The block stays as it is. After it comes an implementation of the trait `Connector` that calls
/// the methods with [`#[connect]`](macro@connect), of which there is one or none,
/// [`#[receive]`](macro@receive), of which there is at least one, [`#[parse]`](macro@parse), of which
/// there is exactly one, and [`#[send]`](macro@send). These four need no `use`, as `#[connector]` reads
/// them by name. Other members are none of its business. A `#[cfg(..)]` stands on a whole block.
///
/// | option | meaning |
/// |---|---|
/// | `crate = path` | where the runtime is, if it has another name in this crate |
///
/// Where sources or sensors are known only at run time, implement `Connector` by hand.
///
/// # Where the runtime has another name
///
/// A path that begins with `crate`, `self` or `super` is taken as it is, any other from the outside:
/// `crate = my_runtime` is `::my_runtime`.
///
/// ```
/// mod framework {
///     pub mod runtime {
///         pub use connector_runtime::*;
///     }
/// }
///
/// use framework::runtime::{ConnectorSettings, prelude::*};
///
/// /// A thermometer.
/// #[connector(name = "thermometer", crate = crate::framework::runtime)]
/// struct Thermometer {}
///
/// #[derive(Serialize, Datapoints)]
/// #[datapoint(crate = crate::framework::runtime)]
/// struct Reading {
///     temperature: f64,
/// }
///
/// #[connector(crate = crate::framework::runtime)]
/// impl Thermometer {
///     #[receive(every = Duration::from_secs(10))]
///     fn read(&self) -> Result<String> {
///         Ok("21.5".to_owned())
///     }
///
///     #[parse]
///     fn reading(raw: &str) -> Result<Reading> {
///         Ok(Reading { temperature: raw.parse()? })
///     }
/// }
///
/// # fn main() {
/// assert_eq!(Thermometer::NAME, "thermometer");
/// # }
/// ```
#[proc_macro_attribute]
pub fn connector(options: TokenStream, item: TokenStream) -> TokenStream {
    annotated(options.into(), item.into()).into()
}

/// Marks the method that opens a session with the device.
///
/// It takes `&self`, may be `async`, and returns `Result<T>` with any error type, where `T` is what is
/// open from then on: a connection, a socket, a login. It is any type that is `Send + Sync`, but `()`.
/// The methods with [`#[receive]`](macro@receive) and [`#[send]`](macro@send) may take `&T` after
/// `&self`; several of them use it at the same time.
///
/// The runtime calls it at the start, again with growing pauses where it fails, and again after the
/// session has ended. An error of a method with `#[receive]` or `#[send]` ends the session, unless it is
/// marked by `.keep_session()` or the method is marked by the option `keep_session`. So there are no loops to
/// write.
///
/// | option | meaning |
/// |---|---|
/// | `state = "key"` | adds a sensor with this key: whether there is a session, `true` or `false` |
/// | `timeout = DURATION` | a call that takes longer is dropped and counts as failed; 30 s if not given |
///
/// ```
/// # use connector_runtime::prelude::*;
/// # use tokio::sync::Mutex;
/// # struct Connection;
/// # impl Connection {
/// #     async fn open(_address: &str) -> std::io::Result<Self> { Ok(Self) }
/// #     async fn ask(&mut self, _request: &str) -> std::io::Result<String> { Ok(String::new()) }
/// # }
/// # #[connector]
/// # struct Meter { #[arg(long)] address: String }
/// type Session = Mutex<Connection>;
///
/// #[connector]
/// impl Meter {
///     #[connect(state = "connected")]
///     async fn open(&self) -> Result<Session> {
///         Ok(Mutex::new(Connection::open(&self.address).await?))
///     }
///
///     /// Where this fails the session ends, and the next one is asked at once.
///     #[receive(every = Duration::from_secs(10))]
///     async fn power(&self, session: &Session) -> Result<String> {
///         Ok(session.lock().await.ask("power?").await?)
///     }
///
///     /// The device may refuse, and is alive: that ends nothing.
///     #[send("relay")]
///     async fn switch(&self, session: &Session, on: bool) -> Result<()> {
///         let answer = session.lock().await.ask(if on { "on" } else { "off" }).await?;
///         ensure_ok(&answer).keep_session()
///     }
/// #   #[parse]
/// #   fn readings(raw: &str) -> Result<std::collections::BTreeMap<&'static str, f64>> {
/// #       Ok([("power", raw.parse()?)].into())
/// #   }
/// }
///
/// fn ensure_ok(answer: &str) -> Result<()> {
///     ensure!(answer == "ok", "the device says {answer}");
///     Ok(())
/// }
/// # assert_eq!(Meter { address: String::new() }.state_sensor(), Some("connected"));
/// ```
#[proc_macro_attribute]
pub fn connect(_options: TokenStream, item: TokenStream) -> TokenStream {
    outside(Role::Connect, item.into()).into()
}

/// Marks a method that gets the next raw message from the device.
///
/// It takes `&self` and, with [`#[connect]`](macro@connect), the session if it wants to. It may be
/// `async`, and returns `Result<T>` with any error type. `Ok(None)` of a `Result<Option<T>>` says that
/// there is nothing this time. Several methods may stand side by side; they run at the same time, and
/// return the same type.
///
/// | option | meaning |
/// |---|---|
/// | `every = DURATION` | asks at once and then in this rhythm; the expression may use `self` |
/// | `timeout = DURATION` | a call that takes longer is dropped, which ends the session |
/// | `keep_session` | no error of this method ends the session |
///
/// Without `timeout` a poll may take as long as its interval, but at least a minute; a method without
/// `every` may wait for ever. `every` takes a `Duration`, or an `Option<Duration>` whose `None` says that there is no such source.
/// Without `every` the method is called again as soon as its last message is processed, so it
/// waits until the device has something to say:
///
/// ```
/// # use connector_runtime::prelude::*;
/// # use tokio::sync::Mutex;
/// # #[connector]
/// # struct Meter { #[arg(skip)] history: Option<Duration> }
/// # struct Telegrams;
/// # impl Telegrams { async fn next(&mut self) -> std::io::Result<Vec<u8>> { Ok(vec![1]) } }
/// #[connector]
/// impl Meter {
///     #[connect]
///     async fn open(&self) -> Result<Mutex<Telegrams>> {
///         Ok(Mutex::new(Telegrams))
///     }
///
///     #[receive]
///     async fn telegram(&self, session: &Mutex<Telegrams>) -> Result<Vec<u8>> {
///         Ok(session.lock().await.next().await?)
///     }
///
///     #[receive(every = Duration::from_secs(3600))]
///     async fn totals(&self) -> Result<Option<Vec<u8>>> {
///         Ok(None)
///     }
///
///     /// It is there where the settings say so, and fails in winter.
///     #[receive(every = self.history, timeout = Duration::from_secs(5), keep_session)]
///     async fn history(&self) -> Result<Vec<u8>> {
///         bail!("there is no history in winter")
///     }
/// #   #[parse]
/// #   fn readings(raw: &[u8]) -> Result<usize> { Ok(raw.len()) }
/// }
/// # let sources = Meter { history: None }.sources();
/// # assert_eq!(sources[2], Source::poll("history", None).timeout(Duration::from_secs(5)));
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
/// sensor, known before the first message with [`#[derive(Datapoints)]`](derive@Datapoints). `Ok(None)`
/// of a `Result<Option<T>>` drops the message, and so does an error, which the log tells. There are no
/// options.
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
/// The method takes, in this order: `&self`; the session by reference, if it wants to; the key as
/// `&str`, if it serves several; the value, as any type that serde can deserialize; and, if it wants
/// to, the time of the command, as any type that is `From<Timestamp>`. It may be `async`, and returns
/// `Result<()>` with any error type.
///
/// | option | meaning |
/// |---|---|
/// | `unit = "W"` | the unit of its values, for people |
/// | `range = LOW..=HIGH` | the numbers that the device may see; every other value is refused |
/// | `one_of = [..]` | the values that the device may see; beside `range` one of the two has to fit |
/// | `max_len = N` | the most characters of a text, or items of a list |
/// | `example = VALUE` | a value that people see where they select datapoints |
/// | `each = LIST` | what is known only at run time; may use `self` |
/// | `keep_session` | no error of this method ends the session |
///
/// For actuators that move real things:
///
/// | option | meaning |
/// |---|---|
/// | `max_age = DURATION` | an older command is refused, when it comes and again just before it is sent |
/// | `monotonic` | a command is refused if its timestamp is not newer than that of all before |
/// | `queue = latest` | of the commands that wait only the newest is kept, in place of up to 256 |
/// | `min_interval = DURATION` | from the end of one send to the next at least so long passes |
/// | `timeout = DURATION` | a call that takes longer is dropped and counts as failed; 30 s if not given, and never longer than `after` |
/// | `failsafe = VALUE, after = DURATION` | the device gets this value when no command was taken for so long, and at the end |
/// | `retained = accept` | retained commands are taken too, each once |
///
/// The durations may use `self`. The guide tells more of them, under *Commands*.
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
///     /// Heats with this power, in watts. Below 200 W it can only be off.
///     #[send("power", range = 200..=3000, one_of = [0], example = 500)]
///     async fn heat(&self, watts: u16, since: Timestamp) -> Result<()> {
///         ensure!(since.as_millis() > 0, "the command is too old");
///         Ok(println!("{watts} W"))
///     }
///
///     /// Chooses what it does at night.
///     #[send("night", one_of = ["off", "low"])]
///     async fn night(&self, mode: String) -> Result<()> {
///         Ok(println!("{mode}"))
///     }
///
///     /// Shows a text. A broken display is no reason to connect again.
///     #[send("text", max_len = 20, keep_session)]
///     async fn show(&self, text: String) -> Result<()> {
///         bail!("the display is broken: {text}")
///     }
/// #   #[receive]
/// #   async fn fetch(&self) -> Result<String> { Ok(String::new()) }
/// #   #[parse]
/// #   fn readings(raw: &str) -> Result<f64> { Ok(raw.parse()?) }
/// }
/// # assert_eq!(Heater.actuators().len(), 4);
/// ```
///
/// # Several actuators
///
/// | keys | the method takes | and serves |
/// |---|---|---|
/// | `"a", "b"` | `key: &str` | these |
/// | `"{room}__on", each = ROOMS` | `room: &str`, what is in the braces | a family, one for each text |
/// | `each = LIST` | `key: &str` | all others: a list of keys, or of `Actuator`s |
///
/// `each` is asked again for each new session, and whenever a new sensor was found. A key that is
/// written goes before a family; a key among all others that could be one of a family is left out.
///
/// ```
/// # use connector_runtime::prelude::*;
/// # #[connector]
/// # struct House { #[arg(skip)] rooms: Vec<String>, #[arg(skip)] registers: Vec<(String, u16)> }
/// #[connector]
/// impl House {
///     /// Opens a valve, in percent.
///     #[send("valve_1", "valve_2", range = 0..=100)]
///     async fn open(&self, key: &str, percent: u8) -> Result<()> {
///         Ok(println!("{key}: {percent} %"))
///     }
///
///     /// Switches the light of a room.
///     #[send("{room}__light", each = &self.rooms)]
///     async fn light(&self, room: &str, on: bool) -> Result<()> {
///         Ok(println!("{room}: {on}"))
///     }
///
///     /// Writes a register.
///     #[send(each = self.registers.iter().map(|(name, most)| Actuator::new(name.clone()).range(0..=*most)))]
///     async fn write(&self, key: &str, value: u16) -> Result<()> {
///         Ok(println!("{key} := {value}"))
///     }
/// #   #[receive]
/// #   async fn fetch(&self) -> Result<String> { Ok(String::new()) }
/// #   #[parse]
/// #   fn readings(raw: &str) -> Result<f64> { Ok(raw.parse()?) }
/// }
/// # let house = House { rooms: vec!["hall".into()], registers: vec![("r1".into(), 7)] };
/// # let actuators = house.actuators();
/// # let keys: Vec<_> = actuators.iter().map(Actuator::key).collect();
/// # assert_eq!(keys, ["valve_1", "valve_2", "hall__light", "r1"]);
/// ```
#[proc_macro_attribute]
pub fn send(_options: TokenStream, item: TokenStream) -> TokenStream {
    outside(Role::Send, item.into()).into()
}

/// Tells which sensors readings hold before the first message comes, and hands over their values.
///
/// Readings are anything that serde can serialize, and their sensors are found when they are first
/// seen. With this derive beside `Serialize` they are announced at the start already, each with an
/// example that stands in for a value: the administrator can select them before the device has
/// said anything. An example is never published as a value. Kind, unit, range and description are
/// in the sensors that `Connector::sensors` returns. For `None` nothing is published, unless the field
/// says `null`.
///
/// ```
/// use connector_runtime::{Kind, prelude::*, readings::FlatReadings};
///
/// #[derive(Serialize, Datapoints)]
/// struct Status {
///     /// Power fed into the grid.
///     #[datapoint(unit = "W", range = 0.0..=5000.0)]
///     power: f64,
///     mode: Mode,
///     battery: Battery,
///     #[datapoint(skip)]
///     serial: String,
/// }
///
/// #[derive(Serialize, Datapoints)]
/// #[datapoint(rename_all = "lowercase")]
/// enum Mode {
///     Idle,
///     #[datapoint(rename = "feed-in")]
///     Feeding,
/// }
///
/// #[derive(Serialize, Datapoints)]
/// struct Battery {
///     #[datapoint(rename = "soc", unit = "%")]
///     state_of_charge: u8,
///     /// Absent where there is no sensor.
///     #[datapoint(unit = "°C")]
///     temperature: Option<f32>,
///     /// What is wrong, if anything is.
///     #[datapoint(null)]
///     fault: Option<String>,
/// }
///
/// let sensors = Status::sensors();
/// let power = Sensor::new("power", Kind::Number)
///     .description("Power fed into the grid.")
///     .unit("W")
///     .range(0.0..=5000.0);
/// assert_eq!(sensors[0], power);
/// assert_eq!(sensors[1].kind, Kind::Word(&["idle", "feed-in"]));
/// assert_eq!(sensors[2].key, "battery__soc");
/// assert_eq!(sensors[3].key, "battery__temperature");
///
/// let battery = Battery { state_of_charge: 50, temperature: None, fault: None };
/// let status = Status { power: 1.5, mode: Mode::Feeding, battery, serial: "A1".to_owned() };
/// let mut flat = FlatReadings::default();
/// flat.record(&status)?;
/// let power = [("power", "1.5"), ("mode", "\"feed-in\"")];
/// let battery = [("battery__soc", "50"), ("battery__fault", "null")];
/// assert!(flat.values().eq([power, battery].concat()));
/// # let idle = Status { mode: Mode::Idle, ..status };
/// # flat.record(&idle)?;
/// # assert!(flat.values().any(|value| value == ("mode", "\"idle\"")));
/// # assert_eq!(idle.serial, "A1");
/// # Ok::<_, Error>(())
/// ```
///
/// # On a field: `#[datapoint(..)]`
///
/// | option | meaning |
/// |---|---|
/// | `unit = ".."` | the unit of the value, or of all numbers within that have none of their own |
/// | `range = LOW..=HIGH` | the numbers that are to be expected; others are published all the same |
/// | `rename = ".."` | the key, in place of the field's name |
/// | `null` | for an `Option`: `None` is `null`, in place of nothing |
/// | `skip` | leaves the field out; its type needs no derive |
///
/// The first paragraph of the field's documentation describes the sensor to people.
///
/// # On a type and on a variant
///
/// | option | on | meaning |
/// |---|---|---|
/// | `rename_all = ".."` | a type | spells all names in a case, as that of serde does |
/// | `crate = path` | a type | where the runtime is, if it has another name in this crate |
/// | `rename = ".."` | a variant | its word |
/// | `skip` | a variant | while a field has this value nothing is published for it |
///
/// # What becomes of a type
///
/// - A struct is one sensor for each field; `__` joins the keys of nested ones.
/// - An enum is one value, its words. Its variants have no data.
/// - A struct with a single field without a name is what the field is; with several it is a list.
/// - Lists, arrays and tuples are one value.
/// - The keys of maps, of `serde_json::Value`, and of fields with `#[serde(serialize_with = ..)]` are
///   known only at run time: they are found on first sight, as without the derive.
/// - All of these are written by serde. Within them a type needs `Serialize`, what `#[datapoint(..)]`
///   says of its fields has no effect, and in a list `None` is `null`.
/// - Elsewhere `None` is nothing, unless the field says `null`. `()` and the null of a
///   `serde_json::Value` are `null`.
///
/// # Keys
///
/// No two fields may have the same key, and a key is part of an MQTT topic. Two fields whose types
/// give them the same key are an error as well:
///
/// ```compile_fail,E0080
/// # use connector_runtime::prelude::*;
/// #[derive(Serialize, Datapoints)]
/// struct Status {
///     battery: Battery,
///     #[datapoint(rename = "battery__soc")]
///     state_of_charge: u8,
/// }
///
/// #[derive(Serialize, Datapoints)]
/// struct Battery {
///     soc: u8,
/// }
/// ```
///
/// Where the keys of a generic type meet is found when a program that uses it is built. What takes
/// more than one level of nesting, as `a__b__c` beside a field `a`, or the keys of a map, is found
/// when it runs, and told in the log.
///
/// # serde's names count, too
///
/// `#[serde(rename = "..")]`, `rename_all`, `skip`, `skip_serializing_if`, `flatten`, `transparent`,
/// `with` and `serialize_with` mean here what they mean to serde, so that there is no need to say
/// things twice. `#[datapoint(..)]` goes before them. What this derive cannot follow, `tag` for
/// example, is an error.
///
/// ```
/// # use connector_runtime::{prelude::*, readings::FlatReadings};
/// #[derive(Serialize, Datapoints)]
/// #[serde(rename_all = "camelCase")]
/// struct Status {
///     feed_in: f64,
///     #[serde(rename = "v", skip_serializing_if = "Vec::is_empty")]
///     #[datapoint(rename = "voltages", unit = "V")]
///     strings: Vec<f64>,
///     #[serde(flatten)]
///     errors: Errors,
///     #[serde(serialize_with = "seconds")]
///     uptime: Duration,
/// }
///
/// #[derive(Serialize, Datapoints)]
/// struct Errors {
///     is_faulty: bool,
/// }
///
/// fn seconds<S: serde::Serializer>(uptime: &Duration, to: S) -> Result<S::Ok, S::Error> {
///     to.serialize_u64(uptime.as_secs())
/// }
///
/// let errors = Errors { is_faulty: false };
/// let uptime = Duration::from_secs(60);
/// let mut flat = FlatReadings::default();
/// flat.record(&Status { feed_in: 0.5, strings: vec![], errors, uptime })?;
/// assert!(flat.values().eq([("feedIn", "0.5"), ("is_faulty", "false"), ("uptime", "60")]));
/// # assert_eq!(Status::sensors().len(), 3);
/// # Ok::<_, Error>(())
/// ```
#[proc_macro_derive(Datapoints, attributes(datapoint))]
pub fn datapoints(item: TokenStream) -> TokenStream {
    derived(item.into()).into()
}

fn derived(item: TokenStream2) -> TokenStream2 {
    let item: DeriveInput = match syn::parse2(item) {
        Ok(item) => item,
        Err(error) => return error.to_compile_error(),
    };
    let runtime = crate_path::of_attributes(&item.attrs);
    let expanded = match check::readings(&item) {
        Ok(readings) => expand::datapoints(readings),
        Err(error) => {
            let errors = error.to_compile_error();
            let undescribed = expand::undescribed(item.ident, item.generics);
            quote!(#undescribed #errors)
        }
    };
    crate_path::rename(expanded, runtime)
}

fn annotated(options: TokenStream2, item: TokenStream2) -> TokenStream2 {
    let runtime = crate_path::of_options(options.clone());
    let expanded = match syn::parse2(item.clone()) {
        Ok(Item::Struct(parsed)) => match check::settings(options, &parsed) {
            Ok(settings) => expand::settings(item, &settings),
            Err(error) => fallback::settings(item, &parsed, &error),
        },
        Ok(Item::Impl(block)) => match check::connector(options, &block) {
            Ok(connector) => expand::connector(item, &connector),
            Err(error) => fallback::block(item, &block, &error),
        },
        Ok(Item::Other(keyword)) => fallback::item(item, &check::misplaced(keyword)),
        Err(error) => fallback::item(item, &error),
    };
    crate_path::rename(expanded, runtime)
}

/// A role attribute runs by itself only if no `#[connector]` has removed it.
fn outside(role: Role, item: TokenStream2) -> TokenStream2 {
    fallback::item(item, &check::outside(role, Span::call_site()))
}
