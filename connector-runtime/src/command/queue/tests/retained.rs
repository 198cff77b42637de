use super::*;

#[test]
fn a_retained_command_is_accepted_once() {
    let mut world = World::new(Rules { accepts_retained: true, ..Rules::default() });
    assert!(world.retained(1, Some(-3600)));
    assert!(!world.retained(1, Some(-3600)));
    // It arrived live before it became retained.
    assert_eq!(world.live(2, -10), Ok(vec![]));
    assert!(!world.retained(2, Some(-10)));
    assert_eq!(world.live(3, -20), Ok(vec![]));
    assert!(!world.retained(2, Some(-10)), "it is not newer than all earlier ones");
    assert!(world.retained(2, Some(-9)));
}

#[test]
fn a_retained_command_without_a_timestamp_is_accepted_if_its_value_differs() {
    let mut world = World::new(Rules { accepts_retained: true, ..Rules::default() });
    assert_eq!(world.offer(1, None, false), Ok(vec![]));
    assert!(!world.retained(1, None));
    assert!(world.retained(2, None));
    assert_eq!(world.offer(3, None, false), Ok(vec![]));
    assert!(!world.retained(2, None), "the previous subscription delivered the same one");
    assert!(world.retained(4, None));

    let rules = Rules { max_age: Some(seconds(60)), ..world.queue.rules };
    let mut world = World::new(rules);
    assert!(!world.retained(1, None), "its age is unknown");
    assert!(world.retained(1, Some(-60)));
}
