//! The device side: KEBA charging stations, each at its own address.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::{Value, json};
use tokio::{
    net::UdpSocket,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

/// A charging station. It answers to the port in the manual, whatever port a request comes from.
pub(crate) struct Simulator {
    pub(crate) station: Arc<Station>,
    requests: UnboundedReceiver<String>,
    task: JoinHandle<()>,
}

/// Its state.
#[derive(Clone)]
pub(crate) struct Condition {
    pub(crate) serial: &'static str,
    /// 2 is ready for charging, 3 is charging.
    pub(crate) state: u8,
    /// 1 without a cable, 7 with one that is locked at both ends.
    pub(crate) plug: u8,
    pub(crate) input: u8,
    pub(crate) is_enabled: bool,
    /// In mA.
    pub(crate) current: u32,
    /// In 0.1 Wh.
    pub(crate) energy_limit: u32,
    /// In 0.1 Wh.
    pub(crate) energy: u32,
    pub(crate) text: String,
    /// A station that is off neither receives nor sends.
    pub(crate) is_off: bool,
}

/// The station itself, which its task and its owner share.
pub(crate) struct Station {
    socket: UdpSocket,
    answers_to: u16,
    state: Mutex<Condition>,
    /// The sender of the last request, who receives the changes.
    listener: Mutex<Option<SocketAddr>>,
    requests: UnboundedSender<String>,
}

impl Simulator {
    /// Starts a station that listens at this address and answers to this port.
    pub(crate) async fn start(at: (Ipv4Addr, u16), answers_to: u16) -> io::Result<Self> {
        let socket = UdpSocket::bind(at).await?;
        let state = Condition {
            serial: "17643683",
            state: 2,
            plug: 7,
            input: 0,
            is_enabled: true,
            current: 16_000,
            energy_limit: 0,
            energy: 330_130,
            text: String::new(),
            is_off: false,
        };
        let (sender, requests) = unbounded_channel();
        let (state, listener) = (Mutex::new(state), Mutex::default());
        let station = Station { socket, answers_to, state, listener, requests: sender };
        let station = Arc::new(station);
        let task = tokio::spawn(Arc::clone(&station).serve());
        Ok(Self { station, requests, task })
    }

    pub(crate) fn state(&self) -> Condition {
        self.station.state().clone()
    }

    /// Changes the state, and reports it to the sender of the last request.
    pub(crate) async fn change(&self, change: impl FnOnce(&mut Condition)) {
        let told = self.station.change(change);
        self.station.tell(&told).await;
    }

    /// Waits for the next request.
    pub(crate) async fn request(&mut self) -> Option<String> {
        self.requests.recv().await
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Station {
    async fn serve(self: Arc<Self>) {
        let mut buffer = [0; 2048];
        while let Ok((length, sender)) = self.socket.recv_from(&mut buffer).await {
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if self.state().is_off {
                continue;
            }
            *lock(&self.listener) = Some(SocketAddr::new(sender.ip(), self.answers_to));
            self.answer(&request).await;
            // Whether anybody wants to know of requests is none of our business.
            let _ = self.requests.send(request);
        }
    }

    async fn answer(&self, request: &str) {
        let state = self.state().clone();
        match request.split_once(' ').unwrap_or((request, "")) {
            ("report", "1") => self.say(report(&state.report_1()).as_bytes()).await,
            ("report", "2") => self.say(report(&state.report_2()).as_bytes()).await,
            ("report", "3") => self.say(report(&state.report_3()).as_bytes()).await,
            (command, arguments) => {
                let mut is_done = false;
                let told = self.change(|state| is_done = state.obey(command, arguments));
                self.say(if is_done { b"TCH-OK :done\n" } else { b"TCH-ERR :refused\n" }).await;
                self.tell(&told).await;
            }
        }
    }

    /// Changes the state, and returns the reports of the change.
    fn change(&self, change: impl FnOnce(&mut Condition)) -> Vec<Value> {
        let mut state = self.state();
        let before = state.told();
        change(&mut state);
        let changed = state.told().into_iter().zip(before).filter(|(now, before)| now != before);
        changed.map(|((name, now), _)| json!({ name: now })).collect()
    }

    async fn tell(&self, changes: &[Value]) {
        for change in changes {
            self.say(change.to_string().as_bytes()).await;
        }
    }

    /// Sends any text to the sender of the last request.
    pub(crate) async fn say(&self, bytes: &[u8]) {
        let listener = *lock(&self.listener);
        if let Some(listener) = listener {
            // As with every datagram, nobody knows whether it arrives.
            let _ = self.socket.send_to(bytes, listener).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, Condition> {
        lock(&self.state)
    }
}

impl Condition {
    /// Executes a command, or refuses it.
    fn obey(&mut self, command: &str, arguments: &str) -> bool {
        match (command, arguments.parse()) {
            ("ena", Ok(on @ 0..=1)) => self.is_enabled = on == 1,
            ("curr", Ok(current @ (0 | 6000..=63_000))) => self.current = current,
            ("setenergy", Ok(energy @ 0..=999_999_999)) => self.energy_limit = energy,
            ("display", _) => match arguments.splitn(5, ' ').nth(4) {
                Some(text) if text.len() <= 23 => self.text = text.replace('$', " "),
                _ => return false,
            },
            _ => return false,
        }
        true
    }

    /// Returns the state that it reports unprompted.
    fn told(&self) -> [(&'static str, u32); 6] {
        [
            ("State", self.state.into()),
            ("Plug", self.plug.into()),
            ("Input", self.input.into()),
            ("Enable sys", self.is_enabled.into()),
            ("Max curr", self.current),
            ("E pres", self.energy),
        ]
    }

    fn report_1(&self) -> Value {
        json!({
            "ID": "1",
            "Product": "KC-P30-ES240022-E0R",
            "Serial": self.serial,
            "Firmware": "P30 v 3.9.10 (171113-103030)",
            "COM-module": 0,
            "Backend": 0,
            "timeQ": 2,
            "Sec": 67_399_365,
        })
    }

    fn report_2(&self) -> Value {
        let is_enabled = u8::from(self.is_enabled);
        json!({
            "ID": "2", "State": self.state, "Error1": 0, "Error2": 0, "Plug": self.plug,
            "AuthON": 0, "Authreq": 0, "Enable sys": is_enabled, "Enable user": is_enabled,
            "Max curr": self.current, "Max curr %": 1000, "Curr HW": 32_000,
            "Curr user": self.current, "Curr FS": 0, "Tmo FS": 0, "Curr timer": 0, "Tmo CT": 0,
            "Setenergy": self.energy_limit, "Output": 0, "Input": self.input,
            "Serial": self.serial, "Sec": 67_399_365,
        })
    }

    fn report_3(&self) -> Value {
        let current = if self.state == 3 { self.current } else { 0 };
        let power = if self.state == 3 { 3 * 230 * self.current } else { 0 };
        json!({
            "ID": "3", "U1": 230, "U2": 231, "U3": 229, "I1": current, "I2": current,
            "I3": current, "P": power, "PF": 1000, "E pres": self.energy,
            "E total": 4_781_461 + self.energy, "Serial": self.serial, "Sec": 67_399_365,
        })
    }
}

/// Formats a report, with one member per line.
fn report(values: &Value) -> String {
    serde_json::to_string_pretty(values).expect("a JSON value is written as JSON") + "\n"
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics while it is locked")
}
