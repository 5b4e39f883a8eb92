//! A journal in memory whose commits take time, fail, and can be cut by a crash before or after they are done.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use restorectl::journal::{Claim, Entry, Lease, Record, Run, Store, StoreError};
use restorectl::model::{RunId, Slug};
use restorectl::ports::Clock as _;

use super::mutation::Mutation;
use super::site::Site;

type Runs = Vec<(Run, Vec<Entry>)>;

/// The journal; it outlives every runner.
#[derive(Debug, Clone)]
pub struct Journal {
    runs: Arc<Mutex<Runs>>,
    leases: Arc<Mutex<Leases>>,
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
        Self { runs: Arc::default(), leases: Arc::default(), site }
    }

    fn lock(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All runs, oldest first.
    pub fn all(&self) -> Vec<(Run, Vec<Entry>)> {
        self.lock().clone()
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
        self.site.time().sleep(1).await;
        self.renewed(lease)
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
        let lease = self.leases().runs.get(run).cloned();
        self.renewed(&lease.unwrap())?;
        if self.site.is(Mutation::LateIntent) {
            let (journal, run, entries) = (self.clone(), run.clone(), entries.to_vec());
            let later = self.site.time().millis() + 5_000;
            self.site.time().at(later, move || journal.write(&run, &entries));
            return Ok(());
        }
        let failed = || StoreError::Unreadable { place: "memory".to_owned(), problem: "the disk is full".to_owned() };
        match fault {
            // What a database says of a commit that failed may be wrong: it may be there all the same.
            Some(true) => {
                self.write(run, entries);
                Err(failed())
            }
            Some(false) => Err(failed()),
            None => {
                self.write(run, entries);
                self.site.boundary(false).await;
                Ok(())
            }
        }
    }

    async fn runs(&self) -> Result<Vec<Run>, StoreError> {
        Ok(self.lock().iter().rev().map(|(run, _)| run.clone()).collect())
    }

    async fn run(&self, id: &RunId) -> Result<Option<(Run, Vec<Entry>)>, StoreError> {
        Ok(self.lock().iter().find(|(run, _)| run.id == *id).cloned())
    }

    async fn runs_of(&self, _: &Slug, _: &str) -> Result<Vec<(Run, Vec<Entry>)>, StoreError> {
        Ok(self.all())
    }
}
