//! A model of a site in virtual time, with the faults that the engine must survive, and the laws that it must keep.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use restorectl::journal::{Claim, Entry, Lease, Run, Store, StoreError};
use restorectl::model::*;
use restorectl::ports::{Clock, ReadFailed, Site};

use crate::lease_book::LeaseBook;

/// SplitMix64: small, seeded, the same everywhere.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

pub fn start() -> Timestamp {
    "2026-11-23T03:00:00Z".parse().unwrap()
}

/// Virtual time: tokio's paused clock over a fixed beginning.
#[derive(Debug, Clone)]
pub struct VirtualClock(tokio::time::Instant);

impl VirtualClock {
    pub fn new() -> Self {
        Self(tokio::time::Instant::now())
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Millis(u64::try_from(self.0.elapsed().as_millis()).unwrap()).after(start())
    }

    async fn sleep_until(&self, moment: Timestamp) {
        tokio::time::sleep_until(self.0 + Millis::between(start(), moment).to_std()).await;
    }
}

/// A store in memory, in which a crash can fall before or after a commit.
#[derive(Debug, Default)]
pub struct MemoryStore {
    runs: Mutex<Vec<(Run, Vec<Entry>)>>,
    pub leases: LeaseBook,
}

impl Store for MemoryStore {
    async fn take(&self, claim: &Claim, over: &[u64]) -> Result<Lease, StoreError> {
        self.leases.take(claim, over)
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, StoreError> {
        self.leases.renew(lease)
    }

    async fn end_lease(&self, lease: &Lease, how: &str) -> Result<bool, StoreError> {
        Ok(self.leases.end(lease, how))
    }

    async fn leases(&self, _: &Slug, _: &str) -> Result<Vec<Lease>, StoreError> {
        Ok(self.leases.held().into_iter().collect())
    }

    async fn lease_of(&self, run: &RunId) -> Result<Lease, StoreError> {
        self.leases.lease_of(run)
    }

    async fn open_run(&self, run: &Run, lease: &Lease) -> Result<(), StoreError> {
        self.leases.open(run, lease)?;
        self.runs.lock().unwrap().push((run.clone(), Vec::new()));
        Ok(())
    }

    async fn append(&self, run: &RunId, entries: &[Entry]) -> Result<(), StoreError> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.leases.lease_of(run)?;
        for (known, list) in self.runs.lock().unwrap().iter_mut().filter(|(known, _)| known.id == *run) {
            assert_eq!(known.id, *run);
            list.extend_from_slice(entries);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(())
    }

    async fn runs(&self) -> Result<Vec<Run>, StoreError> {
        Ok(self.runs.lock().unwrap().iter().rev().map(|(run, _)| run.clone()).collect())
    }

    async fn run(&self, id: &RunId) -> Result<Option<(Run, Vec<Entry>)>, StoreError> {
        Ok(self.runs.lock().unwrap().iter().find(|(run, _)| run.id == *id).cloned())
    }

    async fn runs_of(&self, _: &Slug, _: &str) -> Result<Vec<(Run, Vec<Entry>)>, StoreError> {
        Ok(self.runs.lock().unwrap().clone())
    }
}

/// How likely each fault is, in percent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Accepted, and the reply lost.
    pub lost_reply: u64,
    /// Lost on the way there.
    pub lost_request: u64,
    /// The reply lost, and accepted only some time later.
    pub late: u64,
    /// Turned away with 429.
    pub busy: u64,
    /// Accepted, and ends in failure.
    pub failure: u64,
    /// A list call fails.
    pub unreadable: u64,
}

/// How late a request may still be accepted. The settle window must be longer.
pub const LATEST: u64 = 20_000;

#[derive(Debug, Clone)]
struct Accepted {
    request: CreateRequest,
    id: u64,
    at: Timestamp,
    ends: Timestamp,
    fails: bool,
}

/// The site; clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct World(Arc<Inner>);

impl std::ops::Deref for World {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

#[derive(Debug)]
pub struct Inner {
    clock: VirtualClock,
    faults: Faults,
    plan: Plan,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    dice: Dice,
    accepted: Vec<Accepted>,
    /// Every name that was ever posted.
    posted: BTreeSet<JobName>,
    broken: Vec<String>,
    lists: u64,
}

impl World {
    pub fn new(seed: u64, plan: Plan, faults: Faults, clock: VirtualClock) -> Self {
        let state =
            State { dice: Dice::new(seed), accepted: vec![], posted: BTreeSet::new(), broken: vec![], lists: 0 };
        Self(Arc::new(Inner { clock, faults, plan, state: Mutex::new(state) }))
    }
}

impl Inner {
    /// The laws that were broken so far.
    pub fn broken(&self) -> Vec<String> {
        self.state.lock().unwrap().broken.clone()
    }

    pub fn lists(&self) -> u64 {
        self.state.lock().unwrap().lists
    }

    /// The names of restores that the site accepted.
    pub fn accepted(&self) -> Vec<JobName> {
        self.state.lock().unwrap().accepted.iter().map(|a| a.request.job_name.clone()).collect()
    }

    /// Items that have been restored.
    pub fn restored(&self) -> BTreeSet<String> {
        let now = self.clock.now();
        let state = self.state.lock().unwrap();
        state.accepted.iter().filter(|a| a.ends <= now && !a.fails).map(|a| item_of(&a.request.job_name)).collect()
    }

    fn accept(&self, request: &CreateRequest) -> u64 {
        let now = self.clock.now();
        let mut state = self.state.lock().unwrap();
        let item = item_of(&request.job_name);
        let wanted = self.plan.items.iter().find(|i| i.name.as_str() == item).unwrap();
        let running: Vec<Accepted> = state.accepted.iter().filter(|a| a.ends > now).cloned().collect();
        let mut broken = Vec::new();
        for other in &running {
            let theirs = self.plan.items.iter().find(|i| i.name.as_str() == item_of(&other.request.job_name)).unwrap();
            if theirs.touches().iter().any(|t| wanted.touches().iter().any(|w| w.overlaps(t))) {
                broken.push(format!("{} overlaps {} that runs", request.job_name, other.request.job_name));
            }
        }
        if running.len() >= usize::try_from(self.plan.limits.concurrency).unwrap() {
            broken.push(format!("{} is one too many in flight", request.job_name));
        }
        for (group, limit) in &self.plan.limits.groups {
            let in_group = |name: &JobName| {
                let item = self.plan.items.iter().find(|i| i.name.as_str() == item_of(name)).unwrap();
                item.group.as_ref() == Some(group)
            };
            let count = running.iter().filter(|a| in_group(&a.request.job_name)).count();
            if in_group(&request.job_name) && count >= usize::try_from(*limit).unwrap() {
                broken.push(format!("{} is one too many in group {group}", request.job_name));
            }
        }
        let done = |name: &str| {
            state.accepted.iter().any(|a| item_of(&a.request.job_name) == name && a.ends <= now && !a.fails)
        };
        if done(&item) {
            broken.push(format!("{} was restored before", request.job_name));
        }
        for need in wanted.after.iter().filter(|need| !done(need.as_str())) {
            broken.push(format!("{} was started before {need} was there", request.job_name));
        }
        let id = 100 + state.accepted.len() as u64;
        let fails = state.dice.percent(self.faults.failure);
        let ends = Millis(1_000 + state.dice.below(120_000)).after(now);
        state.accepted.push(Accepted { request: request.clone(), id, at: now, ends, fails });
        state.broken.extend(broken);
        id
    }

    fn show(&self, accepted: &Accepted) -> RestoreRecord {
        let over = accepted.ends <= self.clock.now();
        let status = match (over, accepted.fails) {
            (false, _) => "RUNNING",
            (true, false) => "COMPLETED_SUCCESSFULLY",
            (true, true) => "FAILED",
        };
        RestoreRecord {
            job_name: Some(accepted.request.job_name.clone()),
            execution_id: Some(accepted.id.to_string()),
            status: RestoreStatus(status.into()),
            start_time: Some(accepted.at),
            end_time: over.then_some(accepted.ends),
            ..RestoreRecord::default()
        }
    }
}

fn item_of(name: &JobName) -> String {
    let key = DerivedName::parse(name).unwrap().item_key;
    key.split_once('_').unwrap().1.to_owned()
}

impl Site for World {
    async fn executions(&self, _: &JobKey) -> Result<Vec<BackupExecution>, ReadFailed> {
        Ok(vec![execution()])
    }

    async fn restores(&self, _: &SiteId) -> Result<Vec<RestoreRecord>, ReadFailed> {
        let (wait, fails) = {
            let mut state = self.state.lock().unwrap();
            state.lists += 1;
            let chance = self.faults.unreadable;
            (state.dice.below(2_000), state.dice.percent(chance))
        };
        tokio::time::sleep(Duration::from_millis(wait / 2)).await;
        let accepted = self.state.lock().unwrap().accepted.clone();
        let shown = accepted.iter().map(|accepted| self.show(accepted)).collect();
        tokio::time::sleep(Duration::from_millis(wait / 2)).await;
        if fails { Err(ReadFailed("503".into())) } else { Ok(shown) }
    }

    async fn restore(&self, _: &ExecutionKey, id: &ResourceId) -> Result<Option<RestoreRecord>, ReadFailed> {
        let accepted = self.state.lock().unwrap().accepted.clone();
        Ok(accepted.iter().find(|accepted| accepted.id.to_string() == id.as_str()).map(|found| self.show(found)))
    }

    fn pressed(&self) -> u64 {
        0
    }

    async fn databases(&self, _: &SiteId) -> Result<Vec<Database>, ReadFailed> {
        Ok(vec![Database { name: ObjectName::bare("DRILL").unwrap(), kind: Some("D".into()) }])
    }

    async fn permission(&self, _: &SiteId) -> Permission {
        Permission::Allowed
    }

    async fn objects(&self, _: &ExecutionKey) -> Result<Vec<BackupObject>, ReadFailed> {
        Err(ReadFailed("not prepared".into()))
    }

    async fn create(&self, request: &CreateRequest) -> CreateOutcome {
        let faults = self.faults;
        let (roll, there, back, late) = {
            let mut state = self.state.lock().unwrap();
            if !state.posted.insert(request.job_name.clone()) {
                let twice = format!("{} was posted twice", request.job_name);
                state.broken.push(twice);
            }
            (state.dice.below(100), state.dice.below(1_000), state.dice.below(1_000), state.dice.below(LATEST))
        };
        let unknown = || CreateOutcome::Unknown { message: "connection reset".into() };
        let mut edge = faults.busy;
        if roll < edge {
            tokio::time::sleep(Duration::from_millis(there)).await;
            return CreateOutcome::Rejected { message: "429".into(), retry: true, wait_ms: None };
        }
        edge += faults.lost_request;
        if roll < edge {
            tokio::time::sleep(Duration::from_millis(there)).await;
            return unknown();
        }
        // What is on the wire arrives, whether or not anybody still waits for the answer.
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let (world, request) = (self.clone(), request.clone());
        edge += faults.late;
        let delay = if roll < edge { late } else { there };
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(delay)).await;
            let _ = sender.send(world.accept(&request));
        });
        if roll < edge {
            tokio::time::sleep(Duration::from_millis(there)).await;
            return unknown();
        }
        let id = receiver.await.unwrap();
        tokio::time::sleep(Duration::from_millis(back)).await;
        edge += faults.lost_reply;
        if roll < edge {
            return unknown();
        }
        CreateOutcome::Applied { resource_id: Some(ResourceId::new(id.to_string())) }
    }
}

pub fn execution() -> BackupExecution {
    BackupExecution {
        id: ExecutionId::new("5002"),
        status: RestoreStatus("SUCCESSFUL".into()),
        start_time: None,
        end_time: Some("2026-11-22T00:00:00Z".parse().unwrap()),
        bytes: None,
    }
}

/// One table to be copied to a name of its own, or to `shared`, so that items overlap.
pub fn item(name: &str, table: &str) -> Item {
    let site = SiteId::new("PROD");
    Item {
        name: Slug::parse(name).unwrap(),
        source: Source { site: site.clone(), job: JobId::new("1412"), execution: ExecutionSelector::Latest },
        target: Target { site, database: Some(ObjectName::bare("DRILL").unwrap()) },
        objects: vec![RestoreObject {
            object_type: ObjectType::Table,
            name: ObjectName::bare(table).unwrap(),
            parent: ObjectName::bare("BANK").unwrap(),
            parent_type: ObjectType::Database,
            exclude: vec![],
            include_all: true,
            rename_to: None,
        }],
        mode: Mode::Copy,
        options: Options::default(),
        on_existing: OnExisting::Fail,
        allow_reserved: false,
        after: vec![],
        group: None,
        weight: 1,
        priority: 0,
        deadline_ms: Millis::from_secs(3600),
        job_name: None,
        checks: vec![],
        origin: Origin::default(),
    }
}

pub fn plan(items: Vec<Item>) -> Plan {
    let limits = Limits { concurrency: 3, groups: BTreeMap::from([("heavy".into(), 1)]), ..Limits::default() };
    Plan { name: Slug::parse("drill").unwrap(), purpose: Purpose::default(), limits, items }
}
