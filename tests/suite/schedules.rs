//! Some of the schedules that the gate lives by the hundred thousand, and runners that are broken on purpose.

#[path = "../../schedules/src/lib.rs"]
mod bodies;

pub use bodies::dice::Dice;
use bodies::life::{live, outcome};
use bodies::mutation::Mutation;

#[test]
fn no_schedule_breaks_a_law() {
    for seed in 0..300 {
        if let Err(broken) = live(seed) {
            panic!("{broken}");
        }
    }
}

#[test]
fn a_runner_that_is_broken_on_purpose_is_caught() {
    for (mutation, seed) in Mutation::ALL {
        let caught = std::panic::catch_unwind(|| !outcome(seed, Some(mutation)).1.is_empty()).unwrap_or(true);
        assert!(caught, "{mutation:?} passes the schedule of seed {seed}");
        assert_eq!(outcome(seed, None).1, Vec::<String>::new(), "without it the schedule of seed {seed} is lawful");
    }
}
