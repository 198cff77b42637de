//! How to write a connector, task by task. The glossary defines the terms that the pages use.
//!
#![doc = include_str!("guide/glossary.md")]
//!
//! # Pages
//!
//! Each page can be read on its own. All Rust code in the guide is compiled.
//!
//! | page | answers |
//! |---|---|
//! | [`first_connector`] | How do I start? Which methods does a connector have, and which parameters and options? |
//! | [`configuration`] | How do I declare settings, and where do their values come from? How do I run one connector, or several in one program? |
//! | [`sensors`] | How do I read a device that is polled, or one that pushes? How do I declare sensors? |
//! | [`commands`] | How do I accept commands? How do I check their values and limit their age and rate? |
//! | [`sessions`] | How do I reconnect, send one request at a time, and report errors? |
//! | [`options`] | Which options does each attribute have, and what are their defaults? |
//! | [`tools`] | How do I look at one message, try a command, record and replay messages, or run without a device? |
//! | [`documents`] | How do I generate documentation, deployment files and Home Assistant messages from the code? |
//! | [`operation`] | How do I deploy and monitor a connector? What survives a crash? |
//! | [`reliability`] | Which values and commands are lost when the network, the broker or the connector fails? |
//! | [`performance`] | What does a value, a message, a connector or a large site cost? |
//! | [`testing`] | How do I test `parse`, and a whole connector? |
//! | [`by_hand`] | How do I implement the trait without the macro, for datapoints that only the settings know? |
//! | [`expansion`] | Which code does the macro generate, and what does it reject? |

#[doc = include_str!("guide/first_connector.md")]
pub mod first_connector {}

#[doc = include_str!("guide/configuration.md")]
pub mod configuration {}

#[doc = include_str!("guide/sensors.md")]
pub mod sensors {}

#[doc = include_str!("guide/commands.md")]
pub mod commands {}

#[doc = include_str!("guide/sessions.md")]
pub mod sessions {}

#[doc = include_str!("guide/options.md")]
pub mod options {}

#[doc = include_str!("guide/tools.md")]
pub mod tools {}

#[doc = include_str!("guide/documents.md")]
pub mod documents {}

#[doc = include_str!("guide/operation.md")]
pub mod operation {}

#[doc = include_str!("guide/reliability.md")]
pub mod reliability {}

#[doc = include_str!("guide/performance.md")]
#[doc = ""]
#[doc = "# The plot"]
#[doc = ""]
#[doc = include_str!("guide/growth.svg")]
pub mod performance {}

#[doc = include_str!("guide/testing.md")]
#[doc = "```no_run"]
#[doc = include_str!("../tests/guide.rs")]
#[doc = "```"]
#[doc = include_str!("guide/testing_end.md")]
pub mod testing {}

#[doc = include_str!("guide/by_hand.md")]
pub mod by_hand {}

#[doc = include_str!("guide/expansion.md")]
pub mod expansion {}
