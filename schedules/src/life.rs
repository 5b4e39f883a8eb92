//! One schedule: a plan is applied again and again, crashing at any boundary, until a run ends by itself.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use restorectl::changeset::{Changeset, Intention, Saw, decide};
use restorectl::engine::{DriveError, Machine, Signal, drive};
use restorectl::journal::{
    Claim, Holder, Lease, Run, RunState, SavedChangeset, Store as _, TERM, past_attempts, replay,
};
use restorectl::model::*;
use restorectl::observe::observe;
use restorectl::ports::Clock as _;
use restorectl::report;
use tokio::sync::mpsc;

use super::dice::Dice;
use super::mutation::Mutation;
use super::site::{Faults, Site};
use super::store::Journal;
use super::time::Time;
use super::{laws, plans};

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
    time: Time,
    /// The lease of one who is known to be dead.
    gone: Mutex<Option<u64>>,
}

/// What came of an `apply`.
pub type Applied = Result<(Changeset, RunState), DriveError>;

/// An `apply` that goes on, or stands still.
pub type Applying<'a> = Pin<Box<dyn Future<Output = Applied> + 'a>>;

impl World {
    /// A world in which the plan was never applied.
    pub fn new(seed: u64, plan: Plan, faults: Faults, mutation: Option<Mutation>) -> Self {
        let time = Time::default();
        let site = Site::new(seed, plan, faults, time.clone(), mutation);
        Self { journal: Journal::new(site.clone()), site, time, gone: Mutex::default() }
    }

    fn environment() -> Environment {
        let guard = Guard { allow_replace: true, ..Guard::default() };
        Environment { name: "test".into(), api: None, webhooks: Default::default(), guard, guard_origin: None }
    }

    /// One `apply`, from its taking of the lease to its end. Whoever comes after one that was killed may take its lease
    /// over at once.
    pub fn apply(&self, signals: Signals) -> Applying<'_> {
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
            self.apply_once(receiver).await
        })
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
        *self.gone.lock().unwrap() = self.journal.held().map(|lease| lease.token);
    }

    async fn apply_once(&self, signals: mpsc::Receiver<Signal>) -> Applied {
        let claim = Claim {
            plan: self.site.plan().name.clone(),
            environment: "test".into(),
            share: None,
            holder: Holder {
                operator: "me@here".into(),
                host: "here".into(),
                boot: String::new(),
                pid_space: String::new(),
                pid: 1,
                started: String::new(),
            },
            term: TERM,
        };
        let gone: Vec<u64> = self.gone.lock().unwrap().iter().copied().collect();
        let lease = self.journal.take(&claim, &gone).await?;
        let applied = self.under_lease(&lease, signals).await;
        self.journal.end_lease(&lease, "was given back").await?;
        applied
    }

    async fn under_lease(&self, lease: &Lease, signals: mpsc::Receiver<Signal>) -> Applied {
        let environment = Self::environment();
        let plan = self.site.plan();
        let runs = self.journal.all();
        let past = past_attempts(&runs, "").unwrap();
        let past = if self.site.is(Mutation::ForgottenJournal) { Vec::new() } else { past };
        let site = Arc::new(self.site.clone());
        let snapshot = observe(&site, &plan.items, past, self.time.now()).await;
        let intention = Intention {
            plan,
            file: "drill.yaml",
            environment: &environment,
            inputs: &Default::default(),
            again: false,
            opened: &Default::default(),
            tool_version: "0",
        };
        let changeset = decide(&intention, &snapshot).unwrap();
        let run = Run {
            id: RunId::new(format!("r{:04}", runs.len() + 1)),
            plan: plan.name.clone(),
            environment: "test".into(),
            opened_at: self.time.now(),
            turn: lease.token,
            tool_version: "0".into(),
            opened_by: "test".into(),
            service: String::new(),
            resumes: None,
            simulated: true,
            // Only the last one is told of, and it would be copied often.
            changeset: SavedChangeset::default(),
        };
        self.journal.open_run(&run, lease).await?;
        let mut machine = Machine::new(&self.broken(&changeset));
        drive(&mut machine, &run.id, (&site, &self.time, &self.journal), signals, |_, _| {}).await?;
        let (_, entries) = self.journal.run(&run.id).await?.unwrap();
        let replayed = replay(&entries).unwrap();
        assert_eq!(&replayed, machine.state(), "the journal tells what the machine knew");
        Ok((changeset, replayed))
    }

    /// The changeset as a runner takes it that has a fault.
    fn broken(&self, changeset: &Changeset) -> Changeset {
        let mut changeset = changeset.clone();
        if self.site.is(Mutation::NoSettleWindow) {
            changeset.limits.settle_window_ms = Millis(0);
        }
        if self.site.is(Mutation::NoConcurrencyLimit) {
            changeset.limits.concurrency = 100;
        }
        if self.site.is(Mutation::NoGroupLimit) {
            changeset.limits.groups.clear();
        }
        if let Some(last) = changeset.items.last_mut().filter(|_| self.site.is(Mutation::LeftOut)) {
            last.action = Action::Blocked;
        }
        for decision in &mut changeset.items {
            if self.site.is(Mutation::NoOrder) {
                decision.item.after.clear();
            }
            if self.site.is(Mutation::ForgottenPlaces) {
                decision.saw = Saw::default();
                if decision.action == Action::Adopt {
                    decision.action = Action::Blocked;
                }
            }
        }
        changeset
    }

    /// The report of the last run, which carried this out.
    ///
    /// # Panics
    /// When there is none, or it can't be told.
    pub fn report(&self, changeset: &Changeset) -> report::Report {
        let (mut run, entries) = self.journal.all().pop().unwrap();
        run.changeset = SavedChangeset::of(changeset).unwrap();
        report::build(&run, &entries, self.time.now()).unwrap()
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
        for (run, entries) in self.journal.all() {
            story += &format!("run {} at {}\n", run.id, run.opened_at);
            for entry in entries {
                story += &format!("  {} {:?}\n", Millis::between(super::time::start(), entry.at).0, entry.record);
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
    let world = World::new(dice.roll(), plan, faults, mutation);
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
        let mut applying = world.apply(signals);
        match world.run(&mut applying) {
            Some(Ok((_, state))) if state.closed.is_some() && dice.percent(50) => break,
            Some(_) => {}
            // Another one comes while this one stands still, which then goes on as if nothing had been.
            None if only_pauses => standing = Some(applying),
            None => {
                drop(applying);
                world.journal.crash();
                world.killed();
            }
        }
        // Somebody comes back at once, or the next day.
        let nap = if dice.percent(70) { dice.below(90_000) } else { dice.below(1_000_000) };
        world.time.pass(nap);
        if dice.percent(50)
            && let Some(mut woken) = standing.take()
        {
            world.site.stop_after(None, false);
            world.run(&mut woken);
        }
    }
    world.site.stop_after(None, false);
    let mut broken = last_run(&world);
    if let Some(mut woken) = standing.take() {
        world.run(&mut woken);
        broken.extend(last_run(&world));
    }
    broken.sort();
    broken.dedup();
    drop(standing);
    (world, broken)
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
            Some(Err(DriveError::Journal(_) | DriveError::Lease(_))) => world.time.pass(10_000),
            None => return vec!["a run takes for ever".to_owned()],
        }
    }
    let mut broken = world.site.broken();
    broken.push("it is blocked for ever".to_owned());
    broken
}

/// Whether a request was delivered twice: then somebody may have to look.
fn is_doubled(world: &World) -> bool {
    world.site.accepted().iter().any(|accepted| accepted.second)
}
