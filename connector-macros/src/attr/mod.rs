//! Our attributes: how they are spelled, not what they mean.

mod argument;
mod clap;
mod form;
mod forms;
mod removal;
mod role;

pub(crate) use self::{
    argument::{Argument, arguments, parse_arguments},
    clap::{concerns_clap, is_argument, is_condition},
    form::{Form, Opt},
    forms::{FIELD, FORMS, METHODS, READINGS, SETTINGS, WORD},
    removal::strip,
    role::Role,
};
