//! What may happen in a history.

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// The device part hands over a value of one sensor.
    Value(usize),
    Raw,
    /// It hands over so many values and raw messages at once.
    Burst(usize),
    /// It hands over a message of long values with keys that are mostly new.
    Strangers,
    /// Somebody else publishes so many times that the connector is offline.
    Flood(usize),
    Heartbeat,
    /// The administrator publishes one of the maps.
    Map(usize),
    /// A controller publishes a command that is so many seconds old.
    Command {
        topic: usize,
        age: i64,
        retain: bool,
    },
    /// The device takes the commands that it may have.
    Device,
    /// The broker takes so many packets.
    Up(usize),
    /// The connector takes so many packets.
    Down(usize),
    /// Two acknowledgements overtake each other.
    Swap,
    /// The broker sends a packet twice.
    Repeat,
    Connect,
    Cut {
        will_is_late: bool,
    },
    /// The broker publishes the wills that are late.
    Wills,
    /// For so many steps the connection takes nothing that is to be said.
    Busy(usize),
    /// Whatever is sent vanishes, until the connection is cut.
    HalfOpen,
    /// The broker refuses the next subscription.
    Refuse,
    /// Milliseconds go by.
    Wait(u64),
    /// Somebody sets the clock on the wall by so many seconds.
    Clock(i64),
    RestartConnector,
    /// The broker comes back without anything that it retained.
    RestartBroker,
}
