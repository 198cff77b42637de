//! The line between the connector and its broker: what goes over it, and what is done to it.

use bytes::{Bytes, BytesMut};
use rumqttc::{LastWill, Packet, PubAck, PubComp, PubRec, Publish, QoS};
use serde_json::Value;

use super::{MAP, MAPS, Map, STATUS, World, number_of};

impl World {
    /// Puts on the line what the connector has to say.
    pub(super) fn speak(&mut self) {
        if self.busy > 0 {
            return;
        }
        match self.machine.say() {
            Ok(mut bytes) => {
                while let Ok(packet) = Packet::read(&mut bytes, usize::MAX) {
                    if let Packet::Publish(publish) = &packet {
                        self.note_said(publish);
                    }
                    if !self.is_half_open {
                        self.up.push_back(packet);
                    }
                }
            }
            Err(_) => self.cut(true),
        }
    }

    pub(super) fn note_said(&mut self, publish: &Publish) {
        let Publish { topic, payload, qos, pkid, .. } = publish;
        if *qos != QoS::AtMostOnce {
            self.in_flight.push_back((*pkid, false));
        } else if topic.starts_with("v/") {
            let number = number_of(str::from_utf8(payload).expect("JSON is text"));
            self.said.entry(topic.clone()).or_default().insert(number);
        }
    }

    pub(super) fn up(&mut self) {
        if let (Some(packet), Some(id)) = (self.up.pop_front(), self.connection) {
            self.was_refused |= self.broker.refuses && matches!(packet, Packet::Subscribe(_));
            assert!(self.broker.receive(id, packet), "the connector breaks the protocol");
            self.hand_out();
        }
    }

    pub(super) fn down(&mut self) {
        let Some(packet) = self.down.pop_front() else { return };
        match &packet {
            Packet::Publish(publish) if !publish.dup => {
                self.note(&publish.topic, &publish.payload, publish.retain);
            }
            Packet::PubAck(PubAck { pkid }) | Packet::PubComp(PubComp { pkid }) => {
                self.acknowledge(*pkid);
            }
            _ => {}
        }
        let mut bytes = BytesMut::new();
        packet.write(&mut bytes, usize::MAX).expect("the broker's packets can be written");
        if self.machine.hear(&bytes).is_err() {
            self.cut(false);
        }
        self.speak();
    }

    /// What a message from the broker will mean for the connector.
    pub(super) fn note(&mut self, topic: &str, payload: &Bytes, is_retained: bool) {
        if topic == MAP {
            let map: Value = serde_json::from_slice(payload).expect("maps are JSON");
            let actuators = map["actuator"].as_object().map(serde_json::Map::len);
            let is_it = |map: &&Map| Some(map.actuators.len()) == actuators;
            self.in_force = *MAPS.iter().find(is_it).expect("maps differ in size");
            self.selections += 1;
            for (sensor, topic) in self.in_force.sensors {
                let Some(last) = self.values.get(sensor) else { continue };
                let handed_over = self.handed_over.entry(topic).or_default();
                if handed_over.last() != Some(last) {
                    handed_over.push(*last);
                    self.reselected.insert(*last);
                }
            }
        }
        let actuator = self.in_force.actuators.iter().find(|(it, _)| *it == topic);
        if let Some((_, actuator)) = actuator
            && !is_retained
        {
            let number = number_of(str::from_utf8(payload).expect("commands are text"));
            self.live.insert(number);
            if *actuator == "plain" {
                self.plain.push_back(number);
            }
        }
    }

    pub(super) fn acknowledge(&mut self, pkid: u16) {
        for (id, is_acknowledged) in &mut self.in_flight {
            *is_acknowledged |= *id == pkid;
        }
        while self.in_flight.front().is_some_and(|(_, is_acknowledged)| *is_acknowledged) {
            self.in_flight.pop_front();
        }
    }

    pub(super) fn swap(&mut self) {
        let id = |packet: &Packet| match *packet {
            Packet::PubAck(PubAck { pkid })
            | Packet::PubRec(PubRec { pkid })
            | Packet::PubComp(PubComp { pkid }) => Some(pkid),
            _ => None,
        };
        if let Some(first) = self.down.front().and_then(id)
            && let Some(second) = self.down.get(1).and_then(id)
            && first != second
        {
            self.down.swap(0, 1);
        }
    }

    pub(super) fn repeat(&mut self) {
        let repeated = match self.down.front() {
            Some(Packet::Publish(publish)) if publish.qos != QoS::AtMostOnce => {
                let mut publish = publish.clone();
                publish.dup = true;
                Packet::Publish(publish)
            }
            Some(ack @ (Packet::PubAck(_) | Packet::PubRec(_) | Packet::PubComp(_))) => ack.clone(),
            _ => return,
        };
        self.down.insert(1, repeated);
    }

    pub(super) fn hand_out(&mut self) {
        for (id, packet) in self.broker.out.drain(..) {
            if self.connection == Some(id) && !self.is_half_open {
                self.down.push_back(packet);
            }
        }
    }

    pub(super) fn connect(&mut self) {
        if self.connection.is_none() {
            self.connections += 1;
            self.connection = Some(self.connections);
            let will = LastWill::new(STATUS, "offline", QoS::AtLeastOnce, true);
            self.broker.connect(self.connections, Some(will));
            self.machine.connect().expect("a connection begins");
        }
    }

    pub(super) fn cut(&mut self, will_is_late: bool) {
        let Some(id) = self.connection.take() else { return };
        self.up.clear();
        self.down.clear();
        self.in_flight.clear();
        (self.is_half_open, self.was_refused) = (false, false);
        self.machine.cut();
        let will = self.broker.disconnect(id);
        self.late_wills.push(will);
        if !will_is_late {
            self.publish_wills();
        }
    }

    pub(super) fn publish_wills(&mut self) {
        for will in std::mem::take(&mut self.late_wills) {
            self.broker.publish_will(will);
        }
        self.hand_out();
    }

    pub(super) fn half_open(&mut self) {
        self.is_half_open = self.connection.is_some();
        if self.is_half_open {
            self.up.clear();
            self.down.clear();
        }
    }
}
