//! The machine: (event, now) → records and effects. Synchronous and pure.
//!
//! What answers and lists tell is taken in by `follow`, `look` and `search`; what follows from the moment is drawn by `advance`
//! and `finish`; `tick` says when to read which site; `roster` keeps who stands where.

mod advance;
mod finish;
mod follow;
mod look;
mod roster;
mod search;
mod tick;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::order::{Work, in_order};
use super::pace::Pace;
use super::pressure::Pressure;
use super::watch::Watch;
use crate::changeset::{Changeset, Decision};
use crate::journal::{Attempt, Closed, Entry, IllegalRecord, ItemState, Progress, Record, RunState};
use crate::model::{
    Action, CreateOutcome, CreateRequest, End, ExecutionKey, Limits, Millis, PastFate, ResourceId, RestoreRecord,
    SiteId, Slug,
};
use roster::{Roster, Terms};
use search::Search;

/// The longest wait between two creates of one item that the service turned away.
const LONGEST_BACKOFF: Millis = Millis::from_secs(300);

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// The run begins.
    Started,
    /// A moment came for which the machine asked to be woken.
    Woken,
    /// A create call ended.
    Replied {
        /// The item that it was for.
        item: Slug,
        /// What its answer proves.
        outcome: CreateOutcome,
    },
    /// A list call ended.
    Listed {
        /// The site that was read.
        site: SiteId,
        /// Every restore there, or why it couldn't be read.
        result: Result<Vec<Arc<RestoreRecord>>, String>,
    },
    /// A call for the restores of a backup execution ended.
    Searched {
        /// The item that it was for.
        item: Slug,
        /// The restores, or that the service has no such call, or why they couldn't be read.
        result: Result<Option<Vec<RestoreRecord>>, String>,
    },
    /// A call for one restore ended.
    Shown {
        /// The item that it was for.
        item: Slug,
        /// The restore, or that the service knows no such one, or why it couldn't be read.
        result: Result<Option<Box<RestoreRecord>>, String>,
    },
    /// The service answered some call, whichever, that it has too much to do.
    Pressed,
    /// Somebody asks to start nothing more.
    Stop,
    /// Somebody asks to leave at once.
    Leave,
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send this create call, once.
    Create {
        /// For this item.
        item: Slug,
        /// What to send.
        request: CreateRequest,
    },
    /// Read the restores of this site.
    List {
        /// The site.
        site: SiteId,
    },
    /// Read the restores of this backup execution: the site's lists don't show what was sent from it.
    Search {
        /// For this item.
        item: Slug,
        /// The backup execution.
        source: ExecutionKey,
    },
    /// Read this one restore, which lists do not tell of.
    Show {
        /// For this item.
        item: Slug,
        /// Of this backup execution.
        source: ExecutionKey,
        /// Its id.
        restore: ResourceId,
    },
}

/// What is to be done now.
#[derive(Debug, Default)]
pub struct Step {
    /// To be made durable, in this order, before any effect is begun.
    pub records: Vec<Entry>,
    /// To be begun then.
    pub effects: Vec<Effect>,
    /// When to wake the machine if nothing happens before.
    pub wake: Option<Timestamp>,
    /// Whether the run is at its end.
    pub finished: bool,
}

/// A run in progress.
#[derive(Debug)]
pub struct Machine {
    plan: Slug,
    limits: Limits,
    decisions: Arc<[Decision]>,
    roster: Roster,
    state: RunState,
    watches: BTreeMap<SiteId, Watch>,
    /// What is looked for among the restores of its backup execution, by the item's number.
    searches: HashMap<usize, Search>,
    /// By an item's number: not before this moment is its next attempt made, and how often it was turned away in a row.
    pauses: HashMap<usize, (Timestamp, u32)>,
    /// Not before this moment is anything created: the service turned a create away.
    quiet_until: Option<Timestamp>,
    /// Until when the whole run must have ended.
    run_deadline: Option<Timestamp>,
    /// How many attempts were made beyond the first ones.
    further_attempts: u32,
    pressure: Pressure,
    pace: Pace,
    /// Not before this moment is the next request made, where their rate has a limit.
    slot: Timestamp,
    /// When the last reading came that showed an item, by its number.
    shown_at: HashMap<usize, Timestamp>,
    stopping: bool,
}

impl Machine {
    /// A machine for a new run.
    pub fn new(changeset: &Changeset) -> Self {
        let order = in_order(&changeset.items.iter().map(Work::from).collect::<Vec<_>>());
        Self {
            plan: changeset.plan.name.clone(),
            limits: changeset.limits.clone(),
            decisions: changeset.items.clone().into(),
            roster: Roster::new(&changeset.items, &order, &changeset.strays),
            state: RunState::default(),
            watches: BTreeMap::new(),
            searches: HashMap::new(),
            pauses: HashMap::new(),
            quiet_until: None,
            run_deadline: None,
            further_attempts: 0,
            pressure: Pressure::new(changeset.limits.concurrency, changeset.limits.adaptive),
            pace: Pace::default(),
            slot: Timestamp::MIN,
            shown_at: HashMap::new(),
            stopping: false,
        }
    }

    /// Where the run stands.
    pub fn state(&self) -> &RunState {
        &self.state
    }

    /// Takes an event in at a moment.
    ///
    /// # Errors
    /// Only if the machine and the transition table disagree, which is a bug; nothing was sent then.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Result<Step, IllegalRecord> {
        self.handle_all([event], now)
    }

    /// Takes several events in that came by the same moment: what follows is drawn, and made durable, once.
    ///
    /// # Errors
    /// As [`Self::handle`].
    pub fn handle_all(
        &mut self,
        events: impl IntoIterator<Item = Event>,
        now: Timestamp,
    ) -> Result<Step, IllegalRecord> {
        let mut step = Step::default();
        for event in events {
            if self.state.closed.is_some() {
                break;
            }
            match event {
                Event::Started => self.start(now, &mut step)?,
                Event::Woken => {}
                Event::Replied { item, outcome } => self.replied(&item, outcome, now, &mut step)?,
                Event::Listed { site, result } => self.listed(site, result, now, &mut step)?,
                Event::Searched { item, result } => self.searched(&item, result, now, &mut step)?,
                Event::Shown { item, result } => self.shown(&item, result, now, &mut step)?,
                Event::Pressed => self.pressed("the service asks for fewer calls", now, &mut step)?,
                Event::Stop => self.stopping = true,
                Event::Leave => self.record(Record::Closed { how: Closed::Interrupted }, now, &mut step)?,
            }
        }
        if self.state.closed.is_none() {
            self.advance(now, &mut step)?;
        }
        step.finished = self.state.closed.is_some();
        Ok(step)
    }

    fn record(&mut self, record: Record, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        let entry = Entry { seq: self.state.seq + 1, at: now, record };
        self.state.apply(&entry)?;
        if let Some(at) = entry.record.item().and_then(|item| self.roster.number(item)) {
            self.sync(at, now);
            if matches!(self.item_state(at), ItemState::Ended(_)) {
                self.touch(at, now);
            }
        }
        step.records.push(entry);
        Ok(())
    }

    /// Brings the roster up to date about one item.
    fn sync(&mut self, at: usize, now: Timestamp) {
        let decisions = Arc::clone(&self.decisions);
        let Some(decision) = decisions.get(at) else { return };
        let progress = self.state.items.get(&decision.item.name);
        let terms = Terms {
            pause: self.pauses.get(&at).map(|(until, _)| *until).filter(|until| *until > now),
            deadline: progress.and_then(|progress| self.deadline(progress, decision)).map(|(moment, _)| moment),
        };
        self.roster.sync(at, decision, progress, terms);
    }

    /// The sites of an item that is at its end are to be looked at for it once more.
    fn touch(&mut self, at: usize, now: Timestamp) {
        let Some(item) = self.decisions.get(at).map(|decision| &decision.item) else { return };
        let sites = [&item.source.site, &item.target.site];
        for site in sites {
            if let Some(watch) = self.watches.get_mut(site) {
                watch.touch(at, now);
            }
        }
    }

    fn decision(&self, at: usize) -> Option<&Decision> {
        self.decisions.get(at)
    }

    fn progress(&self, at: usize) -> Option<&Progress> {
        self.state.items.get(&self.decisions.get(at)?.item.name)
    }

    fn item_state(&self, at: usize) -> ItemState {
        self.progress(at).map_or(ItemState::Waiting, |progress| progress.state)
    }

    /// What needs no sending is said at once, and what runs already is attached to, so that it counts against the
    /// limits before anything new is started.
    fn start(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        self.run_deadline = self.limits.run_deadline_ms.map(|most| most.after(now));
        // The sites were read just before.
        self.take_slot(now);
        let decisions = Arc::clone(&self.decisions);
        (0..decisions.len()).for_each(|at| self.sync(at, now));
        for decision in decisions.iter() {
            let item = decision.item.name.clone();
            let reason = decision.reason.clone();
            let record = match decision.action {
                Action::Satisfied => Record::Ended { item, end: End::Satisfied, reason },
                Action::Blocked => Record::Ended { item, end: End::Blocked, reason },
                Action::Create | Action::Retry | Action::Changed => continue,
                Action::Adopt => {
                    let Some(request) = &decision.request else { continue };
                    let mut seen = decision.saw.restores.iter().rev();
                    let seen = seen.find(|r| r.job_name.as_ref() == Some(&request.job_name) && !r.is_final());
                    let running = seen.map(RestoreRecord::mark);
                    let mut prior = prior(decision, &[]);
                    prior.retain(|mark| Some(mark) != running.as_ref());
                    let awaited = decision.saw.awaited.as_ref();
                    Record::Adopted {
                        item,
                        job_name: request.job_name.clone(),
                        generation: decision.generation,
                        attempt: decision.attempt,
                        seen: seen.cloned(),
                        accepted: awaited.is_some_and(|past| past.fate == PastFate::Accepted),
                        resource_id: awaited.and_then(|past| past.resource_id.clone()),
                        prior,
                    }
                }
            };
            self.record(record, now, step)?;
        }
        Ok(())
    }
}

/// Marks of restores under a name that a plan sets itself which are not the next attempt.
fn prior(decision: &Decision, attempts: &[Attempt]) -> Vec<String> {
    if decision.item.job_name.is_none() {
        return Vec::new();
    }
    let seen = decision.saw.restores.iter().map(RestoreRecord::mark);
    let awaited = decision.saw.awaited.iter().flat_map(|past| past.prior.clone());
    let own = attempts.iter().filter_map(|a| a.restore.as_ref()).map(RestoreRecord::mark);
    let all: BTreeSet<String> = seen.chain(awaited).chain(own).collect();
    all.into_iter().collect()
}
