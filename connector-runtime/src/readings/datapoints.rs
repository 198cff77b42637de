//! Which sensors a type of readings holds, and their values.

use std::{
    any::type_name,
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    marker::PhantomData,
    rc::Rc,
    sync::Arc,
};

use serde::Serialize;
use serde_json::Value;

use crate::{
    datapoint::{Kind, Sensor},
    error::Result,
    readings::{
        describer::Describer, flat::FlatReadings, key_clash::Keys, recorder::Recorder,
        timestamped::Timestamped,
    },
    time::Timestamp,
};

/// Readings whose sensors are known before the first message: what `#[derive(Datapoints)]`
/// implements.
///
/// [`describe`](Self::describe) and [`record`](Self::record) name the same keys, in the same order.
/// Keys that are known only at run time, those of maps for example, are recorded only: they are
/// found on first sight.
///
/// By hand this is for a type that the derive does not follow, such as an enum with data:
///
/// ```
/// use connector_runtime::{
///     Datapoints, Kind, prelude::*,
///     readings::{Describer, FlatReadings, Recorder},
/// };
///
/// enum Heating {
///     Off,
///     Target(f64),
/// }
///
/// impl Datapoints for Heating {
///     fn describe(to: &mut Describer) {
///         to.field("is_on").holds(bool::describe);
///         to.field("target").unit("°C").holds(f64::describe);
///     }
///
///     fn record(&self, to: &mut Recorder<'_>) {
///         match self {
///             Self::Off => to.field("is_on").value(&false),
///             Self::Target(target) => {
///                 to.field("is_on").value(&true);
///                 to.field("target").value(target);
///             }
///         }
///     }
/// }
///
/// assert_eq!(Heating::sensors()[1].key, "target");
/// let mut flat = FlatReadings::default();
/// flat.record(&Heating::Off)?;
/// assert!(flat.values().eq([("is_on", "false")]));
/// flat.record(&Heating::Target(21.0))?;
/// assert!(flat.values().eq([("is_on", "true"), ("target", "21.0")]));
/// # Ok::<_, Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which sensors it holds",
    label = "this type lacks `#[derive(Datapoints)]`",
    note = "write `#[derive(Serialize, Datapoints)]` above it; a type of another crate goes into a struct of yours that implements both"
)]
pub trait Datapoints {
    /// Whether it is one value; false also where that is unknown.
    #[doc(hidden)]
    const IS_VALUE: bool = false;

    /// Its keys, as far as they are known at compile time.
    #[doc(hidden)]
    const KEYS: Keys = &[];

    /// Tells what is here: fields, or a value.
    fn describe(to: &mut Describer);

    /// Hands over the values that are here.
    fn record(&self, to: &mut Recorder<'_>);

    /// The sensors of readings of this type.
    #[must_use]
    fn sensors() -> Vec<Sensor> {
        let mut describe = Describer::default();
        Self::describe(&mut describe);
        describe.sensors()
    }
}

impl FlatReadings {
    /// Replaces the content by readings as they record themselves; `None` becomes nothing.
    pub fn record<T: Datapoints + ?Sized>(&mut self, readings: &T) -> Result<()> {
        self.clear();
        readings.record(&mut Recorder::new(self));
        Ok(self.failure.take().map_or(Ok(()), Err)?)
    }
}

macro_rules! values {
    ($($kind:ident: $($ty:ty)*;)*) => {$($(
        impl Datapoints for $ty {
            const IS_VALUE: bool = true;

            fn describe(to: &mut Describer) {
                to.value(Kind::$kind);
            }

            fn record(&self, to: &mut Recorder<'_>) {
                to.value(self);
            }
        }
    )*)*};
}

values! {
    Number: f32 f64;
    Integer: i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize Timestamp;
    Bool: bool;
    Text: str String char;
}

macro_rules! lists {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        impl<$($generics)*> Datapoints for $ty {
            const IS_VALUE: bool = true;

            fn describe(to: &mut Describer) {
                to.value(Kind::List);
            }

            fn record(&self, to: &mut Recorder<'_>) {
                to.value(self);
            }
        }
    )*};
}

lists! {
    [T: Serialize] [T];
    [T: Serialize] Vec<T>;
    [T: Serialize] VecDeque<T>;
    [T: Serialize] BTreeSet<T>;
    [T: Serialize, S] HashSet<T, S>;
    [A: Serialize, B: Serialize] (A, B);
    [A: Serialize, B: Serialize, C: Serialize] (A, B, C);
    [A: Serialize, B: Serialize, C: Serialize, D: Serialize] (A, B, C, D);
}

impl<T: Serialize, const N: usize> Datapoints for [T; N] {
    const IS_VALUE: bool = true;

    fn describe(to: &mut Describer) {
        to.value(Kind::List);
    }

    fn record(&self, to: &mut Recorder<'_>) {
        // serde knows arrays of some lengths only.
        to.value(self.as_slice());
    }
}

macro_rules! same_as_within {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        impl<$($generics)*> Datapoints for $ty {
            const IS_VALUE: bool = T::IS_VALUE;
            const KEYS: Keys = T::KEYS;

            fn describe(to: &mut Describer) {
                to.behind(type_name::<T>(), T::describe);
            }

            fn record(&self, to: &mut Recorder<'_>) {
                T::record(self, to);
            }
        }
    )*};
}

same_as_within! {
    [T: Datapoints + ?Sized] &T;
    [T: Datapoints + ?Sized] Box<T>;
    [T: Datapoints + ?Sized] Rc<T>;
    [T: Datapoints + ?Sized] Arc<T>;
    [T: Datapoints + ToOwned + ?Sized] Cow<'_, T>;
}

/// `None` is nothing.
impl<T: Datapoints> Datapoints for Option<T> {
    const IS_VALUE: bool = T::IS_VALUE;
    const KEYS: Keys = T::KEYS;

    fn describe(to: &mut Describer) {
        T::describe(to);
    }

    fn record(&self, to: &mut Recorder<'_>) {
        if let Some(value) = self {
            value.record(to);
        }
    }
}

/// Only the whole of the readings has a timestamp; within them it is a sensor.
impl<T: Datapoints> Datapoints for Timestamped<T> {
    fn describe(to: &mut Describer) {
        if to.is_outermost() {
            return T::describe(to);
        }
        to.field("timestamp").holds(Timestamp::describe);
        to.field("readings").holds(T::describe);
    }

    fn record(&self, to: &mut Recorder<'_>) {
        if to.is_outermost() {
            to.stamp(self.timestamp);
            return self.readings.record(to);
        }
        to.field("timestamp").holds(&self.timestamp, Option::record);
        to.field("readings").holds(&self.readings, T::record);
    }
}

macro_rules! known_at_run_time_only {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        impl<$($generics)*> Datapoints for $ty {
            fn describe(_to: &mut Describer) {}

            fn record(&self, to: &mut Recorder<'_>) {
                to.value(self);
            }
        }
    )*};
}

known_at_run_time_only! {
    [] ();
    [T: ?Sized] PhantomData<T>;
    [] Value;
    [] serde_json::Map<String, Value>;
    [K: Serialize, V: Serialize] BTreeMap<K, V>;
    [K: Serialize, V: Serialize, S] HashMap<K, V, S>;
}
