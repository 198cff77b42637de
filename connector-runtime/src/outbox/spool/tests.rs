mod replaced;

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;

use crate::{
    error::Result,
    mqtt::codec::QoS,
    outbox::{
        message::{Delivered, MessageKind, Publish, Stub},
        queue::{LIMIT, Outbox},
        spool::{
            requests::{BEHIND, GROUP, IN_MEMORY, Spool},
            writer::{SpoolWriter, Store},
        },
    },
    telemetry::metrics::Backlog,
    time::Timestamp,
};

/// A disk that lives as long as the test, and fails on request.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    messages: BTreeMap<u64, Publish>,
    starts: i64,
    /// How often the file was replaced.
    replaced: u64,
    most: usize,
    is_full: bool,
    is_gone: bool,
}

impl Disk {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap()
    }

    fn seqs(&self) -> Vec<u64> {
        self.content().messages.keys().copied().collect()
    }
}

/// An open disk, with the number of replacements before.
struct OpenDisk(Disk, u64);

impl Store for OpenDisk {
    fn id(&self) -> Option<(u64, u64)> {
        let content = self.0.content();
        (!content.is_gone && content.replaced == self.1).then_some((0, self.1))
    }

    fn commit(&mut self, put: &BTreeMap<u64, Publish>, remove: &[u64]) -> Result<()> {
        let mut content = self.0.content();
        anyhow::ensure!(!content.is_full && !content.is_gone, "no space left");
        anyhow::ensure!(content.replaced == self.1, "it was replaced");
        content.messages.extend(put.clone());
        for seq in remove {
            content.messages.remove(seq);
        }
        content.most = content.most.max(content.messages.len());
        Ok(())
    }

    fn read(&mut self, kind: MessageKind, from: u64, bytes: usize) -> Result<(Vec<Publish>, bool)> {
        let content = self.0.content();
        anyhow::ensure!(!content.is_gone, "it is gone");
        let mut size = 0;
        let messages = content.messages.range(from..).map(|(_, publish)| publish.clone());
        let messages: Vec<_> = messages.filter(|publish| publish.kind == kind).collect();
        let last = messages.last().map_or(0, |publish| publish.seq);
        let read: Vec<_> = messages
            .into_iter()
            .take_while(|publish| {
                size += publish.cost();
                size <= bytes.max(publish.cost())
            })
            .collect();
        let is_all = read.last().is_none_or(|read| read.seq == last);
        Ok((read, is_all))
    }

    fn index(&mut self) -> Result<Vec<Stub>> {
        Ok(self.0.content().messages.values().map(Stub::of).collect())
    }
}

/// An outbox with its spool; the test takes the place of the thread.
struct Run {
    outbox: Outbox,
    work: Box<dyn FnMut() -> bool>,
    disk: Disk,
}

impl Run {
    fn start(disk: &Disk, limit: usize) -> Self {
        let start = Timestamp::from_millis(disk.content().starts);
        disk.content().starts += 1;
        let spool = Arc::new(Spool::new(limit, start, || {}));
        let opened = disk.clone();
        let mut worker = SpoolWriter::new(Arc::clone(&spool), move || {
            anyhow::ensure!(!opened.content().is_gone, "it is gone");
            let replaced = opened.content().replaced;
            Ok(OpenDisk(opened.clone(), replaced))
        });
        worker.open();
        let mut outbox = Outbox::new(LIMIT);
        outbox.attach(spool);
        Self { outbox, work: Box::new(move || worker.work_now()), disk: disk.clone() }
    }

    fn push(&mut self, text: &str, kind: MessageKind) {
        self.push_bytes(text, kind, Bytes::from_static(b"x"));
    }

    fn push_bytes(&mut self, topic: &str, kind: MessageKind, payload: Bytes) {
        let (topic, qos) = (topic.into(), QoS::AtLeastOnce);
        self.outbox.push(Publish { topic, payload, qos, retain: true, kind, seq: 0 });
    }

    fn deliver(&mut self, publish: &Publish) {
        let mut delivered = Delivered::default();
        delivered.add(publish);
        self.outbox.delivered(&delivered);
    }

    /// Pushes more values than there is memory for, during an outage; returns how many.
    fn fill(&mut self) -> usize {
        let count = 3 * IN_MEMORY / PAYLOAD.len();
        for number in 0..count {
            self.push_bytes(&format!("topic/{number}"), MessageKind::Value, PAYLOAD);
            if number % 200 == 0 {
                self.tick();
            }
        }
        count
    }

    /// Two ticks.
    fn tick(&mut self) {
        (self.work)();
        (self.work)();
    }

    /// Sends and acknowledges everything; returns the topics.
    fn drain(&mut self) -> Vec<String> {
        self.outbox.hold_raw();
        self.outbox.release_raw();
        let mut topics = Vec::new();
        loop {
            while let Some(publish) = self.outbox.pop() {
                self.deliver(&publish);
                topics.push(publish.topic.to_string());
            }
            if self.outbox.is_empty() {
                return topics;
            }
            self.tick();
        }
    }
}

fn numbered(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("topic/{number}")).collect()
}

/// A quarter of a kilobyte.
const PAYLOAD: Bytes = Bytes::from_static(&[b'x'; 256]);

#[test]
fn messages_acknowledged_in_time_are_never_written() {
    let disk = Disk::default();
    let mut run = Run::start(&disk, LIMIT);
    for _ in 0..100 {
        run.push("a", MessageKind::Value);
        run.drain();
        run.tick();
    }
    assert_eq!(disk.content().most, 0);
}

#[test]
fn unacknowledged_messages_come_first_after_a_crash() {
    let disk = Disk::default();
    let mut run = Run::start(&disk, LIMIT);
    for (text, kind) in [
        ("raw", MessageKind::Raw),
        ("log", MessageKind::Log),
        ("heartbeat", MessageKind::Passing),
        ("value", MessageKind::Value),
        ("refused", MessageKind::Value),
    ] {
        run.push(text, kind);
    }
    run.tick();
    assert_eq!(disk.seqs().len(), 3);
    let sent: Vec<_> = std::iter::from_fn(|| run.outbox.pop()).collect();
    run.deliver(&sent[0]);
    run.deliver(&sent[1]);
    run.outbox.forget(sent.last().unwrap());
    run.tick();
    run.push("young", MessageKind::Value);
    let mut run = Run::start(&disk, LIMIT);
    run.push("new", MessageKind::Value);
    assert_eq!(run.drain(), ["value", "new"]);
    run.tick();
    assert!(disk.seqs().is_empty());
}

#[test]
fn a_message_is_written_within_two_ticks_and_a_group_at_once() {
    let disk = Disk::default();
    let mut run = Run::start(&disk, LIMIT);
    run.push("a", MessageKind::Value);
    (run.work)();
    assert_eq!(disk.seqs().len(), 0);
    run.push("b", MessageKind::Value);
    (run.work)();
    assert_eq!(disk.seqs().len(), 1);
    run.push_bytes("c", MessageKind::Raw, Bytes::from(vec![0; GROUP]));
    (run.work)();
    assert_eq!(disk.seqs().len(), 3);
}

#[test]
fn messages_of_a_long_outage_are_read_back_in_order() {
    let disk = Disk::default();
    let mut run = Run::start(&disk, 64 << 20);
    let kinds = [MessageKind::Raw, MessageKind::Value];
    let count = 8 * IN_MEMORY / PAYLOAD.len();
    for number in 0..count {
        run.push_bytes(&format!("topic/{number}"), kinds[number % 2], PAYLOAD);
        if number % 200 == 0 {
            run.tick();
            assert!(run.outbox.waiting().map(Publish::cost).sum::<usize>() < IN_MEMORY + 4 * GROUP);
        }
    }
    let Backlog { messages, spilled, .. } = run.outbox.backlog();
    assert!(messages == count && spilled > count / 2, "{spilled}");
    // Drain one half, then break the link while new messages arrive.
    run.outbox.hold_raw();
    run.outbox.release_raw();
    let mut topics = Vec::new();
    while topics.len() < count / 2 {
        match run.outbox.pop() {
            Some(publish) => {
                run.deliver(&publish);
                topics.push(publish.topic.to_string());
            }
            None => run.tick(),
        }
    }
    let in_flight: Vec<_> = std::iter::from_fn(|| run.outbox.pop()).take(3).collect();
    run.outbox.give_back(in_flight.into_iter());
    run.push_bytes(&format!("topic/{count}"), MessageKind::Value, PAYLOAD);
    topics.extend(run.drain());
    let (raws, values): (Vec<_>, Vec<_>) = (0..=count).partition(|n| n % 2 == 0 && *n < count);
    for kind in [raws, values] {
        let kind: Vec<_> = kind.into_iter().map(|number| format!("topic/{number}")).collect();
        let set: HashSet<_> = kind.iter().collect();
        let found: Vec<_> = topics.iter().filter(|topic| set.contains(topic)).cloned().collect();
        assert!(found == kind, "{} of {}", found.len(), kind.len());
    }
    assert_eq!(run.outbox.take_dropped(), 0);
    run.tick();
    assert!(disk.seqs().is_empty());
}

#[test]
fn a_crash_in_a_long_outage_loses_no_written_message() {
    let disk = Disk::default();
    let mut run = Run::start(&disk, 64 << 20);
    let count = 3 * IN_MEMORY / PAYLOAD.len();
    for number in 0..count {
        run.push_bytes(&format!("topic/{number}"), MessageKind::Raw, PAYLOAD);
        if number == count / 2 {
            run.tick();
            run = Run::start(&disk, 64 << 20);
        }
    }
    assert!(run.drain() == numbered(0..count));
}

#[test]
fn a_full_spool_drops_the_oldest_raw_message_first_in_memory_and_on_disk() {
    let disk = Disk::default();
    let cost = 1 << 10;
    let mut run = Run::start(&disk, 4 << 20);
    let payload = Bytes::from(vec![0; cost - size_of::<Publish>() - 10]);
    let push = |run: &mut Run, numbers: std::ops::Range<usize>, kind| {
        for number in numbers {
            run.push_bytes(&format!("{number:010}"), kind, payload.clone());
            if number % 100 == 0 {
                run.tick();
            }
        }
    };
    // Fill it, then add 100 more of each kind.
    push(&mut run, 0..2048, MessageKind::Value);
    push(&mut run, 2048..4096, MessageKind::Raw);
    assert_eq!(run.outbox.take_dropped(), 0);
    push(&mut run, 4096..4196, MessageKind::Value);
    push(&mut run, 4196..4296, MessageKind::Raw);
    assert_eq!(run.outbox.take_dropped(), 200);
    run.tick();
    assert_eq!(disk.seqs().len(), 4096);
    push(&mut run, 4296..6296, MessageKind::Value);
    let kept = run.drain();
    let expected = (52..2048).chain(4096..4196).chain(4296..6296);
    let expected: Vec<_> = expected.map(|number| format!("{number:010}")).collect();
    assert!(kept == expected, "{:?} .. {:?}", &kept[..3], kept.len());
}

#[test]
fn on_a_full_disk_messages_stay_in_memory_and_writing_is_retried() {
    let disk = Disk::default();
    let mut run = Run::start(&disk, 64 << 20);
    run.push("topic/0", MessageKind::Value);
    run.tick();
    disk.content().is_full = true;
    for number in 1..IN_MEMORY / 64 {
        run.push(&format!("topic/{number}"), MessageKind::Value);
    }
    run.tick();
    assert!(run.outbox.backlog().is_degraded);
    assert_eq!(disk.seqs().len(), 1);
    disk.content().is_full = false;
    run.tick();
    assert!(!run.outbox.backlog().is_degraded);
    assert_eq!(disk.seqs().len(), IN_MEMORY / 64);
    assert!(run.drain() == numbered(0..IN_MEMORY / 64));
}

#[test]
fn messages_on_a_disk_that_is_mounted_late_are_taken_over() {
    let disk = Disk::default();
    let mut run = Run::start(&disk, LIMIT);
    run.push("left by an earlier run", MessageKind::Value);
    run.tick();
    disk.content().is_gone = true;
    let mut run = Run::start(&disk, LIMIT);
    run.push("new", MessageKind::Value);
    run.tick();
    disk.content().is_gone = false;
    run.tick();
    assert_eq!(run.drain(), ["left by an earlier run", "new"]);
    run.tick();
    assert!(run.disk.seqs().is_empty());
}

#[test]
fn values_do_not_wait_for_raw_messages_on_disk() {
    let disk = Disk::default();
    let mut run = Run::start(&disk, 64 << 20);
    for number in 0..3 * IN_MEMORY / PAYLOAD.len() {
        run.push_bytes(&format!("topic/{number}"), MessageKind::Raw, PAYLOAD);
    }
    run.push("old", MessageKind::Value);
    run.tick();
    let mut run = Run::start(&disk, 64 << 20);
    run.outbox.hold_raw();
    run.push("new", MessageKind::Value);
    assert_eq!(run.outbox.pop(), None);
    run.tick();
    let topics: Vec<_> = std::iter::from_fn(|| run.outbox.pop()).map(|p| p.topic).collect();
    assert_eq!(topics.iter().map(|topic| &**topic).collect::<Vec<_>>(), ["old", "new"]);
}

#[test]
fn sources_wait_for_a_slow_disk_but_not_for_a_broken_one() {
    let disk = Disk::default();
    let mut run = Run::start(&disk, LIMIT);
    let fill = |run: &mut Run| {
        for _ in 0..BEHIND / PAYLOAD.len() {
            run.push_bytes("a", MessageKind::Raw, PAYLOAD);
        }
    };
    fill(&mut run);
    assert!(run.outbox.is_disk_behind());
    run.tick();
    assert!(!run.outbox.is_disk_behind());
    disk.content().is_full = true;
    fill(&mut run);
    run.tick();
    assert!(!run.outbox.is_disk_behind());
}
