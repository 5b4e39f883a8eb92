//! Runs by the page, so that a store of many costs no more memory than one of few.

use jiff::Timestamp;

use crate::journal::{Filter, Reader, RunHead, StoreError};

/// How many runs are asked for at once.
const PAGE: u64 = 100;

/// Runs, newest first, a page of them at a time.
#[derive(Debug, Default)]
pub(super) struct Pages {
    filter: Filter,
    offset: u64,
    last: Option<RunHead>,
}

impl Pages {
    pub(super) fn of(filter: Filter) -> Self {
        Self { filter, ..Self::default() }
    }

    /// The next page; empty at the end. What is opened meanwhile moves the rest on by a place, and nothing comes twice.
    pub(super) async fn next(&mut self, store: &impl Reader) -> Result<Vec<RunHead>, StoreError> {
        loop {
            let mut heads = store.heads(&self.filter, self.offset, PAGE).await?;
            let Some(last) = heads.last().cloned() else { return Ok(heads) };
            self.offset = self.offset.saturating_add(heads.len() as u64);
            // What has no moment that can be read is shown as of the epoch, and tells nothing of its place.
            if let Some(before) = self.last.replace(last).filter(|before| before.opened_at > Timestamp::UNIX_EPOCH) {
                heads.retain(|head| (head.opened_at, &head.id) < (before.opened_at, &before.id));
            }
            if !heads.is_empty() {
                return Ok(heads);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::journal::sqlite::SqliteStore;
    use crate::journal::{Claim, Lease, Run, SavedChangeset, Store as _};
    use crate::model::{RunId, Slug};

    async fn lease(store: &SqliteStore) -> Lease {
        let claim = Claim::of_a_test(Slug::parse("dr-weekly").unwrap(), "prod");
        store.take(&claim, &[]).await.unwrap()
    }

    async fn open(store: &SqliteStore, lease: &Lease, numbers: std::ops::Range<u64>) {
        for number in numbers {
            let run = Run {
                turn: 0,
                id: RunId::new(format!("run-{number:04}")),
                plan: lease.plan.clone(),
                environment: "prod".into(),
                // Some begin in the same moment.
                opened_at: Timestamp::UNIX_EPOCH + Duration::from_secs(number / 3),
                tool_version: "0".into(),
                opened_by: "ada@here".into(),
                service: String::new(),
                simulated: false,
                resumes: None,
                changeset: SavedChangeset::of(&()).unwrap(),
            };
            store.open_run(&run, lease).await.unwrap();
        }
    }

    #[tokio::test]
    async fn every_run_comes_once_also_while_others_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("state.db")).await.unwrap();
        let lease = lease(&store).await;
        let before = 2 * PAGE + 50;
        open(&store, &lease, 0..before).await;
        let mut pages = Pages::of(Filter::default());
        let mut seen = Vec::new();
        // The second page begins with what was seen, and what would be the third is all of that kind.
        for (expected, opened) in [(PAGE, 30), (PAGE - 30, PAGE), (80, 0), (0, 0)] {
            let heads = pages.next(&store).await.unwrap();
            assert_eq!(heads.len() as u64, expected);
            seen.extend(heads.into_iter().map(|head| head.id.to_string()));
            let from = before + 30 * u64::from(opened == PAGE);
            open(&store, &lease, from..from + opened).await;
        }
        let expected: Vec<String> = (0..before).rev().map(|number| format!("run-{number:04}")).collect();
        assert_eq!(seen, expected);
    }
}
