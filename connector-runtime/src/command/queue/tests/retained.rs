use super::*;

#[test]
fn a_retained_command_is_taken_once() {
    let mut world = World::new(Rules { accepts_retained: true, ..Rules::default() });
    assert!(world.retained(1, Some(-3600)));
    assert!(!world.retained(1, Some(-3600)));
    // It was live before, and came to be retained.
    assert_eq!(world.live(2, -10), Ok(vec![]));
    assert!(!world.retained(2, Some(-10)));
    assert_eq!(world.live(3, -20), Ok(vec![]));
    assert!(!world.retained(2, Some(-10)), "it is not newer than all before");
    assert!(world.retained(2, Some(-9)));
}

#[test]
fn a_retained_command_without_a_timestamp_is_taken_for_its_value() {
    let mut world = World::new(Rules { accepts_retained: true, ..Rules::default() });
    assert_eq!(world.offer(1, None, false), Ok(vec![]));
    assert!(!world.retained(1, None));
    assert!(world.retained(2, None));
    assert_eq!(world.offer(3, None, false), Ok(vec![]));
    assert!(!world.retained(2, None), "the same came with the subscription before");
    assert!(world.retained(4, None));

    let rules = Rules { max_age: Some(seconds(60)), ..world.queue.rules };
    let mut world = World::new(rules);
    assert!(!world.retained(1, None), "nobody knows how old it is");
    assert!(world.retained(1, Some(-60)));
}
