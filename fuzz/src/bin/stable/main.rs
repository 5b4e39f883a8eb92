//! Fuzzes with nothing but a stable compiler: no instrumentation, and no feedback but the rules that an input meets.
//!
//! It tries every saved input, then changed ones for `RESTORECTL_FUZZ_SECONDS` (10 where nothing is said), beginning at
//! `RESTORECTL_FUZZ_SEED` (a number; the time of day where nothing is said). Words on the command line choose among the
//! targets. An input that fails is made as small as it gets, saved, and named at the end, with exit code 1.

#![allow(clippy::disallowed_methods, reason = "a program of its own, with files, a clock and an exit code")]

mod corpus;
mod mutate;
mod shrink;
mod trial;

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use mutate::Mutator;
use restorectl_fuzz::{TARGETS, Target};
use trial::Trials;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let chosen = |target: &&Target| words.is_empty() || words.iter().any(|word| word == target.name);
    let targets: Vec<&Target> = TARGETS.iter().filter(chosen).collect();
    assert!(!targets.is_empty(), "the targets are {:?}", TARGETS.map(|target| target.name));
    let today = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let seed = number("RESTORECTL_FUZZ_SEED").unwrap_or(today);
    let seconds = number("RESTORECTL_FUZZ_SECONDS").unwrap_or(10);
    let share = Duration::from_secs(seconds) / u32::try_from(targets.len()).unwrap();
    let trials = Trials::begin();
    let failed = targets.iter().filter(|target| !fuzz(target, seed, share, &trials)).count();
    println!("{} passed, {failed} failed", targets.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a whole number; it is `{text}`")))
}

/// Tries the saved inputs, then changed ones. Says whether all went well.
fn fuzz(target: &Target, seed: u64, time: Duration, trials: &Trials) -> bool {
    let begun = Instant::now();
    let saved = corpus::saved(target.name);
    let mut kept: Vec<Vec<u8>> = Vec::new();
    let mut known: HashSet<Vec<&'static str>> = HashSet::new();
    let mut mutator = Mutator::new(seed);
    let mut tried = 0;
    let mut next = saved.into_iter();
    loop {
        let input = match next.next() {
            Some(input) => input,
            None if begun.elapsed() >= time => break,
            None => mutator.change(&kept),
        };
        tried += 1;
        match trials.run(target, &input) {
            Ok(met) => {
                // What meets rules together that nobody met together before is worth changing further.
                if known.insert(met) {
                    kept.push(input);
                }
            }
            Err(problem) => {
                let small = shrink::shrink(input, |smaller| trials.run(target, smaller).is_err());
                let problem = trials.run(target, &small).err().unwrap_or(problem);
                let path = corpus::save(target.name, &small);
                println!(
                    "{}: failed after {tried} (seed {seed})\n{problem}\nthe input: {}",
                    target.name,
                    path.display()
                );
                println!("put it into tests/fixtures/fuzz/{} once it is mended", target.name);
                return false;
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let speed = tried as f64 / seconds.max(0.001);
    println!("{}: {tried} inputs, {} kinds of outcome, {speed:.0} a second (seed {seed})", target.name, known.len());
    true
}
