//! Real processes that are killed at any moment, and what the site saw of it: nothing twice, nothing lost.

use std::collections::BTreeMap;
use std::time::Duration;

use restorectl::journal::Store as _;
use restorectl::journal::sqlite::SqliteStore;
use serde_json::Value;

use crate::cli::{APPLY, WEEKLY};
use crate::rig::{Ran, Rig};
use crate::schedules::bodies::dice::Dice;

/// How often a process is killed, where `RESTORECTL_KILLS` says nothing.
const KILLS: u64 = 60;

/// How often at most in one round.
const MOST_LIVES: u32 = 8;

const AGAIN: [&str; 6] = ["apply", "plans/dr-weekly.yaml", "--env", "sim", "--auto-approve", "--again"];
const RESUME: [&str; 2] = ["resume", "--auto-approve"];

/// How often each restore, in each of its generations, was accepted.
fn accepted(creates: &[Value]) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for create in creates {
        let name = create["body"]["name"].as_str().unwrap();
        // Without the attempt: one that was given up must not have been accepted besides.
        *counts.entry(name.rsplit_once('_').unwrap().0.to_owned()).or_default() += 1;
    }
    counts
}

/// How many runs were opened.
async fn runs(rig: &Rig) -> usize {
    SqliteStore::open(&rig.path("state.db")).await.unwrap().runs().await.unwrap().len()
}

/// Restores everything, again and again as a new generation, is killed at random moments, and goes on with `resume`.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_at_any_moment_restores_nothing_twice_and_loses_nothing() {
    let kills = std::env::var("RESTORECTL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let rig = Rig::with(|config| config.throughput = 20_000_000_000).await;
    rig.run(&APPLY).await.code(0);
    let mut dice = Dice::new(7);
    let (mut killed, mut round) = (0, 1);
    while killed < kills {
        round += 1;
        let before = runs(&rig).await;
        let (mut opened, mut lives) = (false, 0);
        loop {
            let mut child = rig.start(if opened { &RESUME } else { &AGAIN });
            // After some lives it is left alone, so that a round comes to its end, however slow the machine is.
            lives += 1;
            let life = Duration::from_millis(dice.below(900));
            if lives <= MOST_LIVES && tokio::time::timeout(life, child.wait()).await.is_err() {
                child.kill().await.unwrap();
                killed += 1;
                opened = opened || runs(&rig).await > before;
                continue;
            }
            let ran = Ran::from(child.wait_with_output().await.unwrap());
            // A lease that a dead process left is taken over; nothing else may stand in the way.
            ran.code(0);
            break;
        }
        let counts = accepted(&rig.creates().await);
        let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "after {killed} kills: {twice:?}");
        assert_eq!(counts.len(), WEEKLY * round, "after {killed} kills");
    }
    let report = rig.report().await;
    assert_eq!(report["verdict"]["green"], true, "{report:#}");
    println!("{killed} kills in {round} rounds of {WEEKLY} restores: none twice, none lost");
}
