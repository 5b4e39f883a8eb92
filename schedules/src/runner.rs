//! Whoever applies a plan, or a shard of it, once: what the command `apply` does, between its lease and its report.

use std::collections::BTreeSet;
use std::sync::Arc;

use restorectl::changeset::{Changeset, Choice, Intention, Part, Saw, decide_chosen, plan_digest, rests_on_clocks};
use restorectl::engine::{DriveError, Left, Machine, Signal, drive};
use restorectl::journal::{
    Claim, Holder, Lease, Run, RunState, SavedChangeset, Share, Store as _, TERM, ended_badly, past_attempts, replay,
};
use restorectl::model::*;
use restorectl::observe::observe_settled;
use restorectl::ports::Clock as _;
use tokio::sync::mpsc;

use super::life::{Applied, World};
use super::mutation::Mutation;
use super::site::Site;
use super::store::Journal;
use super::time::HostClock;

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// `apply`, perhaps with `--again`, of what is chosen.
    Apply {
        /// Whether a new generation is asked for.
        again: bool,
        /// What of the plan.
        choice: Choice,
    },
    /// `resume` of the last run; `apply`, where nothing of it is left.
    Resume {
        /// Whether only of what failed.
        only_failed: bool,
    },
}

impl Default for Ask {
    fn default() -> Self {
        Self::Apply { again: false, choice: Choice::default() }
    }
}

/// What the one who wants a run keeps of it.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// What it set out to do.
    pub(super) changeset: Changeset,
    /// What nobody wanted to be sent in it.
    pub(super) unwanted: BTreeSet<Slug>,
}

/// Whoever applies the plan, or a shard of it, once.
pub(super) struct Runner<'a> {
    site: Site,
    journal: &'a Journal,
    clock: HostClock,
    shard: Option<Shard>,
    again: bool,
    choice: Choice,
    left: Option<Left>,
}

impl<'a> Runner<'a> {
    /// A runner who does what is asked; as `resume` does, it looks at the last run before it has the lease.
    pub(super) fn new(world: &World, journal: &'a Journal, shard: Option<Shard>, ask: Ask) -> Self {
        let leaps = world.site.is(Mutation::LeapingClock);
        let clock = HostClock::new(world.time.clone(), world.wall.clone(), leaps);
        let site = world.site.of(shard);
        let runner = |site| Self { site, journal, clock, shard, again: false, choice: Choice::default(), left: None };
        match ask {
            Ask::Apply { again, choice } => {
                if again {
                    site.asked_again();
                }
                let unwanted = refused(site.plan(), &choice);
                Self { again, choice, ..runner(site.without(unwanted)) }
            }
            Ask::Resume { only_failed } => match journal.last(shard).and_then(|(run, entries)| {
                let Kept { changeset, unwanted } = journal.kept(&run.id)?;
                let state = replay(&entries).unwrap();
                let changeset = forgetful(&site, changeset, &state);
                Some((Left::of(changeset, &state, only_failed)?, unwanted))
            }) {
                Some((left, unwanted)) => Self { left: Some(left), ..runner(site.without(unwanted)) },
                None => runner(site),
            },
        }
    }

    pub(super) async fn carry_out(&self, signals: mpsc::Receiver<Signal>) -> Applied {
        let plan = self.site.plan();
        let share = self.shard.map(|shard| Share { shard, digest: plan_digest(plan).unwrap() });
        let claim = Claim {
            plan: plan.name.clone(),
            environment: "test".into(),
            share,
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
        let lease = self.journal.take(&claim, &self.journal.gone()).await?;
        let applied = self.under_lease(&lease, signals).await;
        self.journal.end_lease(&lease, "was given back").await?;
        applied
    }

    async fn under_lease(&self, lease: &Lease, signals: mpsc::Receiver<Signal>) -> Applied {
        let changeset = self.decide(lease).await?;
        let of = self.shard.map_or_else(String::new, |shard| format!("-{}of{}", shard.number(), shard.count()));
        let run = Run {
            id: RunId::new(format!("r{:04}{of}", self.journal.count() + 1)),
            plan: changeset.plan.name.clone(),
            environment: "test".into(),
            opened_at: self.clock.now(),
            turn: lease.token,
            tool_version: "0".into(),
            opened_by: "test".into(),
            service: String::new(),
            resumes: None,
            simulated: true,
            // It is kept elsewhere, because runs are copied often.
            changeset: SavedChangeset::default(),
        };
        self.journal.open_run(&run, lease).await?;
        let kept = Kept { changeset: changeset.clone(), unwanted: self.site.unwanted().clone() };
        self.journal.keep(&run.id, kept);
        let mut machine = Machine::new(&self.broken(&changeset));
        let site = Arc::new(self.site.clone());
        drive(&mut machine, &run.id, (&site, &self.clock, self.journal), signals, |_, _| {}).await?;
        let (_, entries) = self.journal.run(&run.id).await?.unwrap();
        let replayed = replay(&entries).unwrap();
        // Where intents are written late, a law tells what that leads to.
        let late = self.site.is(Mutation::LateIntent);
        assert!(late || &replayed == machine.state(), "the journal tells what the machine knew");
        Ok((changeset, replayed))
    }

    /// Reads the site and the journal, and decides.
    async fn decide(&self, lease: &Lease) -> Result<Changeset, DriveError> {
        let environment = environment();
        let whole = self.site.plan();
        let part = self.shard.map(|shard| self.part(whole, shard));
        let plan = match (&self.left, &part) {
            (Some(left), _) => left.plan(),
            (None, Some(part)) => part.plan(whole),
            (None, None) => whole.clone(),
        };
        let runs = self.journal.runs_of(&plan.name, "test").await?;
        let past = past_attempts(&runs, "").unwrap();
        let past = if self.site.is(Mutation::ForgottenJournal) { Vec::new() } else { past };
        let in_doubt = |snapshot: &Snapshot| {
            !self.site.is(Mutation::TrustedClocks) && rests_on_clocks(&plan, "test", snapshot).unwrap()
        };
        let site = Arc::new(self.site.clone());
        let snapshot = observe_settled((&site, &self.clock), &plan, past, in_doubt).await;
        if let Some(left) = &self.left {
            return Ok(left.decide(&snapshot, "0").unwrap());
        }
        let intention = Intention {
            plan: &plan,
            file: "drill.yaml",
            environment: &environment,
            inputs: &Default::default(),
            again: self.again,
            opened: &Default::default(),
            tool_version: "0",
        };
        let failed = ended_badly(&runs, "").unwrap();
        let changeset = decide_chosen(&intention, &snapshot, &self.choice, &failed).unwrap();
        Ok(match part.zip(lease.share.clone()) {
            Some((part, share)) => changeset.as_part(part, &plan, share.digest),
            None => changeset,
        })
    }

    /// The part of a plan that a runner takes for its shard, which may have a fault.
    fn part(&self, plan: &Plan, shard: Shard) -> Part {
        let mut part = Part::of(plan, shard);
        let count = usize::try_from(shard.count()).unwrap();
        if self.site.is(Mutation::TornApart) {
            part.places = (0..plan.items.len()).filter(|place| place % count == shard.index()).collect();
        }
        if self.site.is(Mutation::Poacher)
            && let Some(other) = (0..plan.items.len()).find(|place| !part.places.contains(place))
        {
            part.places.push(other);
        }
        part
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
}

/// What a choice by names leaves out.
fn refused(plan: &Plan, choice: &Choice) -> BTreeSet<Slug> {
    let among = |list: &[String], item: &Slug| list.iter().any(|name| *name == item.as_str());
    let is_refused =
        |item: &&Slug| among(&choice.exclude, item) || !choice.only.is_empty() && !among(&choice.only, item);
    plan.items.iter().map(|item| &item.name).filter(is_refused).cloned().collect()
}

/// What a runner that has a fault knows of the run that it goes on with.
fn forgetful(site: &Site, mut changeset: Changeset, state: &RunState) -> Changeset {
    if site.is(Mutation::OneMoreGeneration) {
        changeset.opened.clear();
        changeset.items.iter_mut().for_each(|decision| decision.generation = u32::MAX);
    }
    if site.is(Mutation::SentAlthoughExcluded)
        && let Some(selection) = &mut changeset.selection
    {
        selection.followed.clear();
    }
    if site.is(Mutation::ForgottenRest) {
        changeset.items.retain(|decision| state.items.contains_key(&decision.item.name));
    }
    changeset
}

fn environment() -> Environment {
    let guard = Guard { allow_replace: true, ..Guard::default() };
    Environment { name: "test".into(), api: None, webhooks: Default::default(), guard, guard_origin: None }
}
