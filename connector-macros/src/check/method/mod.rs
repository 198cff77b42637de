//! The rules for every method with a role: its attributes, its parameters, and what it returns.

mod annotated;
mod parameters;
mod returned;
mod signature;

pub(crate) use self::{
    annotated::{Annotated, outside, roles},
    parameters::{
        at_most, by_reference, by_value, first, is_reference, shared, types, wrong_inputs,
    },
    returned::{message, nothing, session},
    signature::{method, synchronous},
};
