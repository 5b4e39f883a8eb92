//! Lives in which a plan is cut into shards, and runners carry these out side by side, each of which may be killed.

use std::collections::BTreeSet;

use restorectl::changeset::Changeset;
use restorectl::engine::DriveError;
use restorectl::journal::RunState;
use restorectl::model::{Action, Shard};
use restorectl::report::{Report, merge};

use super::dice::Dice;
use super::laws;
use super::life::{Applying, FOREVER, World, is_doubled};
use super::store::Journal;
use super::time::Wall;

/// Cuts the plan and has it carried out, and gives the laws that were broken.
pub(super) fn lived(world: &mut World, dice: &mut Dice) -> Vec<String> {
    let count = 2 + u32::try_from(dice.below(3)).unwrap();
    let shards: Vec<Shard> = (1..=count).map(|number| Shard::new(number, count).unwrap()).collect();
    // They share a store, or each has its own, at a host of its own.
    if dice.percent(30) {
        let own = |_: &Shard| Journal::new(world.site.clone(), Wall::default());
        world.of_shards = shards.iter().map(own).collect();
    }
    let world = &*world;
    if let Err(broken) = disturbed(world, &shards, dice) {
        return broken;
    }
    match undisturbed(world, &shards) {
        Ok((reports, mut broken)) => {
            broken.extend(merged(world, reports));
            broken
        }
        Err(broken) => broken,
    }
}

/// All begin at about the same time, and some are killed. Who was killed comes back, or doesn't.
fn disturbed(world: &World, shards: &[Shard], dice: &mut Dice) -> Result<(), Vec<String>> {
    let begin = |shard: &Shard, dice: &mut Dice| Some(world.apply_shard(*shard, dice.below(60_000)));
    let mut runners: Vec<Option<Applying<'_>>> = shards.iter().map(|shard| begin(shard, dice)).collect();
    let mut kills = dice.below(6);
    while runners.iter().any(Option::is_some) {
        world.site.stop_after((kills > 0).then(|| 1 + dice.below(80)), false);
        let Some((at, ended)) = world.time.race(&mut runners, FOREVER) else {
            return Err(vec!["runs take for ever".to_owned()]);
        };
        runners[at] = None;
        match ended {
            Some(Err(DriveError::Bug(bug))) => return Err(vec![bug.to_string()]),
            Some(_) => {}
            None => {
                kills -= 1;
                let shard = shards[at];
                world.journal_of(shard).crash(Some(shard));
                world.journal_of(shard).killed(Some(shard));
                if dice.percent(70) {
                    runners[at] = begin(&shard, dice);
                }
            }
        }
    }
    world.site.stop_after(None, false);
    world.time.pass(dice.below(90_000));
    Ok(())
}

/// All are applied again, side by side, until a run of each comes to its end. Gives their reports, and what is broken.
fn undisturbed(world: &World, shards: &[Shard]) -> Result<(Vec<Report>, Vec<String>), Vec<String>> {
    let mut reports: Vec<Option<Report>> = shards.iter().map(|_| None).collect();
    let mut broken = Vec::new();
    // The sites may not be readable at the moment of the diff, or the disk full; then one tries again.
    for _ in 0..300 {
        let left = shards.iter().zip(&reports);
        let mut runners: Vec<Option<Applying<'_>>> =
            left.map(|(shard, done)| done.is_none().then(|| world.apply_shard(*shard, 0))).collect();
        while runners.iter().any(Option::is_some) {
            let Some((at, ended)) = world.time.race(&mut runners, FOREVER) else {
                return Err(vec!["runs take for ever".to_owned()]);
            };
            runners[at] = None;
            match ended {
                Some(Ok((changeset, state))) if changeset.count(Action::Blocked) == 0 || is_doubled(world) => {
                    reports[at] = Some(at_the_end(world, &changeset, &state, &mut broken));
                }
                Some(Err(DriveError::Bug(bug))) => return Err(vec![bug.to_string()]),
                _ => {}
            }
        }
        if reports.iter().all(Option::is_some) {
            return Ok((reports.into_iter().flatten().collect(), broken));
        }
        world.time.pass(30_000);
    }
    broken.extend(world.site.broken());
    broken.push("a shard is blocked for ever".to_owned());
    Err(broken)
}

fn at_the_end(world: &World, changeset: &Changeset, state: &RunState, broken: &mut Vec<String>) -> Report {
    let report = world.report(changeset);
    broken.extend(laws::at_the_end(&world.site, changeset, state, &report));
    report
}

/// What is broken in the sum of the reports of all shards.
fn merged(world: &World, reports: Vec<Report>) -> Vec<String> {
    let now = world.wall.shows(&world.time);
    let mut broken = Vec::new();
    let plan: BTreeSet<String> = world.site.plan().items.iter().map(|item| item.name.to_string()).collect();
    let several = reports.iter().filter(|report| !report.items.is_empty()).count() > 1;
    let partly: Vec<Report> = reports.iter().skip_while(|report| report.items.is_empty()).skip(1).cloned().collect();
    match merge(reports, now) {
        Ok(report) => {
            let told: Vec<String> = report.items.iter().map(|item| item.name.clone()).collect();
            if told.len() != plan.len() || told.iter().any(|item| !plan.contains(item)) {
                broken.push(format!("the shards' reports tell of {told:?}"));
            }
            let all_there = world.site.all_there();
            if report.verdict.green && !all_there {
                broken.push("the merged report is green, and something isn't there".to_owned());
            }
            if laws::is_calm(&world.site) && !report.verdict.green {
                broken.push(format!("nothing went wrong, and the merged report says: {}", report.verdict.rule));
            }
        }
        Err(error) => broken.push(format!("the shards' reports can't be merged: {error}")),
    }
    // Where one is missing, that must be said.
    if several && merge(partly, now).is_ok_and(|report| report.verdict.green) {
        broken.push("a merged report is green although a shard is missing".to_owned());
    }
    broken
}
