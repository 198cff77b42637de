//! Which sensors a type of readings holds, as far as the type alone says so.

use std::{
    any::type_name,
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    marker::PhantomData,
    mem,
    ops::RangeInclusive,
    rc::Rc,
    sync::Arc,
};

use serde_json::Value;

use crate::{Bound, Kind, Number, Sensor, Stamped, Timestamp, flatten::SEPARATOR};

/// Readings whose sensors are known before the first message: what `#[derive(Datapoints)]`
/// implements.
///
/// The values themselves go through [`Serialize`](serde::Serialize), so this has to name the keys
/// that `Serialize` writes. Keys that are known only at run time, those of maps for example, are
/// left out: they are found on first sight.
///
/// By hand this is for a type whose `Serialize` is written by hand, too:
///
/// ```
/// use connector_runtime::{Datapoints, Describe, Kind, prelude::*};
///
/// /// Written as text.
/// struct Version(u8, u8);
///
/// impl Datapoints for Version {
///     fn describe(to: &mut Describe) {
///         to.value(Kind::Text);
///     }
/// }
///
/// impl Serialize for Version {
///     fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
///         to.collect_str(&format_args!("{}.{}", self.0, self.1))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which sensors it holds",
    label = "this type lacks `#[derive(Datapoints)]`",
    note = "write `#[derive(Serialize, Datapoints)]` above it; a type of another crate goes into a struct of yours that implements both"
)]
pub trait Datapoints {
    /// Tells what is here: fields, or a value.
    fn describe(to: &mut Describe);

    /// The sensors of readings of this type.
    #[must_use]
    fn sensors() -> Vec<Sensor> {
        let mut describe = Describe::default();
        Self::describe(&mut describe);
        describe.sensors
    }
}

/// Takes down what [`Datapoints`] tell; knows where in the readings it is.
#[derive(Debug, Default)]
pub struct Describe {
    sensors: Vec<Sensor>,
    path: String,
    about: About,
    /// The types that are being described: one that holds itself is described once.
    open: Vec<&'static str>,
}

/// What the fields on the way to a value say about it.
#[derive(Debug, Clone, Default)]
struct About {
    unit: Option<Cow<'static, str>>,
    range: Option<(Number, Number)>,
    description: Cow<'static, str>,
}

impl Describe {
    /// Here is a value.
    pub fn value(&mut self, kind: Kind) {
        if self.path.is_empty() {
            return;
        }
        let About { unit, range, description } = self.about.clone();
        let has_unit = matches!(kind, Kind::Number | Kind::Integer | Kind::List);
        let sensor = Sensor::new(self.path.clone(), kind).description(description);
        self.sensors.push(Sensor { unit: unit.filter(|_| has_unit), range, ..sensor });
    }

    /// Here is an object with this key, among others.
    pub fn field<'a>(&'a mut self, key: &'a str) -> Field<'a> {
        let about = About { unit: self.about.unit.clone(), ..About::default() };
        Field { to: self, key: Some(key), about }
    }

    /// Here is what another type describes, in its place.
    pub fn inner(&mut self) -> Field<'_> {
        let about = self.about.clone();
        Field { to: self, key: None, about }
    }
}

/// A field of readings; see [`Describe::field`]. What stands nearest to a value counts.
#[derive(Debug)]
#[must_use = "a field says last what it `holds`"]
pub struct Field<'a> {
    to: &'a mut Describe,
    key: Option<&'a str>,
    about: About,
}

impl Field<'_> {
    /// The unit of its value, or of all values within that have no unit of their own.
    pub fn unit(mut self, unit: impl Into<Cow<'static, str>>) -> Self {
        self.about.unit = Some(unit.into());
        self
    }

    /// The numbers that are to be expected.
    pub fn range<N: Bound>(mut self, range: RangeInclusive<N>) -> Self {
        let (low, high) = range.into_inner();
        self.about.range = Some((low.into(), high.into()));
        self
    }

    /// What it measures, for people.
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.about.description = description.into();
        self
    }

    /// The type of its value, which ends what there is to say.
    pub fn holds<T: Datapoints + ?Sized>(self) {
        let Self { to, key, about } = self;
        let name = type_name::<T>();
        if to.open.contains(&name) {
            return;
        }
        let (outer, length) = (mem::replace(&mut to.about, about), to.path.len());
        if let Some(key) = key {
            to.path.push_str(if length == 0 { "" } else { SEPARATOR });
            to.path.push_str(key);
        }
        to.open.push(name);
        T::describe(to);
        to.open.pop();
        to.path.truncate(length);
        to.about = outer;
    }
}

macro_rules! values {
    ($($kind:ident: $($ty:ty)*;)*) => {$($(
        impl Datapoints for $ty {
            fn describe(to: &mut Describe) {
                to.value(Kind::$kind);
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
            fn describe(to: &mut Describe) {
                to.value(Kind::List);
            }
        }
    )*};
}

lists! {
    [T] [T];
    [T, const N: usize] [T; N];
    [T] Vec<T>;
    [T] VecDeque<T>;
    [T] BTreeSet<T>;
    [T, S] HashSet<T, S>;
    [A, B] (A, B);
    [A, B, C] (A, B, C);
    [A, B, C, D] (A, B, C, D);
}

macro_rules! same_as_within {
    ($($ty:ty)*) => {$(
        impl<T: Datapoints + ?Sized> Datapoints for $ty {
            fn describe(to: &mut Describe) {
                T::describe(to);
            }
        }
    )*};
}

same_as_within! { &T Box<T> Rc<T> Arc<T> }

impl<T: Datapoints> Datapoints for Option<T> {
    fn describe(to: &mut Describe) {
        T::describe(to);
    }
}

impl<T: Datapoints> Datapoints for Stamped<T> {
    fn describe(to: &mut Describe) {
        T::describe(to);
    }
}

impl<T: Datapoints + ToOwned + ?Sized> Datapoints for Cow<'_, T> {
    fn describe(to: &mut Describe) {
        T::describe(to);
    }
}

macro_rules! known_at_run_time_only {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        impl<$($generics)*> Datapoints for $ty {
            fn describe(_to: &mut Describe) {}
        }
    )*};
}

known_at_run_time_only! {
    [] ();
    [T] PhantomData<T>;
    [] Value;
    [] serde_json::Map<String, Value>;
    [K, V] BTreeMap<K, V>;
    [K, V, S] HashMap<K, V, S>;
}
