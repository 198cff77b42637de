//! What waits for the broker, on disk: raw messages and values survive a crash of the connector.
//!
//! The [outbox](crate::outbox) stays the truth. It hands a copy of each message to the [`Spool`], and
//! says which ones are acknowledged; a thread of its own writes them, so the bus never waits for the
//! disk. Messages are written in groups, when they are older than `TICK` or many, so
//! that one which is acknowledged before is never written: while the broker is there the disk is all
//! but idle. A crash loses what is younger than two ticks, 200 ms, and the time of one write. What was
//! acknowledged but not yet removed is sent again after a crash.
//!
//! # The store
//!
//! One [`redb`](https://docs.rs/redb) file for each connector, behind the trait `writer::Store`.
//! Measured in November 2026 on ext4, on two cores that others used as well, with records of 500 bytes;
//! `SQLite` is rusqlite 0.41 with WAL and `synchronous=FULL`:
//!
//! | | redb 4.6 | `SQLite` 3 |
//! |---|---|---|
//! | 100 x `kill -9` while writing | 0 lost, 0 corrupt | 0 lost, 0 corrupt |
//! | 600 damaged files (cut off, sectors of zeros or noise, single bits) | 0 corrupt records accepted; 380 refused as a whole | 50 with corrupt records accepted; 172 refused |
//! | full disk | keeps what it has, must be opened again | keeps what it has, goes on by itself |
//! | bytes written for each of payload, groups of 16 / 128 | 4.7 / 1.6 | 3.6 / 1.9 |
//! | processor time for each record, groups of 16 / 128 | 21 / 4.4 us | 18 / 4.3 us |
//! | 64 MiB of payload on disk | 136 MiB | 69 MiB |
//! | opened after a crash with 64 MiB | 87 ms, all of it checked | 1 ms, unchecked |
//! | crates, and seconds to build | 1, 30 s, no C | 7 and 4 to build, 72 s, a C compiler |
//! | program larger by | 1.7 MB | 2.4 MB |
//!
//! As built in, with 200 lines of 400 bytes a second from a device, published as raw messages and values:
//! 0 bytes written in 20 s with a broker; 3.9 bytes for each of payload in 15 s without one.
//!
//! redb was chosen: it finds damage by sums of its own, needs no C compiler for other processors, and
//! brings one crate. The price is a file of about twice the payload, and that a damaged file is given
//! up as a whole (it is moved aside). redb checks a file of its own accord only after a crash; one that
//! was closed in good order is checked, too, when it is opened.

#![cfg_attr(not(feature = "spool"), allow(dead_code, reason = "then nobody makes a spool"))]

mod encoding;
#[cfg(feature = "spool")]
mod file;
mod requests;
mod running;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use self::{
    requests::{ReadBack, Spool},
    running::Running,
};
