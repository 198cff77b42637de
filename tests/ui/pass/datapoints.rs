//! All that `#[derive(Datapoints)]` stands on, in a crate that bears no warning.
#![deny(warnings, missing_docs, clippy::pedantic)]

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    marker::PhantomData,
};

use connector_runtime::{Kind, prelude::*};

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
    struct Kind;
    struct Describe;
    trait Datapoints {}

    #[derive(connector_runtime::Datapoints)]
    struct Readings {
        to: f64,
        words: Words,
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

fn main() {
    assert_eq!(
        keys::<Status<'_, Phases, 3>>(),
        ["type", "alias", "constant", "text", "any"]
    );
    let words = &Status::<'_, Transparent, 1>::sensors()[4];
    assert_eq!(words.kind, Kind::Word(&["stand-by", "ON"]));
    assert_eq!(keys::<FromMacro>(), ["value"]);
    assert_eq!(keys::<Node>(), ["value", "left__value", "right__value"]);
    assert!(keys::<(Unit, Empty)>().is_empty());
}
