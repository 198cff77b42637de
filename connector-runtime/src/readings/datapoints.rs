//! The trait for readings whose sensors are known at compile time.

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

/// Readings whose sensors are known before the first message. `#[derive(Datapoints)]` implements this
/// trait.
///
/// [`describe`](Self::describe) and [`record`](Self::record) use the same keys, in the same order. Keys
/// that are known only at run time, such as those of maps, are only recorded; their sensors are
/// discovered in the first message.
///
/// Implement it by hand for a type that the derive does not support, such as an enum with data:
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
    message = "`{Self}` does not declare its sensors",
    label = "this type lacks `#[derive(Datapoints)]`",
    note = "write `#[derive(Serialize, Datapoints)]` above it; wrap a type of another crate in a struct that implements both"
)]
pub trait Datapoints {
    /// Whether the type is one value; also `false` if this is unknown.
    #[doc(hidden)]
    const IS_VALUE: bool = false;

    /// The keys of the type that are known at compile time.
    #[doc(hidden)]
    const KEYS: Keys = &[];

    /// Describes the fields or the value of this type.
    fn describe(to: &mut Describer);

    /// Records the values of these readings.
    fn record(&self, to: &mut Recorder<'_>);

    /// Returns the sensors of this type of readings.
    #[must_use]
    fn sensors() -> Vec<Sensor> {
        let mut describe = Describer::default();
        Self::describe(&mut describe);
        describe.sensors()
    }
}

impl FlatReadings {
    /// Replaces the content by the values that the readings [record](Datapoints::record). `None` is
    /// omitted.
    ///
    /// # Errors
    ///
    /// Fails with a [`FlattenError`](super::FlattenError) if the readings have no form as datapoints.
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
        // serde implements `Serialize` only for arrays of up to 32 elements.
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

/// `None` is omitted.
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

/// As the outermost type, this sets the timestamp of the readings. Within readings, the timestamp is a
/// sensor.
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
