//! A model of a site, with what a service and a network do to a runner.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use jiff::{SignedDuration, Timestamp};
use restorectl::model::*;
use restorectl::ports::{ReadFailed, Repeat};

use super::dice::Dice;
use super::laws;
use super::mutation::Mutation;
use super::plans::DATABASES;
use super::store::Failure;
use super::time::Time;

/// How late a request may still be accepted, and an accepted one still be listed, in milliseconds.
pub const LATEST: u64 = 20_000;

/// The execution of the first backup.
const OLDEST: u64 = 5002;

/// How likely each fault is, in percent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Lost on the way there.
    pub lost_request: u64,
    /// The reply lost, and accepted only some time later.
    pub late: u64,
    /// Accepted, and the reply lost.
    pub lost_reply: u64,
    /// Turned away with 429.
    pub busy: u64,
    /// Turned away for good.
    pub refused: u64,
    /// Delivered twice on the way.
    pub doubled: u64,
    /// Accepted, and ends in failure.
    pub failure: u64,
    /// Accepted, and not listed at once.
    pub hidden: u64,
    /// Waits in the site's queue for some time.
    pub queued: u64,
    /// A reading leaves a restore out, or shows it as it was, or under a status that nobody knows.
    pub lie: u64,
    /// A list call fails.
    pub unreadable: u64,
    /// A commit fails, with or without a trace.
    pub disk: u64,
    /// Whether a list is made anew each time, and shares nothing with the one before.
    pub unshared: bool,
}

/// A restore that the site accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// Its name at the site.
    pub name: JobName,
    /// The item that it restores.
    pub item: Slug,
    /// The backup's execution that it restores from.
    pub execution: u64,
    /// The generation that it is of, from 1.
    pub generation: u32,
    /// The shard that sent it.
    pub shard: Option<Shard>,
    /// Its id.
    pub id: u64,
    /// When it was accepted, began and ends, in milliseconds.
    pub at: u64,
    pub begins: u64,
    pub ends: u64,
    /// From when on lists show it.
    pub listed: u64,
    /// Whether it ends in failure.
    pub fails: bool,
    /// Whether it is the second of one request.
    pub second: bool,
}

/// The site, as one runner reaches it; clones are handles to the same one.
#[derive(Debug, Clone)]
pub struct Site {
    inner: Arc<Inner>,
    /// The shard that the runner carries out, where it isn't the whole plan.
    shard: Option<Shard>,
    /// What the runner was told not to send.
    unwanted: Arc<BTreeSet<Slug>>,
}

#[derive(Debug)]
struct Inner {
    time: Time,
    faults: Faults,
    plan: Plan,
    mutation: Option<Mutation>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    dice: Dice,
    accepted: Vec<Accepted>,
    /// When each name was sent.
    sent: BTreeMap<JobName, u64>,
    intended: BTreeSet<JobName>,
    /// The ids of the restores that the journal has seen.
    known: BTreeSet<String>,
    /// What each site listed last.
    listed: BTreeMap<SiteId, Vec<Arc<RestoreRecord>>>,
    broken: Vec<String>,
    lists: u64,
    pressed: u64,
    /// The boundaries passed, and the one at which the runner stops.
    boundaries: u64,
    crash_at: Option<u64>,
    only_pauses: bool,
    /// How far the site's clock is off, in seconds.
    skew: i64,
    /// The newest backup's execution.
    newest: u64,
    /// How often somebody asked for everything once more.
    asked_again: u32,
}

impl Site {
    /// A site that falls on hard times as the seed says.
    pub fn new(seed: u64, plan: Plan, faults: Faults, time: Time, mutation: Option<Mutation>) -> Self {
        let mut dice = Dice::new(seed);
        let skew = i64::try_from(dice.below(200_000)).unwrap_or(0) - 100_000;
        let state = State {
            dice,
            accepted: vec![],
            sent: BTreeMap::new(),
            intended: BTreeSet::new(),
            known: BTreeSet::new(),
            listed: BTreeMap::new(),
            broken: vec![],
            lists: 0,
            pressed: 0,
            boundaries: 0,
            crash_at: None,
            only_pauses: false,
            skew,
            newest: OLDEST,
            asked_again: 0,
        };
        let inner = Inner { time, faults, plan, mutation, state: Mutex::new(state) };
        Self { inner: Arc::new(inner), shard: None, unwanted: Arc::default() }
    }

    /// The same site, as the runner of a shard reaches it.
    pub fn of(&self, shard: Option<Shard>) -> Self {
        Self { shard, ..self.clone() }
    }

    /// The same site, as a runner reaches it who was told not to send these.
    pub fn without(&self, unwanted: BTreeSet<Slug>) -> Self {
        Self { unwanted: Arc::new(unwanted), ..self.clone() }
    }

    /// What the runner was told not to send.
    pub fn unwanted(&self) -> &BTreeSet<Slug> {
        &self.unwanted
    }

    /// Somebody asks for a new generation.
    pub fn asked_again(&self) {
        self.lock().asked_again += 1;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The clock.
    pub fn time(&self) -> &Time {
        &self.inner.time
    }

    /// The plan that is carried out there.
    pub fn plan(&self) -> &Plan {
        &self.inner.plan
    }

    /// Whether nothing goes wrong there.
    pub fn is_calm(&self) -> bool {
        self.inner.faults == Faults::default()
    }

    /// Whether the runner has this fault.
    pub fn is(&self, mutation: Mutation) -> bool {
        self.inner.mutation == Some(mutation)
    }

    /// The laws that were broken so far.
    pub fn broken(&self) -> Vec<String> {
        self.lock().broken.clone()
    }

    /// Everything that was accepted.
    pub fn accepted(&self) -> Vec<Accepted> {
        self.lock().accepted.clone()
    }

    /// Whether every item of the plan was restored from some backup, and has ended well.
    pub fn all_there(&self) -> bool {
        let (now, accepted) = (self.time().millis(), self.accepted());
        let there = |item: &Item| accepted.iter().any(|a| a.item == item.name && a.ends <= now && !a.fails);
        self.plan().items.iter().all(there)
    }

    /// Another backup is made: what restores the latest one restores another from now on.
    pub fn back_up(&self) {
        self.lock().newest += 1;
    }

    /// How often a list was asked for.
    pub fn lists(&self) -> u64 {
        self.lock().lists
    }

    /// Has the runner stopped at the boundary that comes after so many more; to be killed there, or only to stand still.
    pub fn stop_after(&self, boundaries: Option<u64>, only_pauses: bool) {
        let mut state = self.lock();
        state.crash_at = boundaries.map(|more| state.boundaries + more);
        state.only_pauses = only_pauses;
    }

    /// A place where a crash may fall: before or after a commit, a request, an answer.
    ///
    /// Nobody stands still between the last look at the lease and the request itself: what the system does there is
    /// beyond what a runner can see, and is told in `docs/exactly-once.md`.
    pub async fn boundary(&self, before_a_create: bool) {
        let stops = {
            let mut state = self.lock();
            if !(before_a_create && state.only_pauses) {
                state.boundaries += 1;
            }
            let stops =
                state.crash_at.is_some_and(|at| at <= state.boundaries && !(before_a_create && state.only_pauses));
            if stops {
                state.crash_at = None;
            }
            stops
        };
        if stops {
            self.inner.time.stop();
            let mut stood = false;
            std::future::poll_fn(move |context| {
                if std::mem::replace(&mut stood, true) {
                    return Poll::Ready(());
                }
                // Whoever runs it again finds it awake.
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
    }

    /// How long a commit takes, and whether it fails: with a trace, or without one.
    pub fn commit(&self) -> (u64, Option<Failure>) {
        let mut state = self.lock();
        let wait = state.dice.below(20);
        let fails = state.dice.percent(self.inner.faults.disk);
        let how = if state.dice.percent(50) { Failure::After } else { Failure::Before };
        (wait, fails.then_some(how))
    }

    /// An intent is durable.
    pub fn intended(&self, name: &JobName) {
        self.lock().intended.insert(name.clone());
    }

    /// The journal holds that a list showed this restore.
    pub fn known(&self, restore: &RestoreRecord) {
        self.lock().known.extend(restore.execution_id.clone());
    }

    fn accept(&self, request: &CreateRequest, second: bool) -> u64 {
        let now = self.inner.time.millis();
        let mut state = self.lock();
        let item = item_of(&request.job_name);
        let faults = self.inner.faults;
        let id = 100 + state.accepted.len() as u64;
        let mut chance = |percent: u64, most: u64| if state.dice.percent(percent) { state.dice.below(most) } else { 0 };
        let (waits, hides) = (chance(faults.queued, 40_000), chance(faults.hidden, LATEST));
        let fails = state.dice.percent(faults.failure);
        let begins = now + waits;
        let ends = begins + 1_000 + state.dice.below(120_000);
        let name = request.job_name.clone();
        // A request may be late and an accepted restore hidden, but both together take no longer than `LATEST`.
        let sent = state.sent.get(&name).copied().unwrap_or(now);
        let listed = (now + hides).min(sent + LATEST).max(now);
        let execution = request.source.execution.as_str().parse().unwrap();
        let shard = self.shard;
        let generation = DerivedName::parse(&name).unwrap().generation;
        let new =
            Accepted { name, item, execution, generation, shard, id, at: now, begins, ends, listed, fails, second };
        let mut broken = laws::on_accept(self.plan(), &state.accepted, &new);
        if generation > 1 + state.asked_again {
            broken.push(format!("{} is of a generation that nobody asked for", new.name));
        }
        state.accepted.push(new);
        state.broken.extend(broken);
        id
    }

    fn show(&self, accepted: &Accepted, at: u64, skew: i64) -> RestoreRecord {
        let status = match at {
            _ if at < accepted.begins => "QUEUED",
            _ if at < accepted.ends => "RUNNING",
            _ if accepted.fails => "FAILED",
            _ => "COMPLETED_SUCCESSFULLY",
        };
        let moment = |millis: u64| -> Option<Timestamp> {
            Millis(millis).after(super::time::start()).checked_add(SignedDuration::from_secs(skew)).ok()
        };
        RestoreRecord {
            job_name: Some(accepted.name.clone()),
            execution_id: Some(accepted.id.to_string()),
            status: RestoreStatus(status.into()),
            start_time: moment(accepted.begins).filter(|_| at >= accepted.begins),
            end_time: moment(accepted.ends).filter(|_| at >= accepted.ends),
            ..RestoreRecord::default()
        }
    }

    /// A list that shares with the one before what says the same, as a client's does.
    fn shared(&self, site: &SiteId, list: Vec<RestoreRecord>) -> Vec<Arc<RestoreRecord>> {
        if self.inner.faults.unshared {
            return list.into_iter().map(Arc::new).collect();
        }
        let mut state = self.lock();
        let last = state.listed.remove(site).unwrap_or_default();
        let share = |(at, record): (usize, RestoreRecord)| {
            let there = last.get(at).filter(|known| ***known == record);
            there.or_else(|| last.iter().find(|known| ***known == record)).map_or_else(|| Arc::new(record), Arc::clone)
        };
        let list: Vec<_> = list.into_iter().enumerate().map(share).collect();
        state.listed.insert(site.clone(), list.clone());
        list
    }

    /// What a list shows now, lies and all.
    fn list(&self, site: &SiteId) -> Vec<RestoreRecord> {
        let now = self.inner.time.millis();
        let mut state = self.lock();
        let skew = state.skew;
        let mut shown = Vec::new();
        let accepted = state.accepted.clone();
        for restore in accepted.iter().filter(|restore| restore.listed <= now) {
            let here = self.plan().items.iter().find(|item| item.name == restore.item);
            if here.is_some_and(|item| item.source.site != *site && item.target.site != *site) {
                continue;
            }
            let lies = state.dice.percent(self.inner.faults.lie);
            match state.dice.below(3) {
                // Only what a runner has seen may be left out: that it shows at all is what a runner may rest on.
                0 if lies && state.known.contains(&restore.id.to_string()) => {}
                1 if lies && now < restore.ends => {
                    shown.push(self.show(restore, restore.at + (now - restore.at) / 2, skew))
                }
                2 if lies && now < restore.ends => {
                    let mut odd = self.show(restore, now, skew);
                    let word = if self.is(Mutation::UnknownStatusIsSuccess) { "SUCCESSFUL" } else { "HIBERNATING" };
                    odd.status = RestoreStatus(word.into());
                    shown.push(odd);
                }
                _ => shown.push(self.show(restore, now, skew)),
            }
        }
        shown
    }
}

/// The item that a derived name is of.
pub fn item_of(name: &JobName) -> Slug {
    let key = DerivedName::parse(name).unwrap().item_key;
    Slug::parse(key.split_once('_').unwrap().1).unwrap()
}

impl restorectl::ports::Site for Site {
    async fn executions(&self, _: &JobKey) -> Result<Vec<BackupExecution>, ReadFailed> {
        let first = super::time::start() - SignedDuration::from_hours(5);
        let execution = |id: u64| BackupExecution {
            id: ExecutionId::new(id.to_string()),
            status: RestoreStatus("SUCCESSFUL".into()),
            start_time: None,
            end_time: Some(Millis::from_secs(id - OLDEST).after(first)),
            bytes: None,
        };
        Ok((OLDEST..=self.lock().newest).map(execution).collect())
    }

    async fn restores(&self, site: &SiteId, _: Repeat) -> Result<Vec<Arc<RestoreRecord>>, ReadFailed> {
        self.boundary(false).await;
        let (wait, fails) = {
            let mut state = self.lock();
            state.lists += 1;
            let fails = state.dice.percent(self.inner.faults.unreadable);
            state.pressed += u64::from(fails);
            (state.dice.below(2_000), fails)
        };
        self.inner.time.sleep(wait / 2).await;
        let shown = self.list(site);
        self.inner.time.sleep(wait / 2).await;
        self.boundary(false).await;
        match fails {
            true if self.is(Mutation::UnreadableIsEmpty) => Ok(Vec::new()),
            true => Err(ReadFailed("503".into())),
            false => Ok(self.shared(site, shown)),
        }
    }

    async fn restores_of(&self, source: &ExecutionKey) -> Result<Option<Vec<RestoreRecord>>, ReadFailed> {
        self.boundary(false).await;
        let wait = self.lock().dice.below(1_000);
        self.inner.time.sleep(wait).await;
        let fails = self.lock().dice.percent(self.inner.faults.unreadable);
        let (now, accepted) = (self.inner.time.millis(), self.accepted());
        let skew = self.lock().skew;
        self.boundary(false).await;
        if fails {
            // Some services don't have the call.
            let lacks = self.lock().dice.percent(50);
            return if lacks { Ok(None) } else { Err(ReadFailed("503".into())) };
        }
        let of = |a: &&Accepted| a.execution.to_string() == source.execution.as_str() && a.listed <= now;
        Ok(Some(accepted.iter().filter(of).map(|a| self.show(a, now, skew)).collect()))
    }

    async fn restore(&self, _: &ExecutionKey, id: &ResourceId) -> Result<Option<RestoreRecord>, ReadFailed> {
        self.inner.time.sleep(50).await;
        let (now, state) = (self.inner.time.millis(), self.lock());
        let found = state.accepted.iter().find(|accepted| accepted.id.to_string() == id.as_str());
        Ok(found.map(|found| self.show(found, now, state.skew)))
    }

    fn pressed(&self) -> u64 {
        self.lock().pressed
    }

    async fn databases(&self, _: &SiteId) -> Result<Vec<Database>, ReadFailed> {
        let database = |name: &&str| Database { name: ObjectName::bare(*name).unwrap(), kind: Some("D".into()) };
        Ok(DATABASES.iter().map(database).collect())
    }

    async fn permission(&self, _: &SiteId) -> Permission {
        Permission::Allowed
    }

    async fn objects(&self, _: &ExecutionKey) -> Result<Vec<BackupObject>, ReadFailed> {
        Ok(Vec::new())
    }

    async fn create(&self, request: &CreateRequest) -> CreateOutcome {
        self.boundary(true).await;
        let faults = self.inner.faults;
        let (roll, there, back, late, twice) = {
            let mut state = self.lock();
            let name = &request.job_name;
            if state.sent.insert(name.clone(), self.inner.time.millis()).is_some() {
                state.broken.push(format!("{name} was sent twice"));
            }
            if self.unwanted.contains(&item_of(name)) {
                state.broken.push(format!("{name} was sent, and nobody wanted it"));
            }
            if !state.intended.contains(name) {
                state.broken.push(format!("{name} was sent without a durable intent"));
            }
            let mut below = |limit| state.dice.below(limit);
            (below(100), below(1_000), below(1_000), below(LATEST), below(100) < faults.doubled)
        };
        let unknown = || CreateOutcome::Unknown { message: "connection reset".into() };
        let edges = [faults.busy, faults.refused, faults.lost_request, faults.late, faults.lost_reply];
        let mut edge = 0;
        let fault = edges.iter().position(|chance| {
            edge += chance;
            roll < edge
        });
        // What is on the wire arrives, whether or not anybody still waits for the answer.
        let arrive = |delay: u64, second: bool, id: Arc<Mutex<u64>>| {
            let (site, request) = (self.clone(), request.clone());
            self.inner.time.at(self.inner.time.millis() + delay, move || {
                *id.lock().unwrap() = site.accept(&request, second);
            });
        };
        let id = Arc::new(Mutex::new(0));
        match fault {
            Some(0..=2) => {}
            Some(3) => arrive(late, false, Arc::clone(&id)),
            _ => arrive(there, false, Arc::clone(&id)),
        }
        if twice && !matches!(fault, Some(0..=2)) {
            arrive(late.max(there + 1), true, Arc::default());
        }
        self.inner.time.sleep(there + 1).await;
        self.boundary(false).await;
        self.inner.time.sleep(back).await;
        let outcome = match fault {
            Some(0) => {
                self.lock().pressed += 1;
                CreateOutcome::Rejected { message: "429".into(), retry: true, wait_ms: None }
            }
            Some(1) => CreateOutcome::Rejected { message: "400".into(), retry: false, wait_ms: None },
            Some(_) if self.is(Mutation::UnknownIsRejected) => {
                CreateOutcome::Rejected { message: "no answer".into(), retry: true, wait_ms: None }
            }
            Some(_) => unknown(),
            None => CreateOutcome::Applied { resource_id: Some(ResourceId::new(id.lock().unwrap().to_string())) },
        };
        self.boundary(false).await;
        outcome
    }
}

/// The groups of a plan's restores that are in flight, by their weights.
pub fn weights<'a>(items: impl Iterator<Item = &'a Item>) -> BTreeMap<&'a str, u32> {
    let mut weights = BTreeMap::new();
    for item in items {
        if let Some(group) = &item.group {
            *weights.entry(group.as_str()).or_default() += item.weight;
        }
    }
    weights
}
