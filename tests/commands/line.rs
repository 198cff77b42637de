//! What passes between the broker and the connector.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

use support::proxy::{Kind, Watch, Way};

use crate::heater::LAST;

const POWER: &[u8] = b"demo/power";

/// What has passed between the broker and the connector.
#[derive(Default)]
pub(crate) struct Passed {
    /// Commands in the order in which the broker gave them, each with its link.
    pub(crate) given: Vec<(usize, u32)>,
    /// Those that the connector has acknowledged.
    pub(crate) acknowledged: HashSet<u32>,
    ids: HashMap<(usize, [u8; 2]), u32>,
    /// How often the broker has confirmed that commands are subscribed.
    pub(crate) subscribed: usize,
    subscribing: Option<(usize, [u8; 2])>,
}

impl Passed {
    /// The commands that were given on links after so many.
    pub(crate) fn given_since(&self, links: usize) -> impl Iterator<Item = u32> {
        let is_later = move |(link, _): &&(usize, u32)| *link > links;
        self.given.iter().filter(is_later).map(|(_, number)| *number)
    }
}

/// Notes commands, and what the connector acknowledges.
pub(crate) fn watch(passed: Arc<Mutex<Passed>>) -> Watch {
    Box::new(move |link, way, packet| {
        let mut passed = passed.lock().expect("nobody panics");
        let kind = packet[0] >> 4;
        if way == Way::ToClient && kind == Kind::Publish as u8 {
            // Commands are short: their length is one byte, and so is that of the topic.
            let (topic, rest) = packet[4..].split_at(packet[3].into());
            let (id, payload) = rest.split_at(if packet[0] & 0b110 == 0 { 0 } else { 2 });
            if topic == POWER
                && let Some(number) = number(payload)
            {
                passed.given.push((link, number));
                if let [high, low] = *id {
                    passed.ids.insert((link, [high, low]), number);
                }
            }
        } else if way == Way::ToBroker
            && [Kind::PubAck as u8, Kind::PubRec as u8].contains(&kind)
            && let Some(number) = passed.ids.remove(&(link, [packet[2], packet[3]]))
        {
            passed.acknowledged.insert(number);
        } else if way == Way::ToBroker
            && kind == Kind::Subscribe as u8
            && packet.windows(POWER.len()).any(|part| part == POWER)
        {
            let body = 1 + packet[1..].iter().take_while(|byte| **byte > 0x7f).count() + 1;
            passed.subscribing = Some((link, [packet[body], packet[body + 1]]));
        } else if way == Way::ToClient
            && kind == Kind::SubAck as u8
            && passed.subscribing == Some((link, [packet[2], packet[3]]))
        {
            passed.subscribed += 1;
        }
    })
}

/// The number of a valid command.
pub(crate) fn number(payload: &[u8]) -> Option<u32> {
    let json: serde_json::Value = serde_json::from_slice(payload).ok()?;
    json["value"].as_u64()?.try_into().ok().filter(|number| *number <= LAST)
}
