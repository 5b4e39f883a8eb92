//! One schedule: a plan is applied again and again, crashing at any boundary, until a run ends by itself.

use std::pin::Pin;

use restorectl::changeset::{Changeset, Choice};
use restorectl::engine::{DriveError, Signal};
use restorectl::journal::{RunState, StoreError};
use restorectl::model::*;
use restorectl::report;
use tokio::sync::mpsc;

use super::dice::Dice;
use super::mutation::Mutation;
pub use super::runner::Ask;
use super::runner::{Kept, Runner};
use super::site::{Faults, Site};
use super::store::Journal;
use super::time::{Time, Wall};
use super::{laws, plans, shards};

/// Longer than any run of a plan here takes, in milliseconds.
pub const FOREVER: u64 = 40_000_000;

/// Signals for a run: what, and how many milliseconds after its begin.
pub type Signals = Vec<(u64, Signal)>;

/// A site, a journal beside it, and whoever applies the plan.
#[derive(Debug)]
pub struct World {
    /// The site.
    pub site: Site,
    /// The journal.
    pub journal: Journal,
    pub(super) time: Time,
    /// The wall clock of those who apply the plan.
    pub(super) wall: Wall,
    /// The journal of each shard, where the plan is cut into some: the same for all, or one for each.
    pub(super) of_shards: Vec<Journal>,
}

/// What came of an `apply`.
pub type Applied = Result<(Changeset, RunState), DriveError>;

/// An `apply` that goes on, or stands still.
pub type Applying<'a> = Pin<Box<dyn Future<Output = Applied> + 'a>>;

impl World {
    /// A world in which the plan was never applied, and all clocks are right.
    pub fn new(seed: u64, plan: Plan, faults: Faults, mutation: Option<Mutation>) -> Self {
        let time = Time::default();
        let site = Site::new(seed, plan, faults, time.clone(), mutation);
        let journal = Journal::new(site.clone(), Wall::default());
        Self { journal, site, time, wall: Wall::default(), of_shards: Vec::new() }
    }

    /// One `apply` of the whole plan, as [`Self::carry_out`].
    pub fn apply(&self, signals: Signals) -> Applying<'_> {
        self.carry_out(Ask::default(), signals)
    }

    /// Does what is asked, from the taking of the lease to the end. Whoever comes after one that was killed may take its
    /// lease over at once.
    pub fn carry_out(&self, ask: Ask, signals: Signals) -> Applying<'_> {
        let (sender, receiver) = mpsc::channel(4);
        for (after, signal) in signals {
            let sender = sender.clone();
            self.time.at(self.time.millis() + after, move || {
                // A run that has ended needs no signal.
                let _ = sender.try_send(signal);
            });
        }
        Box::pin(async move {
            let _open = sender;
            Runner::new(self, &self.journal, None, ask).carry_out(receiver).await
        })
    }

    /// One `apply` of a shard, which begins so many milliseconds from now.
    pub fn apply_shard(&self, shard: Shard, after: u64) -> Applying<'_> {
        Box::pin(async move {
            self.time.sleep(after).await;
            let (_open, receiver) = mpsc::channel(1);
            Runner::new(self, self.journal_of(shard), Some(shard), Ask::default()).carry_out(receiver).await
        })
    }

    /// The journal in which a shard is recorded.
    pub fn journal_of(&self, shard: Shard) -> &Journal {
        self.of_shards.get(shard.index()).unwrap_or(&self.journal)
    }

    /// Runs an `apply` until it ends or is stopped.
    pub fn run(&self, applying: &mut Applying<'_>) -> Option<Applied> {
        self.run_for(applying, FOREVER)
    }

    /// Runs an `apply` for so many milliseconds, unless it ends or is stopped before.
    pub fn run_for(&self, applying: &mut Applying<'_>, millis: u64) -> Option<Applied> {
        self.time.run(applying.as_mut(), millis)
    }

    /// Whoever holds the lease was killed, and that is known.
    pub fn killed(&self) {
        self.journal.killed(None);
    }

    /// The report of the last run of a shard, or of the whole plan, which carried this out.
    ///
    /// # Panics
    /// When there is none, or it can't be told.
    pub fn report(&self, changeset: &Changeset) -> report::Report {
        let shard = changeset.shard();
        let journal = shard.map_or(&self.journal, |shard| self.journal_of(shard));
        let (run, entries) = journal.last(shard).unwrap();
        report::build_of(&run, (changeset, String::new()), &entries, self.wall.shows(&self.time)).unwrap()
    }
}

impl World {
    /// What was recorded and accepted, for whoever looks into a life that broke a law.
    pub fn story(&self) -> String {
        let mut story = format!("{:#?}\n", self.site.plan().limits);
        for item in &self.site.plan().items {
            let Item { name, source, target, after, group, weight, deadline_ms, .. } = item;
            let touches = item.touches();
            story += &format!(
                "{name}: {} to {touches:?} at {}, after {after:?}, {group:?} {weight}, {deadline_ms}\n",
                source.site, target.site
            );
        }
        let own = self.of_shards.iter().filter(|journal| !journal.is(&self.journal));
        for (run, entries) in [&self.journal].into_iter().chain(own).flat_map(Journal::all) {
            story += &format!("run {} at {}\n", run.id, run.opened_at);
            for entry in entries {
                let at = entry.at.as_millisecond() - super::time::start().as_millisecond();
                story += &format!("  {at} {:?}\n", entry.record);
            }
        }
        for accepted in self.site.accepted() {
            story += &format!("{accepted:?}\n");
        }
        story
    }
}

/// Faults by chance.
fn faults(dice: &mut Dice) -> Faults {
    let mut chance = |most: u64| if dice.percent(50) { dice.below(most) } else { 0 };
    Faults {
        lost_request: chance(25),
        late: chance(25),
        lost_reply: chance(25),
        busy: chance(20),
        refused: chance(5),
        doubled: chance(10),
        failure: chance(25),
        hidden: chance(60),
        queued: chance(60),
        lie: chance(30),
        unreadable: chance(30),
        disk: chance(4),
        unshared: false,
    }
}

/// What a life was like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lived {
    /// Nothing went wrong at the site, so everything came about.
    Calm,
    /// Something went wrong, or might have.
    Hard,
}

/// Lives the schedule of a seed.
///
/// # Errors
/// What broke a law.
pub fn live(seed: u64) -> Result<Lived, String> {
    let (world, broken) = outcome(seed, None);
    if broken.is_empty() {
        return Ok(if laws::is_calm(&world.site) { Lived::Calm } else { Lived::Hard });
    }
    Err(format!("{}\nseed {seed} broke: {broken:#?}", world.story()))
}

/// The world at the end of a life, whose runner may have a fault, and the laws that were broken in it.
pub fn outcome(seed: u64, mutation: Option<Mutation>) -> (World, Vec<String>) {
    lived(seed, mutation, false)
}

/// The same life at a site whose lists share nothing with those before, so that a runner can't tell what is new.
pub fn outcome_unshared(seed: u64) -> (World, Vec<String>) {
    lived(seed, None, true)
}

fn lived(seed: u64, mutation: Option<Mutation>, unshared: bool) -> (World, Vec<String>) {
    let mut dice = Dice::new(seed);
    let calm = dice.percent(10);
    let plan = plans::plan(&mut dice, calm);
    let faults = if calm { Faults::default() } else { faults(&mut dice) };
    let faults = Faults { unshared, ..faults };
    let mut world = World::new(dice.roll(), plan, faults, mutation);
    let leaps = dice.percent(25);
    if leaps {
        set_clocks(&mut world, &mut dice);
    }
    let mut broken = match dice.percent(5) {
        true => shards::lived(&mut world, &mut dice),
        false => lived_whole(&world, &mut dice, leaps),
    };
    broken.sort();
    broken.dedup();
    (world, broken)
}

/// Has somebody set the wall clock at moments to come. A store in a file goes by that clock, too.
fn set_clocks(world: &mut World, dice: &mut Dice) {
    if dice.percent(50) {
        world.journal.goes_by(&world.wall);
    }
    for _ in 0..1 + dice.below(6) {
        let (wall, by) = (world.wall.clone(), leap(dice));
        world.time.at(dice.below(900_000), move || wall.leap(by));
    }
}

/// By how much somebody sets a clock: seconds, minutes or hours, forward or back.
pub(super) fn leap(dice: &mut Dice) -> i64 {
    let most = [60_000, 3_600_000, 8 * 3_600_000][usize::try_from(dice.below(3)).unwrap()];
    let by = i64::try_from(dice.below(most)).unwrap();
    if dice.percent(50) { by } else { -by }
}

/// One runner after the other applies the whole plan.
fn lived_whole(world: &World, dice: &mut Dice, leaps: bool) -> Vec<String> {
    let backups = dice.percent(15);
    let asks = dice.percent(15);
    let mut standing: Option<Applying<'_>> = None;
    for _ in 0..dice.below(4) {
        let only_pauses = dice.percent(30);
        world.site.stop_after(Some(1 + dice.below(60)), only_pauses);
        let mut signals = Signals::new();
        if dice.percent(20) {
            let first = dice.below(200_000);
            signals.push((first, Signal::Stop));
            if dice.percent(50) {
                signals.push((first + dice.below(50_000), Signal::Leave));
            }
        }
        let ask = if asks { ask(world.site.plan(), dice) } else { Ask::default() };
        let mut applying = world.carry_out(ask, signals);
        match world.run(&mut applying) {
            Some(Ok((_, state))) if state.closed.is_some() && dice.percent(50) => break,
            Some(_) => {}
            // Another one comes while this one stands still, which then goes on as if nothing had been.
            None if only_pauses => standing = Some(applying),
            None => {
                drop(applying);
                world.journal.crash(None);
                world.killed();
            }
        }
        // Somebody comes back at once, or the next day; perhaps at a host whose clock shows something else.
        let nap = if dice.percent(70) { dice.below(90_000) } else { dice.below(1_000_000) };
        world.time.pass(nap);
        if leaps && dice.percent(50) {
            world.wall.leap(leap(dice));
        }
        if backups && dice.percent(50) {
            world.site.back_up();
        }
        if dice.percent(50)
            && let Some(mut woken) = standing.take()
        {
            world.site.stop_after(None, false);
            world.run(&mut woken);
        }
    }
    world.site.stop_after(None, false);
    let mut broken = if asks && dice.percent(50) { last_resume(world) } else { Vec::new() };
    broken.extend(last_run(world));
    if let Some(mut woken) = standing.take() {
        world.run(&mut woken);
        broken.extend(last_run(world));
    }
    broken
}

/// What somebody asks for, by chance.
fn ask(plan: &Plan, dice: &mut Dice) -> Ask {
    if dice.percent(40) {
        return Ask::Resume { only_failed: dice.percent(25) };
    }
    let mut choice = Choice::default();
    if dice.percent(40) {
        let names: Vec<String> = plan.items.iter().map(|item| item.name.to_string()).collect();
        let some = names.into_iter().filter(|_| dice.percent(50)).collect();
        *(if dice.percent(50) { &mut choice.only } else { &mut choice.exclude }) = some;
    }
    choice.only_failed = dice.percent(10);
    Ask::Apply { again: dice.percent(30), choice }
}

/// Goes on undisturbed with the last run until one comes to its end, and gives what is broken then.
fn last_resume(world: &World) -> Vec<String> {
    let Some((first, _)) = world.journal.last(None) else { return Vec::new() };
    let Some(Kept { changeset: first, .. }) = world.journal.kept(&first.id) else { return Vec::new() };
    for _ in 0..40 {
        match world.run(&mut world.carry_out(Ask::Resume { only_failed: false }, Signals::new())) {
            // What it needs may be left out.
            Some(Ok((changeset, _))) if changeset.count(Action::Blocked) > 0 => world.time.pass(30_000),
            Some(Ok((changeset, state))) => {
                let mut broken = laws::at_the_end(&world.site, &changeset, &state, &world.report(&changeset));
                let goes_on = |item: &Slug| changeset.items.iter().any(|decision| decision.item.name == *item);
                let lost = |item: &&Slug| first.only_followed(item).is_none() && !goes_on(item);
                let names = first.items.iter().map(|decision| &decision.item.name);
                broken.extend(names.filter(lost).map(|item| format!("{item} is not gone on with")));
                return broken;
            }
            Some(Err(DriveError::Bug(bug))) => return vec![bug.to_string()],
            Some(Err(DriveError::Journal(StoreError::Held(_)))) => world.time.pass(300_000),
            Some(Err(DriveError::Journal(_) | DriveError::Lease(_))) => world.time.pass(10_000),
            None => return vec!["a run takes for ever".to_owned()],
        }
    }
    Vec::new()
}

/// Applies the plan undisturbed until a run comes to its end, and gives what is broken then.
fn last_run(world: &World) -> Vec<String> {
    // The site may not be readable at the moment of the diff, or the disk full; then one tries again.
    for _ in 0..300 {
        match world.run(&mut world.apply(Signals::new())) {
            Some(Ok((changeset, state))) => {
                if changeset.count(Action::Blocked) > 0 && !is_doubled(world) {
                    world.time.pass(30_000);
                    continue;
                }
                return laws::at_the_end(&world.site, &changeset, &state, &world.report(&changeset));
            }
            Some(Err(DriveError::Bug(bug))) => return vec![bug.to_string()],
            // By a clock that was set back, a lease of somebody who stands still may last for long.
            Some(Err(DriveError::Journal(StoreError::Held(_)))) => world.time.pass(300_000),
            Some(Err(DriveError::Journal(_) | DriveError::Lease(_))) => world.time.pass(10_000),
            None => return vec!["a run takes for ever".to_owned()],
        }
    }
    let mut broken = world.site.broken();
    broken.push("it is blocked for ever".to_owned());
    broken
}

/// Whether a request was delivered twice: then somebody may have to look.
pub(super) fn is_doubled(world: &World) -> bool {
    world.site.accepted().iter().any(|accepted| accepted.second)
}
