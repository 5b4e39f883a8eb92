//! Whoever applies a plan, or a shard of it, once: what the command `apply` does, between its lease and its report.

use std::sync::Arc;

use restorectl::changeset::{Changeset, Intention, Part, Saw, decide, plan_digest, rests_on_clocks};
use restorectl::engine::{DriveError, Machine, Signal, drive};
use restorectl::journal::{Claim, Holder, Lease, Run, SavedChangeset, Share, Store as _, TERM, past_attempts, replay};
use restorectl::model::*;
use restorectl::observe::observe_settled;
use restorectl::ports::Clock as _;
use tokio::sync::mpsc;

use super::life::{Applied, World};
use super::mutation::Mutation;
use super::site::Site;
use super::store::Journal;
use super::time::HostClock;

/// Whoever applies the plan, or a shard of it, once.
pub(super) struct Runner<'a> {
    site: Site,
    journal: &'a Journal,
    clock: HostClock,
    shard: Option<Shard>,
}

impl<'a> Runner<'a> {
    pub(super) fn new(world: &World, journal: &'a Journal, shard: Option<Shard>) -> Self {
        let leaps = world.site.is(Mutation::LeapingClock);
        let clock = HostClock::new(world.time.clone(), world.wall.clone(), leaps);
        Self { site: world.site.of(shard), journal, clock, shard }
    }

    pub(super) async fn apply(&self, signals: mpsc::Receiver<Signal>) -> Applied {
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
            // Only the last one is told of, and it would be copied often.
            changeset: SavedChangeset::default(),
        };
        self.journal.open_run(&run, lease).await?;
        let mut machine = Machine::new(&self.broken(&changeset));
        let site = Arc::new(self.site.clone());
        drive(&mut machine, &run.id, (&site, &self.clock, self.journal), signals, |_, _| {}).await?;
        let (_, entries) = self.journal.run(&run.id).await?.unwrap();
        let replayed = replay(&entries).unwrap();
        assert_eq!(&replayed, machine.state(), "the journal tells what the machine knew");
        Ok((changeset, replayed))
    }

    /// Reads the site and the journal, and decides.
    async fn decide(&self, lease: &Lease) -> Result<Changeset, DriveError> {
        let environment = environment();
        let whole = self.site.plan();
        let part = self.shard.map(|shard| self.part(whole, shard));
        let plan = part.as_ref().map(|part| part.plan(whole));
        let plan = plan.as_ref().unwrap_or(whole);
        let runs = self.journal.runs_of(&plan.name, "test").await?;
        let past = past_attempts(&runs, "").unwrap();
        let past = if self.site.is(Mutation::ForgottenJournal) { Vec::new() } else { past };
        let in_doubt =
            |snapshot: &Snapshot| !self.site.is(Mutation::TrustedClocks) && rests_on_clocks(plan, snapshot).unwrap();
        let site = Arc::new(self.site.clone());
        let snapshot = observe_settled((&site, &self.clock), plan, past, in_doubt).await;
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
        Ok(match part.zip(lease.share.clone()) {
            Some((part, share)) => changeset.as_part(part, share.digest),
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

fn environment() -> Environment {
    let guard = Guard { allow_replace: true, ..Guard::default() };
    Environment { name: "test".into(), api: None, webhooks: Default::default(), guard, guard_origin: None }
}
