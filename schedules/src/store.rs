//! A journal in memory whose commits take time, fail, and can be cut by a crash before or after they are done.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use restorectl::journal::{Claim, Entry, Holder, Lease, Record, Run, Store, StoreError, in_order};
use restorectl::model::{RunId, Shard, Slug};

use super::mutation::Mutation;
use super::runner::Kept;
use super::site::Site;
use super::time::Wall;

/// How a commit fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nothing of it is written: the disk is full, or may only be read.
    Before,
    /// All of it is written, and yet an error comes back: the sync failed, or the connection went.
    After,
    /// The lease goes to somebody else just before.
    Lost,
}

/// What somebody told a journal to do, besides what chance does to it.
#[derive(Debug, Default)]
struct Told {
    /// The commit that fails, counted from now, and how; every one after it fails too, without a trace.
    fails: Option<(u32, Failure)>,
    away: bool,
    renewals: u32,
}

impl Told {
    /// How the next commit fails.
    fn next(&mut self) -> Option<Failure> {
        let (left, failure) = self.fails.as_mut()?;
        match left {
            0 => Some(Failure::Before),
            1 => {
                *left = 0;
                Some(*failure)
            }
            _ => {
                *left -= 1;
                None
            }
        }
    }
}

type Runs = Vec<(Run, Vec<Entry>)>;

/// The journal; it outlives every runner.
#[derive(Debug, Clone)]
pub struct Journal {
    runs: Arc<Mutex<Runs>>,
    kept: Arc<Mutex<BTreeMap<RunId, Kept>>>,
    leases: Arc<Mutex<Leases>>,
    told: Arc<Mutex<Told>>,
    site: Site,
    /// The clock that leases last by: a server's own, or for a file the host's.
    wall: Wall,
}

#[derive(Debug, Default)]
struct Leases {
    token: u64,
    held: Vec<Lease>,
    /// The tokens of those who are known to be dead.
    gone: Vec<u64>,
    runs: BTreeMap<RunId, Lease>,
}

impl Journal {
    /// An empty journal beside a site, whose time and boundaries it shares; leases last by this clock.
    pub fn new(site: Site, wall: Wall) -> Self {
        Self { runs: Arc::default(), kept: Arc::default(), leases: Arc::default(), told: Arc::default(), site, wall }
    }

    /// Leases last by this clock from now on.
    pub fn goes_by(&mut self, wall: &Wall) {
        self.wall = wall.clone();
    }

    /// Whether both are the same journal.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.runs, &other.runs)
    }

    fn now(&self) -> Timestamp {
        self.wall.shows(self.site.time())
    }

    fn lock(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All runs, oldest first.
    pub fn all(&self) -> Vec<(Run, Vec<Entry>)> {
        self.lock().clone()
    }

    /// Keeps what a run set out to do.
    pub(super) fn keep(&self, run: &RunId, kept: Kept) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(run.clone(), kept);
    }

    /// What a run set out to do.
    pub(super) fn kept(&self, run: &RunId) -> Option<Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(run).cloned()
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a commit fail, the first from now where this is 1, and all that come after it.
    pub fn fail(&self, commit: u32, how: Failure) {
        self.told().fails = Some((commit, how));
    }

    /// Commits succeed again.
    pub fn heal(&self) {
        self.told().fails = None;
    }

    /// Whether the journal can be reached when a lease is to be renewed.
    pub fn away(&self, away: bool) {
        self.told().away = away;
    }

    /// How often somebody asked to renew a lease.
    pub fn renewals(&self) -> u32 {
        self.told().renewals
    }

    /// What a crash of whoever carried out this shard, or the whole plan, does to a disk that lied: the last commit is gone.
    pub fn crash(&self, shard: Option<Shard>) {
        if self.site.is(Mutation::LostSync) {
            let last = self.last(shard).map(|(run, _)| run.id);
            let mut runs = self.lock();
            if let Some((_, entries)) = runs.iter_mut().find(|(run, _)| Some(&run.id) == last.as_ref()) {
                let keep = entries.last().map(|last| last.at);
                entries.retain(|entry| Some(entry.at) != keep);
            }
        }
    }

    fn write(&self, run: &RunId, entries: &[Entry]) {
        for (_, list) in self.lock().iter_mut().filter(|(known, _)| known.id == *run) {
            list.extend_from_slice(entries);
        }
        for entry in entries {
            match &entry.record {
                Record::Intent { job_name, .. } => self.site.intended(job_name),
                Record::Observed { restore, .. }
                | Record::Late { restore, .. }
                | Record::Adopted { seen: Some(restore), .. } => self.site.known(restore),
                _ => {}
            }
        }
    }

    fn leases(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever carried out this shard, or the whole plan, was killed, and that is known: whoever comes after may take its
    /// lease over at once.
    pub fn killed(&self, shard: Option<Shard>) {
        let mut leases = self.leases();
        let gone: Vec<u64> = leases.held.iter().filter(|held| held.shard() == shard).map(|held| held.token).collect();
        leases.gone.extend(gone);
    }

    /// The tokens of those who are known to be dead.
    pub fn gone(&self) -> Vec<u64> {
        self.leases().gone.clone()
    }

    /// How many runs there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// The last run of a shard, or of the whole plan.
    pub fn last(&self, shard: Option<Shard>) -> Option<(Run, Vec<Entry>)> {
        let leases = self.leases();
        let ours = |run: &Run| leases.runs.get(&run.id).is_some_and(|lease| lease.shard() == shard);
        self.lock().iter().rev().find(|(run, _)| ours(run)).cloned()
    }

    fn renewed(&self, lease: &Lease) -> Result<Lease, StoreError> {
        if self.site.is(Mutation::NoFencing) {
            return Ok(lease.clone());
        }
        let now = self.now();
        let mut leases = self.leases();
        match leases.held.iter_mut().find(|held| held.token == lease.token) {
            Some(held) => {
                held.until = held.term.after(now);
                Ok(held.clone())
            }
            None => Err(StoreError::LeaseLost {
                plan: lease.plan.clone(),
                environment: lease.environment.clone(),
                shard: lease.shard(),
                now: leases.held.iter().find(|held| held.excludes(lease.share.as_ref())).cloned().map(Box::new),
                note: None,
            }),
        }
    }
}

fn trouble(problem: &str) -> StoreError {
    StoreError::Unreadable { place: "memory".to_owned(), problem: problem.to_owned() }
}

impl Store for Journal {
    async fn take(&self, claim: &Claim, over: &[u64]) -> Result<Lease, StoreError> {
        let now = self.now();
        let mut leases = self.leases();
        let in_the_way = |held: &Lease| held.excludes(claim.share.as_ref());
        let stays = |held: &&Lease| in_the_way(held) && held.until > now && !over.contains(&held.token);
        if let Some(held) = leases.held.iter().find(stays) {
            return Err(StoreError::Held(Box::new(held.clone())));
        }
        leases.token += 1;
        let lease = Lease {
            plan: claim.plan.clone(),
            environment: claim.environment.clone(),
            share: claim.share.clone(),
            token: leases.token,
            holder: claim.holder.clone(),
            run: None,
            since: now,
            until: claim.term.after(now),
            term: claim.term,
        };
        leases.held.retain(|held| !in_the_way(held));
        leases.held.push(lease.clone());
        Ok(lease)
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, StoreError> {
        let away = {
            let mut told = self.told();
            told.renewals += 1;
            told.away
        };
        self.site.time().sleep(1).await;
        if away { Err(trouble("it can't be reached")) } else { self.renewed(lease) }
    }

    async fn end_lease(&self, lease: &Lease, _: &str) -> Result<bool, StoreError> {
        let mut leases = self.leases();
        let before = leases.held.len();
        leases.held.retain(|held| held.token != lease.token);
        Ok(leases.held.len() < before)
    }

    async fn leases(&self, _: &Slug, _: &str) -> Result<Vec<Lease>, StoreError> {
        Ok(self.leases().held.clone())
    }

    async fn lease_of(&self, run: &RunId) -> Result<Lease, StoreError> {
        let lease = self.leases().runs.get(run).cloned();
        self.renewed(&lease.unwrap())
    }

    async fn open_run(&self, run: &Run, lease: &Lease) -> Result<(), StoreError> {
        self.renewed(lease)?;
        self.leases().runs.insert(run.id.clone(), lease.clone());
        self.lock().push((run.clone(), Vec::new()));
        Ok(())
    }

    async fn append(&self, run: &RunId, entries: &[Entry]) -> Result<(), StoreError> {
        self.site.boundary(false).await;
        let (wait, fault) = self.site.commit();
        self.site.time().sleep(wait).await;
        let lease = self.leases().runs.get(run).cloned().unwrap();
        let told = self.told().next();
        if told == Some(Failure::Lost) {
            let holder = Holder { operator: "ben@here".to_owned(), ..lease.holder.clone() };
            let Lease { plan, environment, share, term, .. } = lease.clone();
            self.take(&Claim { plan, environment, share, holder, term }, &[lease.token]).await?;
        }
        self.renewed(&lease)?;
        if self.site.is(Mutation::LateIntent) {
            let (journal, run, entries) = (self.clone(), run.clone(), entries.to_vec());
            let later = self.site.time().millis() + 5_000;
            self.site.time().at(later, move || journal.write(&run, &entries));
            return Ok(());
        }
        match told.or(fault) {
            // What a database says of a commit that failed may be wrong: it may be there all the same.
            Some(Failure::After) => {
                self.write(run, entries);
                Err(trouble("the sync failed"))
            }
            Some(Failure::Before | Failure::Lost) => Err(trouble("the disk is full")),
            None => {
                self.write(run, entries);
                self.site.boundary(false).await;
                Ok(())
            }
        }
    }

    async fn runs(&self) -> Result<Vec<RunId>, StoreError> {
        Ok(self.lock().iter().rev().map(|(run, _)| run.id.clone()).collect())
    }

    async fn run(&self, id: &RunId) -> Result<Option<(Run, Vec<Entry>)>, StoreError> {
        Ok(self.lock().iter().find(|(run, _)| run.id == *id).cloned())
    }

    async fn prune(&self, _: &Run, _: &[Entry]) -> Result<bool, StoreError> {
        // Nobody prunes here.
        Ok(false)
    }

    async fn runs_of(&self, _: &Slug, _: &str) -> Result<Vec<(Run, Vec<Entry>)>, StoreError> {
        let mut runs = self.all();
        if self.site.is(Mutation::RunsByTheClock) {
            runs.sort_by_key(|(run, _)| run.opened_at);
        } else {
            in_order(&mut runs);
        }
        Ok(runs)
    }
}
