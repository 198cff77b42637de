use std::fmt;

use tracing_subscriber::prelude::*;

use super::{collector::CAPACITY, *};
use crate::time::Timestamp;

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
fn an_event_is_one_line_of_limited_length() {
    let logs = Logs::new(true);
    let subscriber = tracing_subscriber::registry().with(LogTopicLayer);
    tracing::subscriber::with_default(subscriber, || {
        logs.collect_sync(|| {
            let span = tracing::info_span!("room");
            let _room = span.enter();
            tracing::warn!(field = %"x\n2026-01-01 INFO forged", "a\u{1b}[2J\r\n\u{202e}b");
            tracing::info!(limit.subject = "hidden", "{}", "ü".repeat(10_000));
        });
    });
    let logged = logs.take();
    let lines: Vec<_> = logged.iter().map(|message| line::of(message, false)).collect();
    let (_, first) = lines[0].split_once("Z ").unwrap();
    let emitter = concat!(module_path!(), ":room: ");
    let text = r"a\u{1b}[2J\r\n\u{202e}b field=x\n2026-01-01 INFO forged";
    assert_eq!(first, format!(" WARN {emitter}{text}\n"));
    assert!(lines[1].len() < 4300 && lines[1].ends_with("ü ..\n"));
    assert!(line::of(&logged[0], true).contains(" \u{1b}[33m WARN\u{1b}[0m "));
}

#[test]
fn the_oldest_messages_are_dropped_and_counted_without_a_broker() {
    let logs = Logs::new(false);
    for i in 0..CAPACITY + 5 {
        let (timestamp, emitter) = (Timestamp::from_millis(0), String::new());
        logs.push(LogMessage { timestamp, msg: format!("message {i}"), emitter, level: 20 });
    }
    let logged = logs.take();
    assert_eq!(logged.len(), CAPACITY + 1);
    assert_eq!(
        logged[0].msg,
        "dropped 5 earlier log messages: more than 1000 were waiting for the broker"
    );
    assert_eq!(logged[1].msg, "message 5");
    assert_eq!(logs.lost(), LostLogs { broker: 5, ..LostLogs::default() });
}
