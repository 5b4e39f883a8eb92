//! A journal in memory whose commits take time, fail, and can be cut by a crash before or after they are done.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use restorectl::journal::{Claim, Entry, Holder, Lease, Record, Run, Store, StoreError};
use restorectl::model::{RunId, Slug};
use restorectl::ports::Clock as _;

use super::mutation::Mutation;
use super::site::Site;

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
    leases: Arc<Mutex<Leases>>,
    told: Arc<Mutex<Told>>,
    site: Site,
}

#[derive(Debug, Default)]
struct Leases {
    token: u64,
    held: Option<Lease>,
    runs: BTreeMap<RunId, Lease>,
}

impl Journal {
    /// An empty journal beside a site, whose time and boundaries it shares.
    pub fn new(site: Site) -> Self {
        Self { runs: Arc::default(), leases: Arc::default(), told: Arc::default(), site }
    }

    fn lock(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All runs, oldest first.
    pub fn all(&self) -> Vec<(Run, Vec<Entry>)> {
        self.lock().clone()
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

    /// What a crash does to a disk that lied: the last commit is gone.
    pub fn crash(&self) {
        if self.site.is(Mutation::LostSync) {
            let mut runs = self.lock();
            if let Some((_, entries)) = runs.last_mut() {
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
                Record::Observed { restore, .. } => self.site.known(restore.job_name.as_ref()),
                Record::Adopted { seen: Some(restore), .. } => self.site.known(restore.job_name.as_ref()),
                _ => {}
            }
        }
    }

    fn leases(&self) -> MutexGuard<'_, Leases> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lease that somebody holds, whether or not its time has run out.
    pub fn held(&self) -> Option<Lease> {
        self.leases().held.clone()
    }

    fn renewed(&self, lease: &Lease) -> Result<Lease, StoreError> {
        if self.site.is(Mutation::NoFencing) {
            return Ok(lease.clone());
        }
        let mut leases = self.leases();
        match leases.held.as_mut().filter(|held| held.token == lease.token) {
            Some(held) => {
                held.until = held.term.after(self.site.time().now());
                Ok(held.clone())
            }
            None => Err(StoreError::LeaseLost {
                plan: lease.plan.clone(),
                environment: lease.environment.clone(),
                shard: lease.shard(),
                now: leases.held.clone().map(Box::new),
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
        let now = self.site.time().now();
        let mut leases = self.leases();
        if let Some(held) = leases.held.clone().filter(|held| held.until > now && !over.contains(&held.token)) {
            return Err(StoreError::Held(Box::new(held)));
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
        leases.held = Some(lease.clone());
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
        let ours = leases.held.as_ref().is_some_and(|held| held.token == lease.token);
        if ours {
            leases.held = None;
        }
        Ok(ours)
    }

    async fn leases(&self, _: &Slug, _: &str) -> Result<Vec<Lease>, StoreError> {
        Ok(self.held().into_iter().collect())
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
            let Lease { plan, environment, term, .. } = lease.clone();
            self.take(&Claim { plan, environment, share: None, holder, term }, &[lease.token]).await?;
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
        Ok(self.all())
    }
}
