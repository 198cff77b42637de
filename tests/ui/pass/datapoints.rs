//! All that `#[derive(Datapoints)]` stands on, in a crate that bears no warning.
#![deny(warnings, missing_docs, clippy::pedantic)]

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    marker::PhantomData,
};

use connector_runtime::{Kind, prelude::*, readings::FlatReadings};

type Celsius = f32;
const LIMITS: std::ops::RangeInclusive<f64> = 15.0..=30.0;

/// Every kind of field.
#[derive(Serialize, Datapoints)]
pub struct Status<'a, T, const N: usize>
where
    T: Send,
{
    /// A word of Rust.
    #[datapoint(unit = "W", range = -5..=5)]
    pub r#type: i8,
    /// An alias.
    #[datapoint(range = -0.5..=0.5,)]
    pub alias: Celsius,
    /// A constant.
    #[datapoint(range = LIMITS)]
    pub constant: Option<Box<f64>>,
    /// Borrowed.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// A list.
    #[datapoint(unit = "V")]
    #[serde(serialize_with = "<[_]>::serialize")]
    #[cfg(false)]
    pub phases: [f64; N],
    /// Whatever.
    pub any: T,
    /// Keys that are known at run time.
    pub map: HashMap<String, Box<Status<'static, (), 0>>>,
    /// The same.
    pub value: serde_json::Value,
    /// The same.
    #[serde(flatten)]
    pub rest: BTreeMap<String, f64>,
    /// Nothing.
    #[serde(skip)]
    pub skipped: PhantomData<[(); N]>,
    /// A foreign type.
    #[serde(serialize_with = "seconds")]
    pub foreign: Duration,
    /// The same, without a value at times.
    #[serde(with = "minutes", skip_serializing_if = "Option::is_none")]
    #[datapoint(rename = "minutes")]
    pub other: Option<Duration>,
    /// Not for the bus.
    #[serde(skip)]
    #[datapoint(skip)]
    pub secret: Secret,
}

/// No readings.
#[derive(Default)]
pub struct Secret;

mod minutes {
    use std::time::Duration;

    #[allow(clippy::ref_option, reason = "serde calls it")]
    pub fn serialize<S: serde::Serializer>(
        duration: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => to.serialize_u64(duration.as_secs() / 60),
            None => to.serialize_none(),
        }
    }
}

fn seconds<S: serde::Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(duration.as_secs())
}

/// Without fields.
#[derive(Serialize, Datapoints)]
pub struct Empty {}

/// Neither.
#[derive(Serialize, Datapoints)]
pub struct Unit;

/// A list.
#[derive(Serialize, Datapoints)]
pub struct Phases(f64, f64, f64);

/// What it holds.
#[derive(Serialize, Datapoints)]
#[serde(transparent)]
pub struct Transparent {
    /// A value.
    pub value: Word,
}

/// Words.
#[derive(Serialize, Datapoints)]
#[serde(rename_all(serialize = "kebab-case", deserialize = "lowercase"))]
pub enum Word {
    /// Off.
    StandBy,
    /// On.
    #[serde(rename(serialize = "ON"), alias = "on")]
    On,
}

/// What is written by this derive needs no other.
#[derive(Datapoints)]
#[datapoint(rename_all = "camelCase")]
pub struct Alone<T> {
    /// A value.
    #[datapoint(rename = "on", unit = "W", range = 0..=9)]
    pub is_on: Option<u8>,
    /// Another one.
    #[deprecated]
    pub old_one: T,
    /// A word.
    pub switch: Switch,
    /// Left out.
    #[datapoint(skip)]
    pub secret: Secret,
}

/// Words.
#[derive(Datapoints)]
pub enum Switch {
    /// On.
    #[datapoint(rename = "1")]
    On,
    /// Off.
    #[deprecated]
    Off,
    /// No word.
    #[datapoint(skip)]
    Internal,
}

/// No words.
#[derive(Datapoints)]
pub enum Never {}

/// Keys that only look alike.
#[derive(Serialize, Datapoints)]
pub struct Apart {
    a: Word,
    a_b: u8,
    #[datapoint(rename = "a__value")]
    a_value: u8,
    node: Option<Box<Self>>,
    #[datapoint(rename = "node__c")]
    node_c: u8,
    #[serde(flatten)]
    keys: Within,
}

/// Among the keys of others.
#[derive(Serialize, Datapoints)]
pub struct Within {
    value: Transparent,
    b: u8,
}

/// The same where the type comes later.
#[derive(Serialize, Datapoints)]
pub struct Later<T> {
    a: u8,
    #[serde(flatten)]
    keys: T,
}

/// Holds what holds it.
#[derive(Serialize, Datapoints)]
pub struct Parent {
    child: Option<Box<Child>>,
    #[datapoint(rename = "name__b")]
    name_b: u8,
    name: Name,
}

/// The other one.
#[derive(Serialize, Datapoints)]
pub struct Child {
    parent: Option<Box<Parent>>,
    #[serde(flatten)]
    keys: Within,
}

/// One value.
#[derive(Serialize, Datapoints)]
pub struct Name(String);

/// Holds itself.
#[derive(Serialize, Datapoints)]
pub struct Node {
    value: f64,
    left: Option<Box<Node>>,
    right: Option<Box<Node>>,
}

/// The macro's types come in invisible parentheses.
macro_rules! readings {
    ($name:ident, $ty:ty, $unit:literal) => {
        /// From a macro.
        #[derive(Serialize, Datapoints)]
        pub struct $name {
            #[datapoint(unit = $unit, range = 0.0..=1.0)]
            value: Option<$ty>,
        }
    };
}

readings!(FromMacro, f64, "W");

mod shadowed {
    #![allow(dead_code, unused_imports, reason = "the names only stand in the way")]

    mod core {}
    mod std {}
    struct Vec;
    struct Option;
    struct Some;
    struct Result;
    struct Kind;
    struct Describer;
    struct Recorder;
    trait Datapoints {}

    #[derive(connector_runtime::Datapoints)]
    struct Readings {
        to: f64,
        words: Words,
        list: [f64; 40],
        #[datapoint(rename = "to__b")]
        other: bool,
    }

    #[derive(connector_runtime::Datapoints)]
    enum Words {
        Some,
        None,
    }
}

fn keys<T: Datapoints>() -> Vec<String> {
    T::sensors().into_iter().map(|sensor| sensor.key.into_owned()).collect()
}

fn values(readings: &impl Datapoints) -> Vec<(String, String)> {
    let mut flat = FlatReadings::default();
    flat.record(readings).unwrap();
    flat.values().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn main() {
    assert_eq!(
        keys::<Status<'_, Phases, 3>>(),
        ["type", "alias", "constant", "text", "any"],
    );
    let words = &Status::<'_, Transparent, 1>::sensors()[4];
    assert_eq!(words.kind, Kind::Word(&["stand-by", "ON"]));
    assert_eq!(keys::<FromMacro>(), ["value"]);
    assert_eq!(keys::<Node>(), ["value", "left__value", "right__value"]);
    assert!(keys::<(Unit, Empty)>().is_empty());
    assert_eq!(keys::<Alone<f64>>(), ["on", "oldOne", "switch"]);
    assert_eq!(keys::<Later<Within>>(), ["a", "value", "b"]);
    assert_eq!(keys::<Apart>().len(), 12);
    assert_eq!(keys::<Parent>().len(), 6);
    #[allow(deprecated, reason = "it is to be read all the same")]
    let alone = Alone { is_on: None, old_one: 0.5, switch: Switch::On, secret: Secret };
    let expected = [("oldOne", "0.5"), ("switch", "\"1\"")];
    assert_eq!(values(&alone), expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert!(values(&Switch::Internal).is_empty());
}
