use std::fmt;

use tracing_subscriber::prelude::*;

use super::{collector::CAPACITY, *};

fn said(debug: bool, say: impl FnOnce()) -> Vec<(String, u8)> {
    let logs = Logs::new(debug);
    let subscriber = tracing_subscriber::registry().with(LogTopicLayer);
    tracing::subscriber::with_default(subscriber, || logs.collect_sync(say));
    logs.take().into_iter().map(|message| (message.msg, message.level)).collect()
}

fn messages(say: impl FnOnce()) -> Vec<String> {
    said(true, say).into_iter().map(|(msg, _)| msg).collect()
}

#[test]
fn levels_are_those_of_python() {
    let say = || {
        tracing::error!("e");
        tracing::warn!("w");
        tracing::info!("i");
        tracing::debug!("d");
    };
    let pairs = [("e", 40), ("w", 30), ("i", 20), ("d", 10)].map(|(m, l)| (m.to_owned(), l));
    assert_eq!(said(true, say), pairs);
    assert_eq!(said(false, say), pairs[..3]);
}

#[test]
fn fields_and_causes_are_part_of_the_message() {
    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] fmt::Error);
    let error = Outer(fmt::Error);
    let said = messages(|| {
        tracing::info!(key = "a", count = 2, "text with {}", "100% done");
        tracing::error!(error = &error as &dyn std::error::Error, "failed");
    });
    let cause = fmt::Error.to_string();
    let expected = [
        "text with 100% done key=\"a\" count=2".to_owned(),
        format!("failed error=outer: {cause}"),
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_flood_drops_the_oldest_and_says_so() {
    let said = messages(|| (0..CAPACITY + 5).for_each(|i| tracing::info!("message {i}")));
    assert_eq!(said.len(), CAPACITY + 1);
    assert_eq!(said[0], "5 log messages before this one are lost: there were too many");
    assert_eq!(said[1], "message 5");
}
