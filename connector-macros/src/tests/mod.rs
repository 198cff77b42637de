//! What the macros write, and what is written about them.

mod blessed;
mod expansions;
mod reference;
