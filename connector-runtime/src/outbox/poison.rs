//! Detection of a message on which the broker always disconnects.
//!
//! In MQTT 3.1.1 a broker cannot reject a message: one that limits the size of packets, for
//! example, closes the connection. A message is sent again until it is acknowledged, so such a
//! message would end every later connection, and nothing else would get through.

use crate::outbox::message::{MessageKind, Publish};

/// After this many connections in a row have ended on the same message, it is the culprit.
const CUTS: u32 = 3;

/// After this many acknowledged messages a lost connection is forgotten.
const CALM: usize = 100;

/// Two larger culprits in a row, with no delivery of that size between them, are assumed to exceed a
/// size limit of the broker, so other messages of their size are not sent either. One culprit is not
/// enough: the line may have broken three times while it was transferred.
const LARGE: usize = 8 << 10;

/// The same for an announcement. Every broker accepts one of this size.
const LARGE_ANNOUNCEMENT: usize = 1 << 10;

/// After this many acknowledged messages large messages are tried again, as the broker may be another
/// one. A single further culprit then restores the limit.
const PROBATION: usize = 1000;

/// Tracks which message is in flight when connections end.
#[derive(Debug, Default)]
pub(crate) struct PoisonDetector {
    suspect: Option<Publish>,
    cuts: u32,
    /// The number of acknowledgements until the last lost connection is forgotten.
    unrest: usize,
    /// The maximum payload size that the broker may accept, and that of an announcement.
    limit: SizeLimit,
    announcement_limit: SizeLimit,
    /// The number of acknowledgements until both limits are lifted.
    probation: usize,
}

/// The limit of a broker for the size of messages, as far as it shows.
#[derive(Debug, Default)]
struct SizeLimit {
    /// The size of the smallest culprit of which another one of this size or above would be proof.
    suspected: Option<usize>,
    /// The smallest size that is not sent.
    condemned: Option<usize>,
}

impl SizeLimit {
    fn accuse(&mut self, size: usize) {
        let smallest = self.suspected.map(|suspected| suspected.min(size));
        (self.suspected, self.condemned) = match smallest {
            Some(smallest) => (None, Some(smallest)),
            None => (Some(size), self.condemned),
        };
    }

    /// Reports a delivery of this size.
    fn acquit(&mut self, size: usize) {
        self.suspected = self.suspected.filter(|suspected| size < *suspected);
        self.condemned = self.condemned.filter(|condemned| size < *condemned);
    }

    /// Allows all sizes again; a single culprit restores the limit.
    fn parole(&mut self) {
        self.suspected = self.condemned.take().or(self.suspected);
    }

    fn allows(&self, size: usize) -> bool {
        self.condemned.is_none_or(|condemned| size < condemned)
    }
}

impl PoisonDetector {
    /// Reports a lost connection; `oldest` is the first message that was not acknowledged. Returns
    /// true if it is the culprit, which must not be sent again.
    pub(crate) fn is_culprit(&mut self, oldest: Option<&Publish>) -> bool {
        let is_same = matches!((&self.suspect, oldest), (Some(a), Some(b)) if is_same(a, b));
        self.cuts = if is_same { self.cuts + 1 } else { 1 };
        self.suspect = oldest.cloned();
        self.unrest = if oldest.is_some() { CALM } else { 0 };
        if self.suspect.is_none() || self.cuts < CUTS {
            return false;
        }
        if let Some(Publish { payload, kind, .. }) = self.suspect.take() {
            let size = payload.len();
            match kind {
                MessageKind::Passing if size > LARGE_ANNOUNCEMENT => {
                    self.announcement_limit.accuse(size);
                }
                MessageKind::Raw | MessageKind::Value if size > LARGE => self.limit.accuse(size),
                _ => {}
            }
            self.probation = PROBATION;
        }
        self.cuts = 0;
        true
    }

    /// Returns whether messages must be sent one by one, to identify the culprit.
    pub(crate) fn is_cautious(&self) -> bool {
        self.unrest > 0
    }

    /// Reports acknowledged messages, and the size of the largest payload.
    pub(crate) fn delivered(&mut self, count: usize, largest: usize) {
        self.limit.acquit(largest);
        self.announcement_limit.acquit(largest);
        self.unrest = self.unrest.saturating_sub(count);
        if self.unrest == 0 {
            self.suspect = None;
        }
        self.probation = self.probation.saturating_sub(count);
        if self.probation == 0 {
            self.limit.parole();
            self.announcement_limit.parole();
        }
    }

    /// Returns whether the broker may accept an announcement of this size.
    pub(crate) fn allows_announcement(&self, size: usize) -> bool {
        self.announcement_limit.allows(size)
    }

    /// Returns whether the broker may accept a payload of this size.
    pub(crate) fn allows(&self, size: usize) -> bool {
        self.limit.allows(size)
    }
}

/// An announcement is created anew for each connection, with other examples.
fn is_same(a: &Publish, b: &Publish) -> bool {
    a.topic == b.topic && (a.kind == MessageKind::Passing || a.payload == b.payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::codec::QoS;

    fn publish(topic: &str, size: usize) -> Publish {
        let (topic, payload) = (topic.into(), vec![0; size].into());
        Publish {
            topic,
            payload,
            qos: QoS::AtLeastOnce,
            retain: true,
            kind: MessageKind::Value,
            seq: 0,
        }
    }

    #[test]
    fn a_message_in_flight_at_three_cuts_in_a_row_is_the_culprit() {
        let mut poison = PoisonDetector::default();
        let (large, small) = (publish("a", LARGE + 1), publish("b", 1));
        for (message, is_culprit) in
            [(&large, false), (&large, false), (&small, false), (&large, false), (&large, false)]
        {
            assert_eq!(poison.is_culprit(Some(message)), is_culprit);
            assert!(poison.is_cautious());
        }
        assert!(poison.is_culprit(Some(&large)));
        assert!(poison.allows(LARGE + 1));
    }

    /// Three cuts in a row while a message of this size is in flight.
    fn condemn(poison: &mut PoisonDetector, size: usize) {
        let culprit = publish("a", size);
        let accused = [(); CUTS as usize].map(|()| poison.is_culprit(Some(&culprit)));
        assert_eq!(accused, [false, false, true]);
    }

    #[test]
    fn two_large_culprits_show_a_size_limit_unless_one_of_that_size_is_delivered() {
        let mut poison = PoisonDetector::default();
        condemn(&mut poison, LARGE + 10);
        poison.delivered(1, LARGE + 10);
        condemn(&mut poison, LARGE + 20);
        poison.delivered(1, LARGE + 10);
        assert!(poison.allows(LARGE + 20), "the first was acquitted");
        condemn(&mut poison, LARGE + 30);
        assert!(!poison.allows(LARGE + 20) && poison.allows(LARGE + 19));
        poison.delivered(1, LARGE + 20);
        assert!(poison.allows(LARGE + 30), "one that waited has been delivered");
    }

    #[test]
    fn after_a_probation_large_messages_are_tried_again() {
        let mut poison = PoisonDetector::default();
        (0..2).for_each(|_| condemn(&mut poison, LARGE + 1));
        poison.delivered(PROBATION - 1, 1);
        assert!(!poison.allows(LARGE + 1));
        poison.delivered(1, 1);
        assert!(poison.allows(LARGE + 1));
        condemn(&mut poison, LARGE + 1);
        assert!(!poison.allows(LARGE + 1));
    }

    #[test]
    fn a_short_announcement_is_always_allowed() {
        let mut poison = PoisonDetector::default();
        for (size, is_allowed) in [(LARGE_ANNOUNCEMENT, true), (LARGE_ANNOUNCEMENT + 1, false)] {
            let announcement = Publish { kind: MessageKind::Passing, ..publish("a", size) };
            let accused = [(); 2 * CUTS as usize].map(|()| poison.is_culprit(Some(&announcement)));
            assert_eq!(accused, [false, false, true, false, false, true]);
            assert_eq!(poison.allows_announcement(size), is_allowed);
        }
    }

    #[test]
    fn cuts_with_nothing_in_flight_have_no_culprit() {
        let mut poison = PoisonDetector::default();
        let message = publish("a", 1);
        for oldest in [Some(&message), None, Some(&message), Some(&message), None] {
            assert!(!poison.is_culprit(oldest));
            assert_eq!(poison.is_cautious(), oldest.is_some());
        }
    }

    #[test]
    fn acknowledgements_end_the_caution() {
        let mut poison = PoisonDetector::default();
        for _ in 0..10 {
            assert!(!poison.is_culprit(Some(&publish("a", 1))));
            poison.delivered(CALM - 1, 1);
            assert!(poison.is_cautious());
            poison.delivered(1, 1);
            assert!(!poison.is_cautious());
        }
    }
}
