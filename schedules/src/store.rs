//! A journal in memory whose commits take time, fail, and can be cut by a crash before or after they are done.

use std::sync::{Mutex, MutexGuard, PoisonError};

use restorectl::journal::{Entry, Record, Run, Store, StoreError};
use restorectl::model::{JobName, RunId, Slug};

use super::site::Site;

/// The journal; it outlives every runner.
#[derive(Debug)]
pub struct Journal {
    runs: Mutex<Vec<(Run, Vec<Entry>)>>,
    site: Site,
}

impl Journal {
    /// An empty journal beside a site, whose time and boundaries it shares.
    pub fn new(site: Site) -> Self {
        Self { runs: Mutex::default(), site }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Run, Vec<Entry>)>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All runs, oldest first.
    pub fn all(&self) -> Vec<(Run, Vec<Entry>)> {
        self.lock().clone()
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

    /// Whether an intent of this name is durable.
    pub fn holds(&self, name: &JobName) -> bool {
        let is = |entry: &Entry| matches!(&entry.record, Record::Intent { job_name, .. } if job_name == name);
        self.lock().iter().any(|(_, entries)| entries.iter().any(is))
    }
}

impl Store for Journal {
    async fn open_run(&self, run: &Run) -> Result<(), StoreError> {
        self.lock().push((run.clone(), Vec::new()));
        Ok(())
    }

    async fn append(&self, run: &RunId, entries: &[Entry]) -> Result<(), StoreError> {
        self.site.boundary("before a commit").await;
        let (wait, fault) = self.site.commit();
        self.site.time().sleep(wait).await;
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
                self.site.boundary("after a commit").await;
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
