//! What a program prints, line by line.

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    sync::watch,
};

use super::patience::patiently;

/// The lines that a program has printed so far.
#[derive(Clone)]
pub struct Output(watch::Receiver<Vec<String>>);

impl Output {
    /// Reads in the background, until the program closes it.
    pub fn of(reader: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let (sender, receiver) = watch::channel(Vec::new());
        tokio::spawn(async move {
            let mut reader = BufReader::new(reader);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
                sender.send_modify(|lines| lines.push(text));
                line.clear();
            }
        });
        Self(receiver)
    }

    /// Contains nothing.
    pub fn closed() -> Self {
        Self(watch::channel(Vec::new()).1)
    }

    pub fn text(&self) -> String {
        self.0.borrow().join("\n")
    }

    pub fn contains(&self, part: &str) -> bool {
        self.count(part) > 0
    }

    /// How many lines contain this.
    pub fn count(&self, part: &str) -> usize {
        self.0.borrow().iter().filter(|line| line.contains(part)).count()
    }

    /// Waits for a line that contains this, the first of them if there are several.
    pub async fn line(&self, part: &str) -> String {
        let found = patiently(self.line_unless_closed(part), || self.without(part)).await;
        found.unwrap_or_else(|| panic!("it has ended: {}", self.without(part)))
    }

    /// Waits for a line that contains this, or for the end.
    pub async fn line_unless_closed(&self, part: &str) -> Option<String> {
        let mut lines = self.0.clone();
        let _ = lines.wait_for(|lines| lines.iter().any(|line| line.contains(part))).await;
        self.0.borrow().iter().find(|line| line.contains(part)).cloned()
    }

    /// Waits for so many lines that contain this.
    pub async fn times(&self, part: &str, count: usize) {
        let mut lines = self.0.clone();
        let is_there = async { while self.count(part) < count && lines.changed().await.is_ok() {} };
        patiently(is_there, || self.without(part)).await;
    }

    /// Waits until the program has closed it.
    pub async fn end(&self) {
        let mut lines = self.0.clone();
        while lines.changed().await.is_ok() {}
    }

    fn without(&self, part: &str) -> String {
        format!("no line with `{part}` in:\n{}", self.text())
    }
}
