//! Some of the schedules that the gate lives by the hundred thousand, and runners that are broken on purpose.

#[path = "../../schedules/src/lib.rs"]
pub mod bodies;

use bodies::life::{Lived, World, live, outcome, outcome_unshared};
use bodies::mutation::Mutation;

#[test]
fn no_schedule_breaks_a_law() {
    let lived: Vec<Lived> = (0..300).map(|seed| live(seed).unwrap_or_else(|broken| panic!("{broken}"))).collect();
    // A life in which nothing goes wrong must end with everything applied; that says nothing if there is none.
    let calm = lived.iter().filter(|lived| **lived == Lived::Calm).count();
    assert!(calm >= 15, "{calm} calm lives");
}

#[test]
fn it_makes_no_difference_whether_a_list_shares_what_it_said_before() {
    let told = |(world, broken): (World, Vec<String>)| (world.journal.all(), broken);
    for seed in 0..300 {
        let (shared, unshared) = (told(outcome(seed, None)), told(outcome_unshared(seed)));
        assert_eq!(shared, unshared, "seed {seed}");
    }
}

#[test]
fn a_runner_that_is_broken_on_purpose_is_caught() {
    for (mutation, seed) in Mutation::ALL {
        // A panic is no law, so it ends the test.
        let broken = outcome(seed, Some(mutation)).1;
        assert!(!broken.is_empty(), "{mutation:?} passes the schedule of seed {seed}");
        assert_eq!(outcome(seed, None).1, Vec::<String>::new(), "without it the schedule of seed {seed} is lawful");
    }
}
