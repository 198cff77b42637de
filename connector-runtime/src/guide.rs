//! How to write a connector, task by task. Each page stands for itself; all code in it is compiled.
//!
//! | page | answers |
//! |---|---|
//! | [`first_connector`] | How do I start? Which methods are there, and what do they look like in full? |
//! | [`configuration`] | How does it get its settings? How do I run it, or several in one program? |
//! | [`sensors`] | My device pushes, or is polled, in several rhythms. A value may be absent. |
//! | [`commands`] | What may a command be? Some actuators are known only at run time. |
//! | [`sessions`] | How do I reconnect? One request at a time. How are errors told, and what does the log say? |
//! | [`tools`] | How do I look at one message, try a command, record, replay, or run it without its device? |
//! | [`documents`] | What do Readme, ACL, compose, AsyncAPI and Home Assistant get from the code? |
//! | [`operation`] | It runs in a building: is it there, is it well, what does it count? |
//! | [`reliability`] | What is lost when the line, the broker or the connector fails? |
//! | [`performance`] | What does it cost: for a value, a message, a connector, a large site? |
//! | [`testing`] | How do I test `parse`, and how a whole connector? |
//! | [`by_hand`] | The trait without the macro, for datapoints that only the settings know. |
//! | [`expansion`] | What the macro writes, and what it refuses. |

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
