//! Lives very many schedules with all processors, and names the first that breaks a law.
//!
//! `RESTORECTL_SCHEDULES` says how many (100,000 where nothing is said), `RESTORECTL_SEED` the first seed. With the word
//! `mutations` it breaks the runner on purpose, in each of the known ways, and names the first seed that shows it.

#![allow(clippy::disallowed_methods, reason = "a program of its own, with a clock and settings")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use restorectl_schedules::life::{Lived, live, outcome};
use restorectl_schedules::mutation::Mutation;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Looks for the first seed that catches each mutation, for the table in `mutation.rs`.
fn mutations(first: u64, count: u64) -> ExitCode {
    for (mutation, _) in Mutation::ALL {
        let caught = |seed: u64| {
            let broken = std::panic::catch_unwind(|| outcome(seed, Some(mutation)).1);
            let first = broken.unwrap_or_else(|_| vec!["panicked".to_owned()]).into_iter().next();
            first.map(|law| (seed, law))
        };
        match (first..first + count).find_map(caught) {
            Some((seed, law)) => println!("        (Self::{mutation:?}, {seed}), // {law}"),
            None => {
                println!("{mutation:?} is caught by none of {count} schedules");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn main() -> ExitCode {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (first, count) = (number("RESTORECTL_SEED", 0), number("RESTORECTL_SCHEDULES", 100_000));
    if std::env::args().nth(1).as_deref() == Some("mutations") {
        return mutations(first, count);
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let begun = Instant::now();
    let next = AtomicU64::new(first);
    let calm = AtomicU64::new(0);
    let failed: Mutex<Option<(u64, String)>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count || failed.lock().unwrap().is_some() {
                        return;
                    }
                    let lived = std::panic::catch_unwind(|| live(seed));
                    let broken = match lived {
                        Ok(Ok(lived)) => {
                            calm.fetch_add(u64::from(lived == Lived::Calm), Ordering::Relaxed);
                            continue;
                        }
                        Ok(Err(broken)) => broken,
                        Err(_) => format!("seed {seed}: panicked"),
                    };
                    let mut failed = failed.lock().unwrap();
                    if failed.as_ref().is_none_or(|(other, _)| seed < *other) {
                        *failed = Some((seed, broken));
                    }
                }
            });
        }
    });
    let took = begun.elapsed();
    match failed.into_inner().unwrap() {
        None => {
            let (took, calm) = (took.as_secs_f64(), calm.into_inner());
            println!("{count} schedules from seed {first} in {took:.1} s, {calm} of them calm: every law held");
            ExitCode::SUCCESS
        }
        Some((seed, broken)) => {
            println!("{broken}");
            println!("live it again: RESTORECTL_SEED={seed} RESTORECTL_SCHEDULES=1");
            ExitCode::FAILURE
        }
    }
}
