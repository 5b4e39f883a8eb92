//! Real processes that are killed at any moment, and what the site saw of it: nothing twice, nothing lost.

use std::collections::BTreeMap;
use std::time::Duration;

use restorectl::journal::Store as _;
use restorectl::journal::sqlite::SqliteStore;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::task::JoinSet;

use crate::cli::{APPLY, WEEKLY};
use crate::rig::{Ran, Rig};
use crate::schedules::bodies::dice::Dice;

/// How often processes are killed, where `RESTORECTL_KILLS` says nothing.
const KILLS: u64 = 200;

/// How many go on side by side, each with a site and a store of its own: a life is waiting for the most part.
const SIDE_BY_SIDE: u64 = 4;

/// How often at most in one round.
const MOST_LIVES: u32 = 12;

const AGAIN: [&str; 6] = ["apply", "plans/dr-weekly.yaml", "--env", "sim", "--auto-approve", "--again"];
const RESUME: [&str; 2] = ["resume", "--auto-approve"];

/// How the line begins that tells that a run is open.
const A_RUN: &str = "run ";

/// What a process says of a whole run takes some forty lines; it is killed after so many at most, and whoever goes on with
/// it after so many more.
const LINES: u64 = 12;

/// Of so many lives and `LINES` others, so many end some time after their beginning, most of them before a run is open.
const EARLY: u64 = 4;

/// Waits for some moment of a process's life, by chance: some time after it began, or soon after something that it says
/// of its run, so that it makes no difference how long it takes to begin. Gives what it said, and whether it has ended
/// before.
async fn lived(child: &mut Child, dice: &mut Dice) -> (String, bool) {
    let lines = dice.below(EARLY + LINES).saturating_sub(EARLY - 1);
    let while_longer = Duration::from_millis(dice.below(if lines == 0 { 400 } else { 30 }));
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    let (mut said, mut of_the_run) = (String::new(), 0);
    while of_the_run < lines {
        let Some(line) = told.next_line().await.unwrap() else { return (said, true) };
        of_the_run += u64::from(of_the_run > 0 || line.starts_with(A_RUN));
        said = said + &line + "\n";
    }
    let ended = tokio::time::timeout(while_longer, child.wait()).await.is_ok();
    (said, ended)
}

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

/// What was survived.
#[derive(Default)]
struct Survived {
    kills: u64,
    /// How many of them came in the middle of a run.
    in_a_run: u64,
    rounds: usize,
}

/// Restores everything, again and again as a new generation, is killed at random moments, and goes on with `resume`.
async fn survived(seed: u64, kills: u64) -> Survived {
    let rig = Rig::with(|config| config.throughput = 20_000_000_000).await;
    rig.run(&APPLY).await.code(0);
    let mut dice = Dice::new(seed);
    let mut survived = Survived { rounds: 1, ..Survived::default() };
    while survived.kills < kills {
        survived.rounds += 1;
        let before = runs(&rig).await;
        let (mut opened, mut lives) = (false, 0);
        loop {
            let mut child = rig.start(if opened { &RESUME } else { &AGAIN });
            lives += 1;
            // After some lives it is left alone, so that a round comes to its end, however slow the machine is.
            let (said, ended) =
                if lives <= MOST_LIVES { lived(&mut child, &mut dice).await } else { Default::default() };
            if lives > MOST_LIVES || ended {
                // A lease that a dead process left is taken over; nothing else may stand in the way.
                let ran = Ran::from(child.wait_with_output().await.unwrap());
                assert_eq!(ran.code, Some(0), "seed {seed}: {said}{}\n{}", ran.stderr, ran.stdout);
                break;
            }
            child.kill().await.unwrap();
            opened = opened || runs(&rig).await > before;
            survived.kills += 1;
            survived.in_a_run += u64::from(said.lines().any(|line| line.starts_with(A_RUN)));
        }
        let counts = accepted(&rig.creates().await);
        let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
        let when = format!("seed {seed}, after {} kills", survived.kills);
        assert!(twice.is_empty(), "{when}: {twice:?}");
        assert_eq!(counts.len(), WEEKLY * survived.rounds, "{when}");
    }
    let report = rig.report().await;
    assert_eq!(report["verdict"]["green"], true, "seed {seed}: {report:#}");
    survived
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_at_any_moment_restores_nothing_twice_and_loses_nothing() {
    let kills = std::env::var("RESTORECTL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let mut beside = JoinSet::new();
    for seed in 0..SIDE_BY_SIDE {
        beside.spawn(survived(seed, kills.div_ceil(SIDE_BY_SIDE)));
    }
    let mut all = Survived::default();
    while let Some(one) = beside.join_next().await {
        let one = one.unwrap();
        all.kills += one.kills;
        all.in_a_run += one.in_a_run;
        all.rounds += one.rounds;
    }
    let Survived { kills: killed, in_a_run, rounds } = all;
    assert!(in_a_run >= kills / 2, "{in_a_run} of {killed} kills came in the middle of a run");
    println!(
        "{killed} kills in {rounds} rounds of {WEEKLY} restores, {in_a_run} of them in the middle of a run: \
         none twice, none lost"
    );
}
