//! What the macros accept, and what they say to mistakes: one fixture for each.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the expected messages anew. Part of each message
//! is the compiler's own and changes with it, so they are compared with one version only.

#[rustversion::attr(not(stable(1.95)), ignore = "the expected messages are those of rustc 1.95")]
#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/*.rs");
    cases.pass("ui/pass/*.rs");
}
