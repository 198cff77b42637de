//! The type to which the device part decodes the values of an actuator.

use std::any::TypeId;

use serde::de::DeserializeOwned;

use crate::{
    datapoint::{command::Command, sensor::Kind},
    error::Result,
};

/// The type to which the device part decodes values. It is not part of what users see of an
/// actuator, so any two compare equal.
#[derive(Debug, Clone)]
pub(super) struct Takes {
    pub(super) kind: Option<Kind>,
    pub(super) decode: fn(&Command) -> Result<()>,
}

impl Takes {
    pub(super) fn of<T: DeserializeOwned + 'static>() -> Self {
        Self { kind: kind_of::<T>(), decode: |command| command.value::<T>().map(drop) }
    }
}

impl Default for Takes {
    fn default() -> Self {
        Self { kind: None, decode: |_| Ok(()) }
    }
}

impl PartialEq for Takes {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Returns the kind of a primitive type.
fn kind_of<T: 'static>() -> Option<Kind> {
    macro_rules! is {
        ($($ty:ty)*) => { [$(TypeId::of::<$ty>()),*].contains(&TypeId::of::<T>()) };
    }
    match () {
        () if is!(f32 f64) => Some(Kind::Number),
        () if is!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize) => Some(Kind::Integer),
        () if is!(bool) => Some(Kind::Bool),
        () if is!(String char) => Some(Kind::Text),
        () => None,
    }
}
