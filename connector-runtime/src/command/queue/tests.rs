mod retained;

use serde_json::json;

use super::*;

const NOON: i64 = 1_573_680_749_000;

/// A queue with a monotonic clock and a wall clock, which the test can set.
struct World {
    queue: CommandQueue,
    start: Instant,
    now: Now,
}

impl World {
    fn new(rules: Rules) -> Self {
        let start = Instant::now();
        let now = Now { wall: Timestamp::from_millis(NOON), instant: start };
        Self { queue: CommandQueue::new(rules, start), start, now }
    }

    fn pass(&mut self, seconds: u64) {
        self.now.instant += Duration::from_secs(seconds);
        self.now.wall = self.now.wall + Duration::from_secs(seconds);
    }

    fn set_clock(&mut self, seconds: i64) {
        let millis = self.now.wall.as_millis() + seconds * 1000;
        self.now.wall = Timestamp::from_millis(millis);
    }

    /// Offers a command that was created this many seconds after noon (before, if negative), or has
    /// no timestamp.
    fn offer(
        &mut self,
        value: i64,
        made: Option<i64>,
        is_retained: bool,
    ) -> Result<Vec<i64>, &str> {
        let timestamp = made.map(|made| Timestamp::from_millis(NOON + made * 1000));
        let command = Command::of("key", &json!(value), timestamp.unwrap_or(self.now.wall));
        let arrival = Arrival { command, is_timed: made.is_some(), is_retained };
        let superseded = self.queue.offer(arrival, self.now).map_err(|refusal| refusal.reason())?;
        Ok(superseded.iter().map(|command| command.value().unwrap()).collect())
    }

    fn live(&mut self, value: i64, made: i64) -> Result<Vec<i64>, &str> {
        self.offer(value, Some(made), false)
    }

    fn retained(&mut self, value: i64, made: Option<i64>) -> bool {
        let outcome = self.offer(value, made, true);
        assert!(outcome == Ok(Vec::new()) || outcome == Err("retained"), "{outcome:?}");
        outcome.is_ok()
    }

    /// Describes the next step; a wait with the seconds since the start.
    fn next(&mut self) -> String {
        match self.queue.next(self.now.instant) {
            Step::Wait(None) => "wait".to_owned(),
            Step::Wait(Some(until)) => format!("wait until {}", (until - self.start).as_secs_f32()),
            Step::Command { .. } => "command".to_owned(),
            Step::Refuse(command, refusal) => format!("{} {}", refusal.reason(), command.json()),
            Step::Failsafe(Due { value, failures, .. }) => format!("failsafe {value} {failures}"),
            Step::End => "end".to_owned(),
        }
    }

    /// Takes and sends the next command.
    fn send(&mut self) -> Result<String, &'static str> {
        assert_eq!(self.next(), "command");
        let taken = self.queue.take(self.now).map_err(|(_, refusal)| refusal.reason())?;
        let json = taken.expect("there is one").json().to_owned();
        self.queue.sent(&json, true, self.now.instant);
        Ok(json)
    }

    fn apply_failsafe(&mut self, is_done: bool) {
        self.queue.sent("0", is_done, self.now.instant);
        self.queue.tried_failsafe(is_done, self.now.instant);
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn with_failsafe(after: u64) -> Rules {
    let failsafe = Failsafe { value: json!(0), after: seconds(after) };
    Rules { failsafe: Some(failsafe), ..Rules::default() }
}

#[test]
fn by_default_commands_are_accepted_in_order_until_the_queue_is_full() {
    let mut world = World::new(Rules::default());
    assert_eq!(world.next(), "wait");
    for i in 0..256 {
        assert_eq!(world.live(i, -i), Ok(vec![]));
    }
    assert_eq!(world.live(256, 0), Err("queue_full"));
    assert_eq!(world.send(), Ok("0".to_owned()));
    assert_eq!(world.live(256, 1_000_000), Ok(vec![]));
    for i in 1..=256 {
        assert_eq!(world.send(), Ok(i.to_string()));
    }
    assert_eq!(world.next(), "wait");
    assert!(!world.retained(1, Some(2_000_000)));
}

#[test]
fn commands_for_a_removed_actuator_are_rejected() {
    let mut world = World::new(Rules { min_interval: seconds(60), ..Rules::default() });
    for value in 1..=3 {
        assert_eq!(world.live(value, 0), Ok(vec![]));
    }
    assert_eq!(world.send(), Ok("1".to_owned()));
    world.queue.leave();
    assert_eq!((world.next(), world.next()), ("unknown 2".to_owned(), "unknown 3".to_owned()));
    world.queue.set_rules(Rules::default());
    assert_eq!(world.live(4, 0), Ok(vec![]));
    assert_eq!(world.send(), Ok("4".to_owned()));
}

#[test]
fn durations_beyond_the_range_of_instant_are_supported() {
    let mut world = World::new(Rules { min_interval: Duration::MAX, ..with_failsafe(u64::MAX) });
    assert!(world.next().starts_with("wait until"));
    assert_eq!(world.live(1, 0), Ok(vec![]));
    assert_eq!(world.send(), Ok("1".to_owned()));
    assert_eq!(world.live(2, 0), Ok(vec![]));
    assert!(world.next().starts_with("wait until"));
}

#[test]
fn an_old_command_is_rejected_on_arrival_and_after_waiting() {
    let mut world = World::new(Rules { max_age: Some(seconds(60)), ..Rules::default() });
    assert_eq!(world.live(1, -61), Err("stale"));
    assert_eq!(world.live(1, -60), Ok(vec![]));
    assert_eq!(world.live(2, 5), Ok(vec![]));
    assert_eq!(world.live(3, 6), Err("future"));
    assert_eq!(world.offer(4, None, false), Ok(vec![]));
    world.pass(1);
    assert_eq!(world.send(), Err("stale"));
    world.pass(59);
    assert_eq!(world.send(), Ok("2".to_owned()));
    assert_eq!(world.send(), Ok("4".to_owned()));
    // A command without a timestamp ages as well.
    assert_eq!(world.offer(5, None, false), Ok(vec![]));
    world.pass(61);
    assert_eq!(world.send(), Err("stale"));
}

#[test]
fn a_clock_step_does_not_rejuvenate_an_old_command() {
    let mut world = World::new(Rules { max_age: Some(seconds(60)), ..Rules::default() });
    assert_eq!(world.live(1, 0), Ok(vec![]));
    assert_eq!(world.offer(2, None, false), Ok(vec![]));
    world.pass(61);
    world.set_clock(-61);
    assert_eq!(world.send(), Err("stale"));
    assert_eq!(world.send(), Err("stale"));
    // If the clock was wrong on arrival, the timestamp counts, and without one the elapsed time.
    assert_eq!(world.live(3, 0), Ok(vec![]));
    assert_eq!(world.offer(4, None, false), Ok(vec![]));
    world.set_clock(3600);
    assert_eq!(world.send(), Err("stale"));
    assert_eq!(world.send(), Ok("4".to_owned()));
    assert_eq!(world.live(5, 3600), Ok(vec![]));
    world.set_clock(-3600);
    assert_eq!(world.send(), Err("future"));
}

#[test]
fn monotonic_accepts_only_newer_commands() {
    let mut world = World::new(Rules { is_monotonic: true, ..Rules::default() });
    assert_eq!(world.live(1, -3600), Ok(vec![]));
    assert_eq!(world.live(1, -3600), Err("not_newer"), "equal timestamps");
    assert_eq!(world.live(2, -3601), Err("not_newer"));
    assert_eq!(world.live(3, 6), Err("future"), "it would block all later ones");
    assert_eq!(world.live(4, -3599), Ok(vec![]));
    // Without a timestamp they count as created on arrival, also within one millisecond.
    assert_eq!(world.offer(5, None, false), Ok(vec![]));
    assert_eq!(world.offer(6, None, false), Ok(vec![]));
    assert_eq!(world.live(7, -1), Err("not_newer"));
    world.set_clock(-3600);
    assert_eq!(world.offer(8, None, false), Ok(vec![]));
    assert_eq!(world.live(9, -3590), Err("future"));
    assert_eq!(world.live(9, -3600), Err("not_newer"));
}

#[test]
fn a_rejected_command_does_not_raise_the_newest_timestamp() {
    let rules = Rules { is_monotonic: true, max_age: Some(seconds(60)), ..Rules::default() };
    let mut world = World::new(rules);
    assert_eq!(world.live(1, -10), Ok(vec![]));
    assert_eq!(world.live(2, 6), Err("future"));
    assert_eq!(world.live(3, -9), Ok(vec![]));
}

#[test]
fn newest_only_keeps_the_newest_waiting_command() {
    let rules = Rules { newest_only: true, min_interval: seconds(10), ..Rules::default() };
    let mut world = World::new(rules);
    assert_eq!(world.live(1, 0), Ok(vec![]));
    assert_eq!(world.live(2, 0), Ok(vec![1]));
    assert_eq!(world.send(), Ok("2".to_owned()));
    assert_eq!(world.live(3, 1), Ok(vec![]));
    assert_eq!(world.next(), "wait until 10");
    world.pass(9);
    assert_eq!(world.live(4, 9), Ok(vec![3]));
    world.pass(1);
    assert_eq!(world.send(), Ok("4".to_owned()));
}

#[test]
fn min_interval_separates_sends() {
    let max_age = Some(seconds(15));
    let mut world = World::new(Rules { min_interval: seconds(10), max_age, ..Rules::default() });
    for value in 1..=3 {
        assert_eq!(world.live(value, 0), Ok(vec![]));
    }
    assert_eq!(world.send(), Ok("1".to_owned()));
    world.pass(10);
    assert_eq!(world.send(), Ok("2".to_owned()));
    assert_eq!(world.next(), "wait until 20");
    world.pass(10);
    // The age includes the wait, and a command that is not sent starts no new interval.
    assert_eq!(world.send(), Err("stale"));
    assert_eq!(world.live(4, 20), Ok(vec![]));
    assert_eq!(world.send(), Ok("4".to_owned()));
}

#[test]
fn a_command_waits_for_a_session_up_to_a_limit() {
    let mut world = World::new(Rules { newest_only: true, ..Rules::default() });
    assert_eq!(world.live(1, 0), Ok(vec![]));
    world.pass(1);
    assert_eq!(world.live(2, 1), Ok(vec![1]));
    world.pass(1);
    assert!(world.queue.give_up(world.now.instant).is_none(), "it has waited for only 1 s");
    world.pass(1);
    let missed = world.queue.give_up(world.now.instant);
    assert_eq!(missed.unwrap().json(), "2");
    assert!(world.queue.take(world.now).unwrap().is_none());
}

#[test]
fn silence_triggers_the_failsafe_value() {
    let mut world = World::new(with_failsafe(60));
    assert_eq!(world.next(), "wait until 60");
    world.pass(30);
    assert_eq!(world.live(7, 30), Ok(vec![]));
    assert_eq!(world.send(), Ok("7".to_owned()));
    assert_eq!(world.next(), "wait until 90");
    world.pass(60);
    assert_eq!(world.next(), "failsafe 0 0");
    world.apply_failsafe(true);
    assert_eq!(world.next(), "wait");
    world.pass(3600);
    assert_eq!(world.next(), "wait");
    assert_eq!(world.live(8, 3690), Ok(vec![]));
    assert_eq!(world.send(), Ok("8".to_owned()));
    assert_eq!(world.next(), "wait until 3750");
}

#[test]
fn a_rejected_command_does_not_end_the_silence() {
    let max_age = Some(seconds(60));
    let mut world = World::new(Rules { max_age, ..with_failsafe(10) });
    world.pass(9);
    assert_eq!(world.live(1, -600), Err("stale"));
    assert!(!world.retained(1, Some(9)));
    world.pass(1);
    assert_eq!(world.next(), "failsafe 0 0");
}

#[test]
fn a_failed_failsafe_value_is_retried_until_a_command_arrives() {
    let mut world = World::new(with_failsafe(60));
    world.pass(60);
    for (failures, again) in ["60.25", "60.75", "61.75"].into_iter().enumerate() {
        assert_eq!(world.next(), format!("failsafe 0 {failures}"));
        world.apply_failsafe(false);
        assert_eq!(world.next(), format!("wait until {again}"));
        world.now.instant = world.start + Duration::from_secs_f32(again.parse().unwrap());
    }
    // A command that arrives during an attempt takes precedence.
    assert_eq!(world.next(), "failsafe 0 3");
    assert_eq!(world.live(7, 0), Ok(vec![]));
    world.apply_failsafe(false);
    assert_eq!(world.send(), Ok("7".to_owned()));
    assert_eq!(world.next(), "wait until 121.75");
    for _ in 0..40 {
        world.pass(60);
        world.next();
        world.apply_failsafe(false);
    }
    let pause = FAILSAFE_RETRY.pause(u32::MAX).as_secs_f32()
        + (world.now.instant - world.start).as_secs_f32();
    assert_eq!(world.next(), format!("wait until {pause}"));
}

#[test]
fn the_failsafe_value_ignores_min_interval_and_drops_waiting_commands() {
    let min_interval = seconds(100);
    let mut world = World::new(Rules { min_interval, ..with_failsafe(60) });
    assert_eq!(world.live(1, 0), Ok(vec![]));
    assert_eq!(world.live(2, 0), Ok(vec![]));
    assert_eq!(world.send(), Ok("1".to_owned()));
    assert_eq!(world.next(), "wait until 60");
    world.pass(60);
    assert_eq!(world.next(), "superseded 2");
    assert_eq!(world.next(), "failsafe 0 0");
    world.apply_failsafe(true);
    assert_eq!(world.live(3, 60), Ok(vec![]));
    assert_eq!(world.next(), "wait until 120");
}

#[test]
fn shutdown_sends_accepted_commands_and_then_the_failsafe_value() {
    let mut world = World::new(with_failsafe(60));
    assert_eq!(world.live(7, 0), Ok(vec![]));
    world.queue.stop();
    assert_eq!(world.live(8, 0), Err("overdue"));
    assert_eq!(world.send(), Ok("7".to_owned()));
    assert_eq!(world.next(), "failsafe 0 0");
    world.apply_failsafe(false);
    assert_eq!(world.next(), "wait until 0.25");
    world.pass(1);
    assert_eq!(world.next(), "failsafe 0 1");
    world.apply_failsafe(true);
    assert_eq!(world.next(), "end");
}

#[test]
fn shutdown_does_not_resend_a_failsafe_value_that_the_device_has() {
    let mut world = World::new(with_failsafe(60));
    world.pass(60);
    assert_eq!(world.next(), "failsafe 0 0");
    world.apply_failsafe(true);
    world.queue.stop();
    assert_eq!(world.next(), "end");

    let mut world = World::new(with_failsafe(60));
    assert_eq!(world.live(0, 0), Ok(vec![]));
    assert_eq!(world.send(), Ok("0".to_owned()));
    world.queue.stop();
    assert_eq!(world.next(), "end");
}

#[test]
fn shutdown_does_not_wait_for_min_interval() {
    let min_interval = seconds(10);
    let mut world = World::new(Rules { min_interval, ..with_failsafe(60) });
    assert_eq!(world.live(1, 0), Ok(vec![]));
    assert_eq!(world.live(2, 0), Ok(vec![]));
    assert_eq!(world.send(), Ok("1".to_owned()));
    world.queue.stop();
    assert_eq!(world.next(), "overdue 2");
    assert_eq!(world.next(), "failsafe 0 0");
}

#[test]
fn an_actuator_that_returns_keeps_its_state() {
    let rules = Rules { is_monotonic: true, ..with_failsafe(60) };
    let mut world = World::new(rules.clone());
    assert_eq!(world.live(1, 0), Ok(vec![]));
    assert_eq!(world.send(), Ok("1".to_owned()));
    world.queue.set_rules(Rules::default());
    assert_eq!(world.next(), "wait");
    world.pass(61);
    world.queue.set_rules(rules);
    assert_eq!(world.next(), "failsafe 0 0");
    assert_eq!(world.live(1, 0), Err("not_newer"));
}
