//! Tests of the expansions, and of the reference of options.

mod blessed;
mod expansions;
mod reference;
