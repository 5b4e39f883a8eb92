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

/// The one that stops itself, in every schedule: its last entries aren't written yet when it compares its journal with what
/// it knows, so no law is asked. All others go on to their end, and it is a law that must catch them.
const STOPS_ITSELF: (Mutation, &str) = (Mutation::LateIntent, "the journal tells what the machine knew");

#[test]
fn a_runner_that_is_broken_on_purpose_is_caught() {
    for (mutation, seed) in Mutation::ALL {
        let caught = std::panic::catch_unwind(|| outcome(seed, Some(mutation)).1).map_err(|panicked| {
            let said = panicked.downcast_ref::<String>();
            said.unwrap_or_else(|| panic!("{mutation:?} panics without a word")).clone()
        });
        match caught {
            Ok(broken) => assert!(!broken.is_empty(), "{mutation:?} passes the schedule of seed {seed}"),
            Err(said) => {
                let (stops, why) = STOPS_ITSELF;
                assert!(mutation == stops && said.contains(why), "{mutation:?} breaks no law, but panics: {said}");
            }
        }
        assert_eq!(outcome(seed, None).1, Vec::<String>::new(), "without it the schedule of seed {seed} is lawful");
    }
}
