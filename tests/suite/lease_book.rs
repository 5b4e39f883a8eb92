//! Leases in memory, for stores of tests: given at once to whoever asks, as the dead leave them behind.

use std::collections::BTreeMap;
use std::sync::Mutex;

use restorectl::journal::{Claim, Holder, Lease, Run, Store, StoreError, TERM};
use restorectl::model::{Millis, RunId, Slug};

use crate::world::start;

#[derive(Debug, Default)]
pub struct LeaseBook(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    token: u64,
    held: Option<Lease>,
    runs: BTreeMap<RunId, Lease>,
}

impl LeaseBook {
    pub fn take(&self, claim: &Claim, over: &[u64]) -> Result<Lease, StoreError> {
        let mut book = self.0.lock().unwrap();
        if let Some(held) = book.held.clone().filter(|held| !over.contains(&held.token)) {
            return Err(StoreError::Held(Box::new(held)));
        }
        book.token += 1;
        let lease = Lease {
            plan: claim.plan.clone(),
            environment: claim.environment.clone(),
            share: claim.share.clone(),
            token: book.token,
            holder: claim.holder.clone(),
            run: None,
            since: start(),
            until: claim.term.after(start()),
            term: claim.term,
        };
        book.held = Some(lease.clone());
        Ok(lease)
    }

    pub fn renew(&self, lease: &Lease) -> Result<Lease, StoreError> {
        match self.held().filter(|held| held.token == lease.token) {
            Some(held) => Ok(held),
            None => Err(self.lost(lease)),
        }
    }

    pub fn end(&self, lease: &Lease, _how: &str) -> bool {
        let ours = self.renew(lease).is_ok();
        if ours {
            self.0.lock().unwrap().held = None;
        }
        ours
    }

    pub fn held(&self) -> Option<Lease> {
        self.0.lock().unwrap().held.clone()
    }

    pub fn open(&self, run: &Run, lease: &Lease) -> Result<(), StoreError> {
        self.renew(lease)?;
        self.0.lock().unwrap().runs.insert(run.id.clone(), lease.clone());
        Ok(())
    }

    pub fn lease_of(&self, run: &RunId) -> Result<Lease, StoreError> {
        let lease = self.0.lock().unwrap().runs.get(run).cloned().expect("a run is opened first");
        self.renew(&lease)
    }

    fn lost(&self, lease: &Lease) -> StoreError {
        StoreError::LeaseLost {
            plan: lease.plan.clone(),
            environment: lease.environment.clone(),
            shard: lease.shard(),
            now: self.held().map(Box::new),
            note: None,
        }
    }
}

pub fn holder(name: &str) -> Holder {
    Holder {
        operator: format!("{name}@here"),
        host: "here".into(),
        boot: "this".into(),
        pid_space: String::new(),
        pid: 7,
        started: "1".into(),
    }
}

pub fn claim(plan: &Slug, environment: &str, name: &str, term: Millis) -> Claim {
    Claim { plan: plan.clone(), environment: environment.into(), share: None, holder: holder(name), term }
}

/// The tokens of the leases that somebody left.
pub async fn left(store: &impl Store, plan: &Slug, environment: &str) -> Vec<u64> {
    store.leases(plan, environment).await.unwrap().into_iter().map(|left| left.token).collect()
}

/// Opens a run as whoever finds that the last holder of its lease is gone.
pub async fn open(store: &impl Store, run: &Run) {
    let left = left(store, &run.plan, &run.environment).await;
    let claim = claim(&run.plan, &run.environment, "test", TERM);
    let lease = store.take(&claim, &left).await.unwrap();
    store.open_run(run, &lease).await.unwrap();
}
