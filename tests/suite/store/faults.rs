//! Whole runs in virtual time over a store that fails: before it writes, after it wrote, for a while, or by losing the lease.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use restorectl::changeset::{self, Intention};
use restorectl::engine::{self, DriveError, Machine};
use restorectl::journal::{Claim, Closed, Entry, Lease, Record, Run, Store, StoreError, TERM, past_attempts, replay};
use restorectl::model::*;
use restorectl::observe::observe;
use restorectl::ports::Clock as _;
use tokio::sync::mpsc;

use crate::lease_book::{claim, left};
use crate::world::{Dice, Faults, LATEST, MemoryStore, VirtualClock, World, item, plan};

pub fn virtually<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}

/// How an append fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing of it is written: the disk is full, or may only be read.
    Before,
    /// All of it is written, and yet an error comes back: the sync failed, or the connection went.
    After,
    /// The lease goes to somebody else just before.
    Lost,
}

/// A store in memory that fails as it is told.
#[derive(Debug, Default)]
pub struct FaultyStore {
    kept: MemoryStore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The append that fails, counted from now, and how; every one after it fails too, without a trace.
    fails: Option<(u32, Fault)>,
    away: bool,
    renewals: Vec<tokio::time::Instant>,
}

fn trouble(what: &str) -> StoreError {
    StoreError::Unreadable { place: "memory".into(), problem: what.into() }
}

impl FaultyStore {
    pub fn fail(&self, appends: u32, fault: Fault) {
        self.state.lock().unwrap().fails = Some((appends, fault));
    }

    pub fn heal(&self) {
        self.state.lock().unwrap().fails = None;
    }

    pub fn away(&self, away: bool) {
        self.state.lock().unwrap().away = away;
    }

    pub fn renewals(&self) -> Vec<tokio::time::Instant> {
        self.state.lock().unwrap().renewals.clone()
    }

    /// The fault that meets this append, and whether it is the first.
    fn meets(&self) -> Option<(Fault, bool)> {
        let mut state = self.state.lock().unwrap();
        let (left, fault) = state.fails.as_mut()?;
        match left {
            0 => Some((*fault, false)),
            1 => {
                *left = 0;
                Some((*fault, true))
            }
            _ => {
                *left -= 1;
                None
            }
        }
    }
}

impl Store for FaultyStore {
    async fn take(&self, claim: &Claim, over: &[u64]) -> Result<Lease, StoreError> {
        self.kept.take(claim, over).await
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, StoreError> {
        let away = {
            let mut state = self.state.lock().unwrap();
            state.renewals.push(tokio::time::Instant::now());
            state.away
        };
        if away { Err(trouble("away")) } else { self.kept.renew(lease).await }
    }

    async fn end_lease(&self, lease: &Lease, how: &str) -> Result<bool, StoreError> {
        self.kept.end_lease(lease, how).await
    }

    async fn leases(&self, plan: &Slug, environment: &str) -> Result<Vec<Lease>, StoreError> {
        self.kept.leases(plan, environment).await
    }

    async fn lease_of(&self, run: &RunId) -> Result<Lease, StoreError> {
        self.kept.lease_of(run).await
    }

    async fn open_run(&self, run: &Run, lease: &Lease) -> Result<(), StoreError> {
        self.kept.open_run(run, lease).await
    }

    async fn append(&self, run: &RunId, entries: &[Entry]) -> Result<(), StoreError> {
        match self.meets() {
            None => self.kept.append(run, entries).await,
            Some((Fault::After, true)) => {
                self.kept.append(run, entries).await?;
                Err(trouble("the sync failed"))
            }
            Some((Fault::Lost, first)) => {
                if first {
                    let held = self.kept.leases.held().unwrap();
                    let other = claim(&held.plan, &held.environment, "ben", TERM);
                    self.kept.take(&other, &[held.token]).await?;
                }
                self.kept.append(run, entries).await
            }
            Some(_) => Err(trouble("disk full")),
        }
    }

    async fn runs(&self) -> Result<Vec<Run>, StoreError> {
        self.kept.runs().await
    }

    async fn run(&self, id: &RunId) -> Result<Option<(Run, Vec<Entry>)>, StoreError> {
        self.kept.run(id).await
    }

    async fn runs_of(&self, plan: &Slug, environment: &str) -> Result<Vec<(Run, Vec<Entry>)>, StoreError> {
        self.kept.runs_of(plan, environment).await
    }
}

/// One `apply`: takes what the last holder left, reads, decides, drives. Gives the run and how driving it ended.
async fn apply(
    world: &World,
    store: &FaultyStore,
    clock: &VirtualClock,
    plan: &Plan,
) -> (RunId, Result<(), DriveError>) {
    let left = left(store, &plan.name, "test").await;
    let claim = claim(&plan.name, "test", "ada", TERM);
    let lease = store.take(&claim, &left).await.unwrap();
    let runs = store.runs_of(&plan.name, "test").await.unwrap();
    let site = Arc::new(world.clone());
    let snapshot = observe(&site, &plan.items, past_attempts(&runs, "").unwrap(), clock.now()).await;
    let guard = Guard { allow_replace: true, ..Guard::default() };
    let environment = Environment { name: "test".into(), api: None, guard };
    let intention = Intention {
        plan,
        file: "drill.yaml",
        environment: &environment,
        inputs: &Default::default(),
        again: false,
        opened: &Default::default(),
        tool_version: "0",
    };
    let changeset = changeset::decide(&intention, &snapshot).unwrap();
    let run = Run {
        id: RunId::new(format!("r{}", runs.len() + 1)),
        plan: plan.name.clone(),
        environment: "test".into(),
        opened_at: clock.now(),
        tool_version: "0".into(),
        opened_by: "test".into(),
        service: String::new(),
        resumes: None,
        simulated: true,
        changeset: serde_json::Value::Null,
    };
    store.open_run(&run, &lease).await.unwrap();
    let mut machine = Machine::new(&changeset);
    let (_sender, signals) = mpsc::channel(1);
    let driven = engine::drive(&mut machine, &run.id, (&site, clock, store), signals, |_, _| {}).await;
    (run.id, driven)
}

/// A plan's life: a run that meets the fault, some time, and a run over a store that is whole again.
fn life(seed: u64, appends: u32, fault: Fault) {
    virtually(async {
        let mut dice = Dice::new(seed);
        let mut plan = plan((0..6).map(|index| item(&format!("item-{index}"), &format!("t{index}"))).collect());
        plan.limits.settle_window_ms = Millis(LATEST + 5_000);
        plan.limits.retries = 1;
        for item in &mut plan.items {
            item.on_existing = OnExisting::Replace;
        }
        let clock = VirtualClock::new();
        let mut chance = || dice.below(20);
        let faults = Faults { lost_reply: chance(), lost_request: chance(), late: chance(), ..Faults::default() };
        let world = World::new(dice.next(), plan.clone(), faults, clock.clone());
        let store = FaultyStore::default();
        store.fail(appends, fault);
        let (id, driven) = apply(&world, &store, &clock, &plan).await;
        let named = format!("seed {seed}, append {appends}, {fault:?}");
        match (fault, driven) {
            (_, Ok(())) => assert!(appends > 10, "{named}: it met no fault"),
            (Fault::Lost, Err(DriveError::Lease(StoreError::LeaseLost { .. }))) => {}
            (Fault::Before | Fault::After, Err(DriveError::Journal(_))) => {}
            (_, Err(other)) => panic!("{named}: {other:?}"),
        }
        store.heal();
        // Whatever is on the wire arrives; and each of it has its intent in the journal.
        tokio::time::sleep(Duration::from_secs(u64::from(dice.percent(50)) * dice.below(60))).await;
        let (_, entries) = store.run(&id).await.unwrap().unwrap();
        replay(&entries).unwrap();
        let intended = |entry: Entry| match entry.record {
            Record::Intent { job_name, .. } => Some(job_name),
            _ => None,
        };
        let intended: Vec<JobName> = entries.into_iter().filter_map(intended).collect();
        for name in world.accepted() {
            assert!(intended.contains(&name), "{named}: {name} was sent without a durable intent");
        }
        let (id, driven) = apply(&world, &store, &clock, &plan).await;
        driven.unwrap();
        let (_, entries) = store.run(&id).await.unwrap().unwrap();
        assert!(matches!(replay(&entries).unwrap().closed, Some((_, Closed::Completed))), "{named}");
        assert_eq!(world.broken(), Vec::<String>::new(), "{named}");
        assert_eq!(world.restored().len(), plan.items.len(), "{named}");
    });
}

#[test]
fn whatever_append_fails_nothing_is_sent_without_its_intent_and_nothing_is_doubled() {
    for fault in [Fault::Before, Fault::After, Fault::Lost] {
        for appends in 1..=16 {
            for seed in 0..6 {
                life(seed, appends, fault);
            }
        }
    }
}
