//! What a changeset would do, with what engine and store tell beside it: shared by `diff`, `apply` and `demo`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::difference::{Bench, Found};
use crate::changeset::{Changeset, Decision, changed_fields};
use crate::engine::forecast;
use crate::journal::Store as _;
use crate::model::{Action, RunId, Slug};
use crate::report::{self, Beside, Preview, Since};

/// How many earlier runs are read to see what they sent. An item that none of them sent is shown without its changes.
const RUNS: usize = 20;

impl Bench {
    /// The preview of what was found.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub(super) async fn preview(&self, found: &Found) -> anyhow::Result<Preview> {
        let made = &found.made;
        // What is there is there as the plan has it.
        let open = made.items.iter().filter(|decision| decision.action != Action::Satisfied);
        let asked = open.filter_map(|decision| Some((decision, found.sent.get(&decision.item.name)?)));
        let mut runs: BTreeMap<&RunId, Vec<&Decision>> = BTreeMap::new();
        asked.for_each(|(decision, run)| runs.entry(run).or_default().push(decision));
        let mut since: BTreeMap<Slug, Since> = BTreeMap::new();
        for (run, decisions) in runs.into_iter().rev().take(RUNS) {
            let Some(earlier) = self.recorded(run).await? else { continue };
            let then: HashMap<&Slug, &Decision> = earlier.items.iter().map(|then| (&then.item.name, then)).collect();
            for now in decisions {
                if let Some(then) = then.get(&now.item.name) {
                    let changes = changed_fields(then, now);
                    since.insert(now.item.name.clone(), Since { run: run.clone(), changes });
                }
            }
        }
        let beside = Beside { forecast: Some(forecast(made)), since };
        Ok(report::preview(made, &beside)?)
    }

    /// What a run set out to do; none where it is gone, or where another version wrote it in another way.
    async fn recorded(&self, run: &RunId) -> anyhow::Result<Option<Changeset>> {
        let found = self.store.run(run).await?;
        Ok(found.and_then(|(run, _)| run.changeset.read().ok()))
    }

    /// The run that carried out what has this digest, among those that sent the items last.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub(super) async fn carried_out(&self, digest: &str, found: &Found) -> anyhow::Result<Option<(RunId, Changeset)>> {
        let runs: BTreeSet<&RunId> = found.sent.values().collect();
        for run in runs.into_iter().rev().take(RUNS) {
            if let Some(earlier) = self.recorded(run).await?
                && earlier.approval_digest()? == digest
            {
                return Ok(Some((run.clone(), earlier)));
            }
        }
        Ok(None)
    }
}
