//! Where every item of a run stands: the fold over its entries, and the one transition table.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Closed, Entry, Record};
use crate::model::{CreateOutcome, End, JobName, ResourceId, RestoreRecord, Slug, StatusClass, Touched};

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemState {
    /// Nothing of it is under way; the next attempt may be made.
    Waiting,
    /// A create call is recorded and may be sent; its answer isn't known.
    Intended,
    /// A create call was sent whose fate can't be known without reading the site.
    Unsure,
    /// Accepted by the site; followed until it ends there.
    Following,
    /// At its end.
    Ended(End),
}

/// One create of an item, or one restore that was adopted.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The name it bears at the site.
    pub job_name: JobName,
    /// Its generation, from 1.
    pub generation: u32,
    /// Its number, from 1.
    pub number: u32,
    /// Whether an earlier run sent it.
    pub adopted: bool,
    /// When it was recorded.
    pub began_at: Timestamp,
    /// Restores under the same name that are not this one, by their marks.
    pub prior: Vec<String>,
    /// What it writes at the target; empty for one that was adopted.
    pub writes: Vec<Touched>,
    /// How the create call was answered.
    pub outcome: Option<CreateOutcome>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// As last seen at the site.
    pub restore: Option<RestoreRecord>,
    /// When the site first showed it.
    pub first_seen_at: Option<Timestamp>,
    /// When it was over: failed, not accepted or not found.
    pub over_at: Option<Timestamp>,
    /// Whether a whole settle window passed without the site showing it.
    pub not_found: bool,
}

impl Attempt {
    /// The id that the service gave when it accepted the create.
    pub fn resource_id(&self) -> Option<&ResourceId> {
        match &self.outcome {
            Some(CreateOutcome::Applied { resource_id }) => resource_id.as_ref(),
            _ => None,
        }
    }

    /// Whether a restore at the site is this attempt.
    pub fn is(&self, restore: &RestoreRecord) -> bool {
        match &restore.job_name {
            Some(name) => *name == self.job_name && !self.prior.contains(&restore.mark()),
            // A record without a name is ours only if it bears the very id that we were given.
            None => self.resource_id().is_some_and(|id| restore.execution_id.as_deref() == Some(id.as_str())),
        }
    }
}

/// Where one item stands, and how it came there.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Where it stands.
    pub state: ItemState,
    /// All attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// The moment from which the deadline counts.
    pub clock_from: Option<Timestamp>,
    /// When and why it ended.
    pub ended: Option<(Timestamp, String)>,
    /// Restores of given-up attempts that turned up after all, as last seen.
    pub late: Vec<RestoreRecord>,
    /// What the site shows of its restore since it ended, where that is something else.
    pub contradicted: Option<RestoreRecord>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// A record that doesn't fit where its item stands: the journal is damaged, or the runner is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq} of the journal does not fit: {problem}")]
pub struct IllegalRecord {
    /// The entry's number.
    pub seq: u64,
    /// What doesn't fit.
    pub problem: String,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            state: ItemState::Waiting,
            attempts: Vec::new(),
            clock_from: None,
            ended: None,
            late: Vec::new(),
            contradicted: None,
            notes: Vec::new(),
        }
    }
}

impl Progress {
    /// The attempt under way, or the last one.
    pub fn current(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// Whether anything of the item may be running at the site: its last attempt, one that turned up late, or one that
    /// the site shows as running after it ended.
    pub fn may_run(&self) -> bool {
        self.current_may_run() || self.late.iter().chain(&self.contradicted).any(|restore| !restore.is_final())
    }

    /// Whether it ended well, and nothing that the site showed since says otherwise.
    pub fn succeeded(&self) -> bool {
        let stands = self.contradicted.as_ref().is_none_or(|restore| restore.status.class().is_success());
        stands && matches!(self.state, ItemState::Ended(end) if end.is_success())
    }

    /// Whether the site now shows another end than the one that was recorded, or none. One that was taken back only for a
    /// time stands.
    pub fn is_contradicted(&self) -> bool {
        let Some(shown) = &self.contradicted else { return false };
        let (ItemState::Ended(end), class) = (self.state, shown.status.class()) else { return true };
        match end {
            End::Succeeded | End::SucceededWithWarnings => !class.is_success(),
            End::Failed => class != StatusClass::Failed,
            End::PartlyFailed => class != StatusClass::PartlyFailed,
            _ => true,
        }
    }

    /// Whether the last attempt may be running at the site, also after the item ended for us.
    pub fn current_may_run(&self) -> bool {
        let known_over = || self.current().and_then(|a| a.restore.as_ref()).is_some_and(RestoreRecord::is_final);
        match self.state {
            ItemState::Waiting => false,
            ItemState::Intended | ItemState::Unsure | ItemState::Following => true,
            ItemState::Ended(End::TimedOut | End::Unknown) => !self.attempts.is_empty() && !known_over(),
            ItemState::Ended(_) => false,
        }
    }

    /// The transition table. Applies one entry of this item, or says why it doesn't fit.
    ///
    /// # Errors
    /// When the record isn't possible in the item's state; nothing is changed then.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), IllegalRecord> {
        use ItemState::{Ended, Following, Intended, Unsure, Waiting};
        let at = entry.at;
        match (&entry.record, self.state) {
            (Record::Intent { job_name, generation, attempt, prior, writes, .. }, Waiting) => {
                self.begin(at, job_name, *generation, *attempt, prior, false);
                if let Some(current) = self.attempts.last_mut() {
                    current.writes.clone_from(writes);
                }
                self.state = Intended;
            }
            (Record::Adopted { job_name, generation, attempt, seen, accepted, resource_id, prior, .. }, Waiting) => {
                self.begin(at, job_name, *generation, *attempt, prior, true);
                self.state = if seen.is_some() || *accepted { Following } else { Unsure };
                if let Some(current) = self.attempts.last_mut().filter(|_| *accepted) {
                    current.outcome = Some(CreateOutcome::Applied { resource_id: resource_id.clone() });
                }
                self.show(at, seen.as_ref());
            }
            (Record::Replied { outcome, .. }, Intended) => {
                self.state = match outcome {
                    CreateOutcome::Applied { .. } => Following,
                    CreateOutcome::Rejected { .. } => Waiting,
                    CreateOutcome::Unknown { .. } => Unsure,
                };
                let over = self.state == Waiting;
                if let Some(current) = self.attempts.last_mut() {
                    current.outcome = Some(outcome.clone());
                    current.answered_at = Some(at);
                    current.over_at = over.then_some(at);
                }
            }
            (Record::Observed { restore, .. }, Unsure | Following) => {
                self.state = Following;
                self.show(at, Some(restore));
            }
            // A restore that outlived its deadline is still watched; it doesn't end twice.
            (Record::Observed { restore, .. }, Ended(End::TimedOut | End::Unknown)) => self.show(at, Some(restore)),
            (Record::NotFound { .. }, Unsure) => {
                self.over(at);
                if let Some(current) = self.attempts.last_mut() {
                    current.not_found = true;
                }
                self.state = Waiting;
            }
            (Record::AttemptFailed { .. }, Following) => {
                self.over(at);
                self.clock_from = None;
                self.state = Waiting;
            }
            (Record::Late { restore, .. }, _) => {
                let same = |known: &&mut RestoreRecord| known.job_name == restore.job_name && known.may_be(restore);
                match self.late.iter_mut().find(same) {
                    Some(known) => *known = restore.clone(),
                    None => self.late.push(restore.clone()),
                }
            }
            (Record::Contradicted { restore, .. }, Ended(_)) => self.contradicted = Some(restore.clone()),
            (Record::Noted { text, .. }, _) => self.notes.push(text.clone()),
            (Record::Ended { end, reason, .. }, Waiting | Unsure | Following) => {
                self.ended = Some((at, reason.clone()));
                self.state = Ended(*end);
            }
            (record, state) => {
                let item = record.item().map_or("?", Slug::as_str);
                let problem = format!("item `{item}` is {state:?} and can't take {record:?}");
                return Err(IllegalRecord { seq: entry.seq, problem });
            }
        }
        Ok(())
    }

    fn begin(&mut self, at: Timestamp, name: &JobName, generation: u32, number: u32, prior: &[String], adopted: bool) {
        self.clock_from.get_or_insert(at);
        self.attempts.push(Attempt {
            job_name: name.clone(),
            generation,
            number,
            adopted,
            began_at: at,
            prior: prior.to_vec(),
            writes: Vec::new(),
            outcome: None,
            answered_at: None,
            restore: None,
            first_seen_at: None,
            over_at: None,
            not_found: false,
        });
    }

    fn show(&mut self, at: Timestamp, restore: Option<&RestoreRecord>) {
        if let (Some(current), Some(restore)) = (self.attempts.last_mut(), restore) {
            current.first_seen_at.get_or_insert(at);
            current.restore = Some(restore.clone());
        }
    }

    fn over(&mut self, at: Timestamp) {
        if let Some(current) = self.attempts.last_mut() {
            current.over_at = Some(at);
        }
    }
}

/// Where a whole run stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunState {
    /// Every item that an entry was about.
    pub items: BTreeMap<Slug, Progress>,
    /// Notes that concern the whole run.
    pub notes: Vec<(Timestamp, String)>,
    /// How many may be in flight at present, where that was told since the run began.
    pub allowed: Option<u32>,
    /// When and how it ended.
    pub closed: Option<(Timestamp, Closed)>,
    /// The last entry's number.
    pub seq: u64,
    /// The last entry's moment.
    pub last_at: Option<Timestamp>,
}

impl RunState {
    /// What may run at a site as far as the entries tell: items with their last attempts.
    pub fn may_run(&self) -> impl Iterator<Item = (&Slug, &Attempt)> {
        let may_run = self.items.iter().filter(|(_, progress)| progress.current_may_run());
        may_run.filter_map(|(item, progress)| Some((item, progress.current()?)))
    }

    /// Applies one entry.
    ///
    /// # Errors
    /// When its number isn't the next one, or it doesn't fit.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), IllegalRecord> {
        let refuse = |problem: String| Err(IllegalRecord { seq: entry.seq, problem });
        if entry.seq != self.seq + 1 {
            return refuse(format!("entry {} should come next", self.seq + 1));
        }
        if self.closed.is_some() {
            return refuse("the run is closed".to_owned());
        }
        match (&entry.record, entry.record.item()) {
            (Record::Closed { how }, _) => self.closed = Some((entry.at, *how)),
            (Record::Concurrency { allowed, reason }, _) => {
                self.allowed = Some(*allowed);
                self.notes.push((entry.at, reason.clone()));
            }
            (Record::Noted { text, .. }, None) => self.notes.push((entry.at, text.clone())),
            (_, Some(item)) => self.items.entry(item.clone()).or_default().apply(entry)?,
            (record, None) => return refuse(format!("no item is named in {record:?}")),
        }
        self.seq = entry.seq;
        self.last_at = Some(entry.at);
        Ok(())
    }
}

/// Folds the entries of a run.
///
/// # Errors
/// When one doesn't fit; the journal is damaged then.
pub fn replay(entries: &[Entry]) -> Result<RunState, IllegalRecord> {
    let mut state = RunState::default();
    for entry in entries {
        state.apply(entry)?;
    }
    Ok(state)
}
