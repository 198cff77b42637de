//! A file that is replaced, or lost, while it is open.

use super::*;

/// Replaces the file by an empty one, or by a copy of some messages that are only on disk.
#[test]
fn messages_in_memory_are_written_again_if_the_file_was_replaced() {
    for copied in [0, 100] {
        let disk = Disk::default();
        let mut run = Run::start(&disk, 64 << 20);
        let count = run.fill();
        run.tick();
        let in_memory: HashSet<_> = run.outbox.waiting().map(|publish| publish.seq).collect();
        let mut content = disk.content();
        content.replaced += 1;
        let on_disk = std::mem::take(&mut content.messages).into_iter();
        let only_there = on_disk.filter(|(seq, _)| !in_memory.contains(seq));
        content.messages = only_there.take(copied).collect();
        drop(content);
        run.push("new", MessageKind::Value);
        let spilled = run.outbox.backlog().spilled;
        assert!(spilled > 1000);
        run.tick();
        assert_eq!(run.outbox.take_lost_on_disk(), 0);
        run.tick();
        assert!(!run.outbox.backlog().is_degraded);
        let written: HashSet<_> = disk.seqs().into_iter().collect();
        assert!(run.outbox.waiting().all(|publish| written.contains(&publish.seq)));
        let lost = spilled - copied;
        assert_eq!(run.drain().len(), count + 1 - lost);
        assert_eq!(run.outbox.take_lost_on_disk(), u64::try_from(lost).unwrap());
    }
}

#[test]
fn a_lost_disk_loses_only_messages_that_were_only_there() {
    let disk = Disk::default();
    let mut run = Run::start(&disk, 64 << 20);
    let count = run.fill();
    let spilled = run.outbox.backlog().spilled;
    disk.content().is_gone = true;
    assert_eq!(run.drain().len(), count - spilled);
    assert_eq!(run.outbox.take_lost_on_disk(), u64::try_from(spilled).unwrap());
    assert_eq!(run.outbox.take_dropped(), 0);
    run.push("new", MessageKind::Value);
    assert_eq!(run.drain(), ["new"]);
}
