//! A measured program: its processor time and memory.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::Duration,
};

use connector_runtime::prelude::*;

/// The variable that selects one of the [`programs`](crate::programs) in a copy of this program.
pub(crate) const ROLE: &str = "BENCH_ROLE";

/// A running program; killed when dropped, with all processes that it has started.
pub(crate) struct Process(Child);

/// The program to run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Program {
    /// This program, in a role.
    Role(&'static str),
    /// Any other program, started by the shell.
    Peer(String),
}

impl Process {
    pub(crate) fn start(program: &Program, settings: &[(&str, String)]) -> Result<Self> {
        let mut command = match program {
            Program::Role(role) => {
                let mut command = Command::new(std::env::current_exe()?);
                command.env(ROLE, role);
                command
            }
            Program::Peer(line) => {
                let mut command = Command::new("sh");
                command.arg("-c").arg(line);
                command
            }
        };
        let settings = settings.iter().map(|(name, value)| (*name, value));
        let child = command.envs(settings).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        Ok(Self(child.with_context(|| format!("cannot start {program:?}"))?))
    }

    /// The processor time so far, of all its threads and of the programs that it has started.
    pub(crate) fn cpu(&self) -> Duration {
        Duration::from_nanos(tree(self.0.id()).into_iter().map(nanoseconds).sum())
    }

    /// The resident memory, in MiB.
    pub(crate) fn resident(&self) -> f64 {
        self.mebibytes("VmRSS:")
    }

    /// The part of it without files: each further process of the same program needs it as well.
    pub(crate) fn private(&self) -> f64 {
        self.mebibytes("RssAnon:")
    }

    fn mebibytes(&self, field: &str) -> f64 {
        let sizes = tree(self.0.id()).into_iter().map(|pid| kibibytes(pid, field));
        sizes.sum::<f64>() / 1024.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let all = tree(self.0.id()).into_iter().map(|pid| pid.to_string());
        let _ = Command::new("kill").arg("-9").args(all).status();
        let _ = self.0.wait();
    }
}

/// A process and its descendants.
fn tree(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut next = 0;
    while let Some(&pid) = all.get(next) {
        for task in entries(&format!("/proc/{pid}/task")) {
            let children = read(&format!("{task}/children"));
            all.extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
        next += 1;
    }
    all
}

/// Uses the scheduler's own count, which is exact; that of `/proc/PID/stat` is in hundredths of a second.
fn nanoseconds(pid: u32) -> u64 {
    let of_thread = |task: String| {
        let times = read(&format!("{task}/schedstat"));
        times
            .split_whitespace()
            .next()
            .and_then(|time| time.parse::<u64>().ok())
            .unwrap_or_default()
    };
    entries(&format!("/proc/{pid}/task")).into_iter().map(of_thread).sum()
}

fn kibibytes(pid: u32, field: &str) -> f64 {
    let status = read(&format!("/proc/{pid}/status"));
    let size = status.lines().find_map(|line| line.strip_prefix(field));
    size.and_then(|size| size.trim_end_matches("kB").trim().parse().ok()).unwrap_or_default()
}

fn entries(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().display().to_string()).collect()
}

fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default()
}
