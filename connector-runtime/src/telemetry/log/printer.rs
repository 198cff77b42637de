//! Prints log messages on a thread of its own, so that a console that nobody reads delays nothing else.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use crate::{
    telemetry::{
        counted,
        log::{entry::LogMessage, line},
    },
    time::Timestamp,
};

/// The maximum number of lines that wait for the console, and of their bytes; the oldest are dropped first.
const LINES: usize = 1000;
const BYTES: usize = 1 << 20;

/// How long the end of the process waits for the console.
const LAST_LINES: Duration = Duration::from_millis(200);

/// From one attempt to write to a non-blocking console that is full to the next.
const PAUSE: Duration = Duration::from_millis(20);

/// The printer of this process, if it prints log messages.
static PRINTER: OnceLock<Printer> = OnceLock::new();

/// The lines that wait for the console.
#[derive(Debug, Clone)]
pub(super) struct Printer {
    shared: Arc<Shared>,
    is_coloured: bool,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    lines: VecDeque<String>,
    bytes: usize,
    is_writing: bool,
    /// Lost lines that were not yet reported, and all of them.
    unreported: u64,
    lost: u64,
}

/// Text that is written at once: a line, and how many were lost before it.
struct Chunk {
    text: String,
    lost: u64,
}

/// Waits for the console when it is dropped, for at most 200 ms.
#[must_use]
pub(crate) struct LastLines;

impl Drop for LastLines {
    fn drop(&mut self) {
        if let Some(printer) = PRINTER.get() {
            printer.wait(LAST_LINES);
        }
    }
}

/// Makes this the printer of the process, and starts its thread.
pub(super) fn start(printer: Printer, console: impl Write + Send + 'static) -> io::Result<()> {
    let _ = PRINTER.set(printer.clone());
    let thread = thread::Builder::new().name("console".to_owned());
    thread.spawn(move || printer.run(console)).map(drop)
}

/// Prints a message if this process prints log messages. Never waits.
pub(super) fn print(message: &LogMessage) {
    if let Some(printer) = PRINTER.get() {
        printer.push(message);
    }
}

/// Prints a text of several lines, which end with a line break, if this process prints log messages.
pub(super) fn print_text(text: String) {
    if let Some(printer) = PRINTER.get() {
        printer.push_text(text);
    }
}

/// How many lines were lost because the console did not accept them.
pub(super) fn lost() -> u64 {
    PRINTER.get().map_or(0, |printer| printer.queue().lost)
}

impl Printer {
    pub(super) fn new(is_coloured: bool) -> Self {
        Self { shared: Arc::default(), is_coloured }
    }

    fn push(&self, message: &LogMessage) {
        self.push_text(line::of(message, self.is_coloured));
    }

    fn push_text(&self, text: String) {
        let mut queue = self.queue();
        queue.bytes += text.len();
        queue.lines.push_back(text);
        while queue.lines.len() > LINES || queue.bytes > BYTES {
            queue.pop();
            queue.lose(1);
        }
        drop(queue);
        self.shared.changed.notify_all();
    }

    /// Writes lines for as long as the process runs.
    fn run(&self, mut console: impl Write) {
        loop {
            let chunk = self.next();
            let written = write(&mut console, &chunk.text);
            let mut queue = self.queue();
            queue.is_writing = false;
            if written.is_err() {
                queue.unreported += chunk.lost;
                queue.lose(1);
            }
            drop(queue);
            self.shared.changed.notify_all();
        }
    }

    /// Waits for the next line.
    fn next(&self) -> Chunk {
        let is_empty = |queue: &mut Queue| queue.lines.is_empty();
        let queue = self.shared.changed.wait_while(self.queue(), is_empty);
        let mut queue = queue.unwrap_or_else(PoisonError::into_inner);
        queue.is_writing = true;
        let (line, lost) = (queue.pop(), std::mem::take(&mut queue.unreported));
        let text = if lost > 0 { self.report(lost) + &line } else { line };
        Chunk { text, lost }
    }

    fn report(&self, lost: u64) -> String {
        let lines = counted(lost, "earlier line");
        let report = LogMessage {
            timestamp: Timestamp::now(),
            msg: format!("dropped {lines}: the console did not accept more"),
            emitter: module_path!().to_owned(),
            level: LogMessage::WARNING,
        };
        line::of(&report, self.is_coloured)
    }

    /// Waits until all lines are written, up to a limit.
    fn wait(&self, limit: Duration) {
        let is_busy = |queue: &mut Queue| queue.is_writing || !queue.lines.is_empty();
        let _ = self.shared.changed.wait_timeout_while(self.queue(), limit, is_busy);
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn pop(&mut self) -> String {
        let line = self.lines.pop_front().unwrap_or_default();
        self.bytes -= line.len();
        line
    }

    fn lose(&mut self, count: u64) {
        self.unreported += count;
        self.lost += count;
    }
}

/// Writes a text completely. It waits for a console that is full, even if that is non-blocking.
fn write(console: &mut impl Write, text: &str) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match console.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(PAUSE),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    console.flush()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Passes on each write as it is, and returns what the test decides.
    struct Console {
        writes: mpsc::Sender<String>,
        results: mpsc::Receiver<io::Result<usize>>,
    }

    impl Write for Console {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let text = String::from_utf8_lossy(bytes).into_owned();
            self.writes.send(text).map_err(io::Error::other)?;
            self.results.recv().map_err(io::Error::other)?
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn message(msg: &impl ToString) -> LogMessage {
        let (timestamp, emitter) = (Timestamp::from_millis(0), "test".to_owned());
        LogMessage { timestamp, msg: msg.to_string(), emitter, level: 20 }
    }

    /// A printer with its thread, the texts that it writes, and the results of that.
    fn printer() -> (Printer, mpsc::Receiver<String>, mpsc::Sender<io::Result<usize>>) {
        let (writes, written) = mpsc::channel();
        let (outcome, results) = mpsc::channel();
        let printer = Printer::new(false);
        let printing = printer.clone();
        thread::spawn(move || printing.run(Console { writes, results }));
        (printer, written, outcome)
    }

    #[test]
    fn a_console_that_nobody_reads_delays_nothing_and_gets_the_last_lines_later() {
        let (printer, written, outcome) = printer();
        printer.push(&message(&"first"));
        let first = written.recv().unwrap();
        for i in 0..LINES + 5 {
            printer.push(&message(&i));
        }
        printer.wait(Duration::from_millis(10));
        let count = |queue: &Queue| (queue.lines.len(), queue.lost);
        assert_eq!(count(&printer.queue()), (LINES, 5));
        outcome.send(Ok(first.len())).unwrap();
        let second = written.recv().unwrap();
        let lines: Vec<_> = second.lines().collect();
        assert_eq!(lines.len(), 2);
        let report = "dropped 5 earlier lines: the console did not accept more";
        assert!(lines[0].contains(" WARN ") && lines[0].ends_with(report), "{second}");
        assert!(lines[1].ends_with(" INFO test: 5"), "{second}");
        outcome.send(Ok(second.len())).unwrap();
        assert!(written.recv().unwrap().ends_with(" INFO test: 6\n"));
    }

    #[test]
    fn long_lines_are_limited_by_their_bytes() {
        let printer = Printer::new(false);
        for _ in 0..LINES {
            printer.push(&message(&"x".repeat(4096)));
        }
        let queue = printer.queue();
        assert!(queue.bytes <= BYTES && queue.bytes > BYTES - 5000, "{}", queue.bytes);
        assert_eq!(queue.bytes, queue.lines.iter().map(String::len).sum::<usize>());
    }

    #[test]
    fn a_line_is_written_in_parts_and_one_that_fails_is_counted() {
        let (printer, written, outcome) = printer();
        printer.push(&message(&"first"));
        let first = written.recv().unwrap();
        outcome.send(Ok(10)).unwrap();
        assert_eq!(written.recv().unwrap(), first[10..]);
        outcome.send(Err(ErrorKind::WouldBlock.into())).unwrap();
        assert_eq!(written.recv().unwrap(), first[10..]);
        outcome.send(Ok(first.len() - 10)).unwrap();
        for text in ["a", "b"] {
            printer.push(&message(&text));
            written.recv().unwrap();
            outcome.send(Err(ErrorKind::BrokenPipe.into())).unwrap();
        }
        printer.wait(Duration::from_mins(1));
        printer.push(&message(&"c"));
        let next = written.recv().unwrap();
        assert!(next.contains("dropped 2 earlier lines") && next.ends_with(" INFO test: c\n"));
        assert_eq!(printer.queue().lost, 2);
    }
}
