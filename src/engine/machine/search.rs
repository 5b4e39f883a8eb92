//! The last look for what was sent and has no answer: among the restores of the backup execution that it was sent from.

use jiff::Timestamp;

use super::look::newest;
use super::{Effect, Machine, Step};
use crate::changeset::Decision;
use crate::journal::{IllegalRecord, ItemState, Record};
use crate::model::{ExecutionKey, Millis, RestoreRecord, Slug};

/// How often it is tried to read them. What they tell is told by the sites' lists, too, as far as anybody documents it.
const TRIES: u32 = 3;

/// Where the search for an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    /// The call is under way, after so many that failed.
    UnderWay { failed: u32 },
    /// So many calls failed, the last of which at this moment.
    Failed { times: u32, at: Timestamp },
    /// It isn't there, or that can't be told.
    Over,
}

impl Machine {
    /// Whether the restores of the backup execution, read after the sites' lists, don't show the item either. Has them read
    /// where that wasn't done.
    pub(super) fn is_nowhere(&mut self, at: usize, decision: &Decision, now: Timestamp, step: &mut Step) -> bool {
        let Some(execution) = &decision.execution else { return true };
        let failed = match self.searches.get(&at) {
            Some(Search::Over) => return true,
            Some(Search::UnderWay { .. }) => return false,
            // It is tried again when the sites' lists are read again.
            Some(Search::Failed { times, at: failed }) => {
                let later = Millis(1).after(*failed);
                let sites = [&decision.item.source.site, &decision.item.target.site];
                if !sites.iter().all(|site| self.watches.get(*site).is_some_and(|watch| watch.has_seen(later))) {
                    return false;
                }
                *times
            }
            None => 0,
        };
        if self.has_slot(now) {
            self.take_slot(now);
            self.searches.insert(at, Search::UnderWay { failed });
            let source = ExecutionKey { job: decision.item.source.key(), execution: execution.id.clone() };
            step.effects.push(Effect::Search { item: decision.item.name.clone(), source });
        }
        false
    }

    /// The answer to a call for the restores of a backup execution.
    pub(super) fn searched(
        &mut self,
        item: &Slug,
        result: Result<Option<Vec<RestoreRecord>>, String>,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        let Some(at) = self.roster.number(item) else { return Ok(()) };
        let search = self.searches.remove(&at);
        let current = self.progress(at).filter(|p| p.state == ItemState::Unsure).and_then(|p| p.current());
        // A list may have shown it meanwhile.
        let (Some(current), Some(Search::UnderWay { failed })) = (current, search) else { return Ok(()) };
        let name = current.job_name.clone();
        match result {
            Ok(list) => {
                let list = list.unwrap_or_default();
                let found: Vec<&RestoreRecord> = list.iter().filter(|restore| current.is(restore)).collect();
                let Some(restore) = newest(current, &found) else {
                    self.searches.insert(at, Search::Over);
                    return Ok(());
                };
                let text = format!(
                    "the sites' lists do not show `{name}`; it was found among the restores of its backup execution"
                );
                self.record(Record::Noted { item: Some(item.clone()), text }, now, step)?;
                self.seen(at, now, restore, &found, now, step)
            }
            Err(why) if failed + 1 >= TRIES => {
                self.searches.insert(at, Search::Over);
                let text = format!(
                    "only the sites' lists tell whether `{name}` arrived: the restores of its backup execution could not be read: {why}"
                );
                self.record(Record::Noted { item: Some(item.clone()), text }, now, step)
            }
            Err(_) => {
                self.searches.insert(at, Search::Failed { times: failed + 1, at: now });
                Ok(())
            }
        }
    }
}
