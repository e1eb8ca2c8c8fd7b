mod desk;
mod races;
mod schedule;

use schedule::Schedule;

/// Every order in which a few checks can arrive, be woken, be dropped and be answered: each is
/// answered once, with its own rows, by a query that began after it came; nobody is left waiting.
#[test]
fn every_order_of_a_few_checks_answers_each_with_its_own_fresh_rows() {
    for (lanes, checks, steps) in [(1, 3, 99), (1, 4, 11), (2, 4, 8)] {
        let mut choices = vec![0; steps];
        let mut orders = 0;
        loop {
            let options = Schedule::run(lanes, checks, 3, &choices);
            orders += 1;
            // The next order: the last step that has another option takes it.
            let Some(last) = (0..steps).rev().find(|step| choices[*step] + 1 < options[*step])
            else {
                break;
            };
            choices[last] += 1;
            choices[last + 1..].fill(0);
        }
        assert!(orders > 6_000, "only {orders} orders");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 512, ..Default::default() })]

    /// The same of many checks, in random orders.
    #[test]
    fn random_orders_of_many_checks_do_too(
        lanes in 1..4_usize,
        choices in proptest::collection::vec(0..10_000_usize, 0..400),
    ) {
        Schedule::run(lanes, 200, 8, &choices);
    }
}

#[test]
fn a_lone_check_waits_for_nobody() {
    let mut schedule = Schedule::new(2, 3, 2..9);
    schedule.arrive();
    assert_eq!(schedule.asked(), [1], "asked at once, for itself");
    schedule.arrive();
    assert_eq!(schedule.asked(), [1, 1], "so does the next while a lane is free");
    schedule.arrive();
    assert_eq!(schedule.asked(), [1, 1], "and then they wait");
    schedule.finish();
}

#[test]
fn checks_that_wait_together_are_one_query_and_no_longer_than_allowed() {
    for (sessions, asked) in [(2..1_000, [1, 128, 128, 44]), (2..10, [1, 8, 8, 8])] {
        let mut schedule = Schedule::new(1, 301, sessions);
        (0..301).for_each(|_| schedule.arrive());
        schedule.finish();
        // The first asks for itself, then 128 at a time; a session they share is asked for once.
        assert_eq!(schedule.asked(), asked);
    }
}

#[test]
fn a_check_that_came_later_is_not_answered_by_a_query_under_way() {
    let mut schedule = Schedule::new(1, 2, 2..3);
    schedule.arrive();
    schedule.arrive();
    assert_eq!(schedule.asked(), [1]);
    schedule.end(0);
    schedule.run_woken();
    assert_eq!(schedule.asked(), [1, 1], "the second has a query of its own");
    schedule.finish();
}

/// Checks that were begun and are then neither polled nor dropped keep every lane. Whoever comes
/// after a while asks all the same, for those who wait as well, and each gets what is as fresh.
#[test]
fn checks_that_are_neither_polled_nor_dropped_hold_nobody_up_for_long() {
    let mut schedule = Schedule::new(2, 9, 2..99);
    (0..5).for_each(|_| schedule.arrive());
    assert_eq!(schedule.asked(), [1, 1], "two ask, three wait");
    schedule.wait_for_long();
    schedule.arrive();
    schedule.wait_no_longer();
    assert_eq!(schedule.asked(), [1, 1, 4], "for itself and for those who wait");
    schedule.arrive();
    assert_eq!(schedule.asked(), [1, 1, 4], "one lane more, and not one for each");
    schedule.end(2);
    schedule.run_woken();
    assert_eq!(schedule.asked(), [1, 1, 4, 1], "the lane goes on to whoever came meanwhile");
    // The two go on after all, and there are as many lanes as before.
    schedule.finish();
}

#[test]
fn those_who_went_are_forgotten_though_no_query_ends() {
    let mut schedule = Schedule::new(1, usize::MAX, 2..9);
    schedule.arrive();
    for _ in 0..10_000 {
        schedule.arrive();
        schedule.leave(1);
    }
    assert!(schedule.waiting() <= super::SWEEP, "the row grows by those who are gone");
    schedule.finish();
}
