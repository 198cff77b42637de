//! Rust's grammar as far as the macros need it, and nothing of our attributes.

mod doc;
mod expr;
mod item;
mod ty;

pub(crate) use self::{
    doc::summary,
    expr::{expr, literal, text},
    item::{Impl, Item, Member},
    ty::{generic, is_unit, mentions, ty, written},
};
