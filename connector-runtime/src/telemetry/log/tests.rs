use std::fmt;

use tracing_subscriber::prelude::*;

use super::{collector::CAPACITY, *};

fn logged(debug: bool, log: impl FnOnce()) -> Vec<(String, u8)> {
    let logs = Logs::new(debug);
    let subscriber = tracing_subscriber::registry().with(LogTopicLayer);
    tracing::subscriber::with_default(subscriber, || logs.collect_sync(log));
    logs.take().into_iter().map(|message| (message.msg, message.level)).collect()
}

fn messages(log: impl FnOnce()) -> Vec<String> {
    logged(true, log).into_iter().map(|(msg, _)| msg).collect()
}

#[test]
fn levels_are_those_of_python() {
    let log = || {
        tracing::error!("e");
        tracing::warn!("w");
        tracing::info!("i");
        tracing::debug!("d");
    };
    let pairs = [("e", 40), ("w", 30), ("i", 20), ("d", 10)].map(|(m, l)| (m.to_owned(), l));
    assert_eq!(logged(true, log), pairs);
    assert_eq!(logged(false, log), pairs[..3]);
}

#[test]
fn fields_and_causes_are_part_of_the_message() {
    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] fmt::Error);
    let error = Outer(fmt::Error);
    let logged = messages(|| {
        tracing::info!(key = "a", count = 2, "text with {}", "100% done");
        tracing::error!(error = &error as &dyn std::error::Error, "failed");
    });
    let cause = fmt::Error.to_string();
    let expected = [
        "text with 100% done key=\"a\" count=2".to_owned(),
        format!("failed error=outer: {cause}"),
    ];
    assert_eq!(logged, expected);
}

#[test]
fn a_flood_drops_the_oldest_messages_and_logs_it() {
    let logged = messages(|| (0..CAPACITY + 5).for_each(|i| tracing::info!("message {i}")));
    assert_eq!(logged.len(), CAPACITY + 1);
    assert_eq!(
        logged[0],
        "dropped 5 earlier log messages: more than 1000 were waiting for the broker"
    );
    assert_eq!(logged[1], "message 5");
}
