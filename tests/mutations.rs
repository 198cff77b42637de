//! The targets of `tests/fuzz` without a fuzzer: their corpus, and random mutations of it.
//!
//! `FUZZ_SEED` and `FUZZ_CASES` try others, and more of them.

use std::{env, fs, panic, path::Path};

use connector_runtime::testing::fuzz;
use fastrand::Rng;

/// How many mutations are tried for each target, few and all of them; and from where they begin.
const CASES: [u32; 2] = [2000, 10_000];
const SEED: u64 = 7;

/// At most so many changes are made to one input.
const CHANGES: usize = 6;

/// What often is the end of a parser.
const TOKENS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b",",
    b":",
    b"null",
    b"true",
    b"-",
    b"0",
    b"1e999",
    b"1e-999",
    b"18446744073709551616",
    b"\\u0000",
    b"\\ud800",
    b"\\n",
    b"\0",
    b"\n",
    b"\r",
    b"=",
    b"'",
    b"#",
    b"$",
    b"${A}",
    b"+",
    b"/",
    b"__",
    b" ",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xff\xff\xff\x7f",
    b"\x30",
    b"\x32",
    b"\x34",
    b"\x40\x02\0\x01",
    b"\x62\x02\0\x01",
    b"value",
    b"sensor",
    b"actuator",
];

/// The inputs of a target, in the order of their names.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a file")).collect()
}

/// Makes another input of one of these.
fn mutation(rng: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let any = |rng: &mut Rng| rng.choice(corpus).expect("the corpus has files").clone();
    let mut bytes = any(rng);
    for _ in 0..rng.usize(1..=CHANGES) {
        let (start, end) = (rng.usize(..=bytes.len()), rng.usize(..=bytes.len()));
        let range = start.min(end)..start.max(end);
        match rng.u8(..8) {
            0 if start < bytes.len() => bytes[start] ^= 1 << rng.u8(..8),
            1 if start < bytes.len() => bytes[start] = rng.u8(..),
            2 => drop(bytes.drain(range)),
            3 => {
                let part = bytes[range].to_vec();
                bytes.splice(end..end, part);
            }
            4 => bytes.truncate(start),
            5 => {
                let other = any(rng);
                bytes.splice(range, other[rng.usize(..=other.len())..].iter().copied());
            }
            _ => {
                let token = rng.choice(TOKENS).expect("there are tokens");
                bytes.splice(start..start, token.iter().copied());
            }
        }
    }
    bytes
}

fn fuzz(target: &str, function: fn(&[u8])) {
    let [few, all] = CASES;
    let cases = support::cases("FUZZ_CASES", few, all);
    let seed = env::var("FUZZ_SEED").map_or(SEED, |seed| seed.parse().expect("a number"));
    println!("{target}: FUZZ_SEED={seed} FUZZ_CASES={cases}");
    let corpus = corpus(target);
    let mut rng = Rng::with_seed(seed);
    let mutations = (0..cases).map(|_| mutation(&mut rng, &corpus));
    for input in corpus.iter().cloned().chain(mutations) {
        if let Err(panic) = panic::catch_unwind(|| function(&input)) {
            eprintln!("{target}: this input is its end: b\"{}\"", input.escape_ascii());
            panic::resume_unwind(panic);
        }
    }
}

#[test]
fn maps() {
    fuzz("map", fuzz::map);
}

#[test]
fn commands() {
    fuzz("command", fuzz::command);
}

#[test]
fn frames() {
    fuzz("frame", fuzz::frame);
}

#[test]
fn configurations() {
    fuzz("configuration", fuzz::configuration);
}

#[test]
fn packets() {
    fuzz("packet", fuzz::packet);
}
