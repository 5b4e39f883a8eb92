//! The machine: (event, now) → records and effects. Synchronous and pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::admit::Occupied;
use super::watch::Watch;
use crate::changeset::{Changeset, Decision, derived_name};
use crate::journal::{Attempt, Closed, Entry, IllegalRecord, ItemState, Progress, Record, RunState};
use crate::model::{
    Action, CreateOutcome, CreateRequest, End, Limits, Millis, PastFate, RestoreRecord, SiteId, Slug, StatusClass,
};

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
        result: Result<Vec<RestoreRecord>, String>,
    },
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
    state: RunState,
    watches: BTreeMap<SiteId, Watch>,
    /// Not before this moment is the next attempt of an item made, and how often it was turned away in a row.
    pauses: BTreeMap<Slug, (Timestamp, u32)>,
    /// Not before this moment is anything created: the service turned a create away.
    quiet_until: Option<Timestamp>,
    stopping: bool,
}

impl Machine {
    /// A machine for a new run.
    pub fn new(changeset: &Changeset) -> Self {
        Self {
            plan: changeset.plan.name.clone(),
            limits: changeset.limits.clone(),
            decisions: changeset.items.clone().into(),
            state: RunState::default(),
            watches: BTreeMap::new(),
            pauses: BTreeMap::new(),
            quiet_until: None,
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
        let mut step = Step::default();
        match event {
            Event::Started => self.start(now, &mut step)?,
            Event::Woken => {}
            Event::Replied { item, outcome } => self.replied(item, outcome, now, &mut step)?,
            Event::Listed { site, result } => self.listed(site, result, now, &mut step)?,
            Event::Stop => self.stopping = true,
            Event::Leave => {
                self.record(Record::Closed { how: Closed::Interrupted }, now, &mut step)?;
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
        step.records.push(entry);
        Ok(())
    }

    fn decision(&self, item: &Slug) -> Option<&Decision> {
        self.decisions.iter().find(|decision| decision.item.name == *item)
    }

    fn progress(&self, item: &Slug) -> Option<&Progress> {
        self.state.items.get(item)
    }

    fn item_state(&self, item: &Slug) -> ItemState {
        self.progress(item).map_or(ItemState::Waiting, |progress| progress.state)
    }

    /// What needs no sending is said at once, and what runs already is attached to, so that it counts against the
    /// limits before anything new is started.
    fn start(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        for decision in Arc::clone(&self.decisions).iter() {
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

    fn replied(
        &mut self,
        item: Slug,
        outcome: CreateOutcome,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        self.record(Record::Replied { item: item.clone(), outcome: outcome.clone() }, now, step)?;
        match outcome {
            CreateOutcome::Applied { .. } => drop(self.pauses.remove(&item)),
            CreateOutcome::Unknown { .. } => {}
            CreateOutcome::Rejected { retry: true, wait_ms, .. } => {
                let times = self.pauses.get(&item).map_or(0, |(_, times)| *times);
                let factor = 1u64.checked_shl(times).unwrap_or(u64::MAX);
                let pause = Millis(self.limits.poll_interval_ms.0.saturating_mul(factor)).min(LONGEST_BACKOFF);
                let pause = pause.max(wait_ms.unwrap_or_default());
                let until = pause.after(now);
                self.pauses.insert(item, (until, times.saturating_add(1).min(32)));
                // A service that asks for peace means everybody, and one that can't be reached is so for all.
                self.quiet_until = Some(self.quiet_until.map_or(until, |quiet| quiet.max(until)));
            }
            CreateOutcome::Rejected { retry: false, message, .. } => {
                self.record(Record::Ended { item, end: End::Rejected, reason: message }, now, step)?;
            }
        }
        Ok(())
    }

    fn listed(
        &mut self,
        site: SiteId,
        result: Result<Vec<RestoreRecord>, String>,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        let watch = self.watches.entry(site.clone()).or_default();
        watch.end(result.is_ok());
        let restores = match result {
            Ok(restores) => restores,
            Err(why) => {
                // Said once per reason, not once per tick.
                if watch.trouble.as_ref() != Some(&why) {
                    let text = format!("the restores of site `{site}` could not be read: {why}");
                    watch.trouble = Some(why);
                    self.record(Record::Noted { item: None, text }, now, step)?;
                }
                return Ok(());
            }
        };
        let concerned: Vec<Slug> = self
            .decisions
            .iter()
            .filter(|d| d.item.source.site == site || d.item.target.site == site)
            .map(|d| d.item.name.clone())
            .collect();
        for item in concerned {
            self.look(&item, &restores, now, step)?;
        }
        Ok(())
    }

    /// What a list tells about one item.
    fn look(
        &mut self,
        item: &Slug,
        restores: &[RestoreRecord],
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        let Some(progress) = self.progress(item) else { return Ok(()) };
        for attempt in progress.attempts.clone().iter().filter(|attempt| attempt.not_found) {
            if let Some(found) = newest(attempt, restores) {
                self.late(item, attempt, found, now, step)?;
            }
        }
        let Some(progress) = self.progress(item) else { return Ok(()) };
        let watched = match progress.state {
            ItemState::Unsure | ItemState::Following => true,
            ItemState::Ended(_) => progress.may_run(),
            ItemState::Waiting | ItemState::Intended => false,
        };
        let Some(attempt) = progress.current().filter(|_| watched) else { return Ok(()) };
        let Some(found) = newest(attempt, restores) else { return Ok(()) };
        let mut turned_up = Vec::new();
        // Another restore under the very name is nothing that a runner can make good; it must not go unsaid.
        let mut doubles: Vec<RestoreRecord> = restores.iter().filter(|restore| attempt.is(restore)).cloned().collect();
        doubles.retain(|restore| restore.mark() != found.mark());
        for double in &doubles {
            let same = |late: &&RestoreRecord| late.job_name == double.job_name && late.mark() == double.mark();
            if progress.late.iter().find(same).is_none_or(|known| tells_more(known, double)) {
                let job_name = attempt.job_name.clone();
                let record = Record::Late { item: item.clone(), job_name, restore: double.clone() };
                turned_up.push(record);
            }
        }
        for record in turned_up {
            self.record(record, now, step)?;
        }
        let Some(attempt) = self.progress(item).and_then(Progress::current) else { return Ok(()) };
        let known = attempt.restore.as_ref();
        if known.is_none_or(|known| tells_more(known, found)) {
            let record = Record::Observed { item: item.clone(), restore: found.clone() };
            self.record(record, now, step)?;
        }
        let all_over = doubles.iter().all(RestoreRecord::is_final);
        if self.item_state(item) == ItemState::Following && found.is_final() && all_over {
            self.over_at_site(item, found, now, step)?;
        }
        Ok(())
    }

    /// A restore that was given up turned up after all.
    fn late(
        &mut self,
        item: &Slug,
        attempt: &Attempt,
        found: &RestoreRecord,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        let Some(progress) = self.progress(item) else { return Ok(()) };
        let again = progress.attempts.iter().any(|a| !a.not_found && a.job_name == attempt.job_name && a.is(found));
        let same = |late: &&RestoreRecord| late.job_name == found.job_name && late.mark() == found.mark();
        let known = progress.late.iter().find(same);
        if again || known.is_some_and(|known| !tells_more(known, found)) {
            return Ok(());
        }
        let job_name = attempt.job_name.clone();
        let record = if known.is_none() && progress.state == ItemState::Waiting {
            Record::Adopted {
                item: item.clone(),
                job_name,
                generation: attempt.generation,
                attempt: attempt.number,
                seen: Some(found.clone()),
                accepted: false,
                resource_id: None,
                prior: attempt.prior.clone(),
            }
        } else {
            Record::Late { item: item.clone(), job_name, restore: found.clone() }
        };
        self.record(record, now, step)
    }

    /// The restore reached a final status at the site.
    fn over_at_site(
        &mut self,
        item: &Slug,
        found: &RestoreRecord,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        let item = item.clone();
        let said = said(found);
        let end = match found.status.class() {
            StatusClass::Succeeded => End::Succeeded,
            StatusClass::SucceededWithWarnings => End::SucceededWithWarnings,
            StatusClass::PartlyFailed => End::PartlyFailed,
            StatusClass::Failed => End::Failed,
            StatusClass::Unknown | StatusClass::Running => End::Unknown,
        };
        let failed_before = self.progress(&item).map_or(0, |progress| {
            progress.attempts.iter().filter(|a| a.over_at.is_some() && a.restore.is_some()).count()
        });
        let left = u32::try_from(failed_before).unwrap_or(u32::MAX) < self.limits.retries;
        let refusal = self.decision(&item).and_then(|decision| decision.refusal.clone());
        let retries = left && refusal.is_none() && !self.stopping && !self.too_many_failures();
        if matches!(end, End::Failed | End::PartlyFailed) && retries {
            self.pauses.insert(item.clone(), (self.limits.poll_interval_ms.after(now), 0));
            return self.record(Record::AttemptFailed { item, reason: said }, now, step);
        }
        let reason = match end {
            End::Unknown => format!("the site ended it with a status that restorectl does not know: {said}"),
            End::Failed | End::PartlyFailed if left => match refusal {
                Some(refusal) => format!("{said}; it gets no further attempt: {refusal}"),
                None => said,
            },
            _ => said,
        };
        self.record(Record::Ended { item, end, reason }, now, step)
    }

    fn too_many_failures(&self) -> bool {
        let failures =
            self.state.items.values().filter(|p| matches!(p.state, ItemState::Ended(end) if end.is_failure()));
        let failures = u32::try_from(failures.count()).unwrap_or(u32::MAX);
        self.limits.max_failures.is_some_and(|most| failures >= most.max(1))
    }

    /// Everything that follows from the moment and the state alone.
    fn advance(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        self.settle(now, step)?;
        self.expire(now, step)?;
        // Every pass ends at least one item or starts one, so this comes to rest.
        loop {
            let before = self.state.seq;
            self.give_up(now, step)?;
            self.admit(now, step)?;
            self.unblock(now, step)?;
            if self.state.seq == before {
                break;
            }
        }
        if self.close(now, step)? {
            return Ok(());
        }
        self.read_sites(now, step);
        step.wake = self.next_moment(now);
        Ok(())
    }

    /// A create of unknown fate that the sites don't show, read after a whole settle window, never arrived.
    fn settle(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        for (item, sites, _) in self.items_in(|progress| progress.state == ItemState::Unsure) {
            let Some(current) = self.progress(&item).and_then(Progress::current) else { continue };
            let since = current.answered_at.unwrap_or(current.began_at);
            let until = self.limits.settle_window_ms.after(since);
            if sites.iter().all(|site| self.watches.get(site).is_some_and(|watch| watch.has_seen(until))) {
                self.record(Record::NotFound { item }, now, step)?;
            }
        }
        Ok(())
    }

    fn expire(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        for (item, _, deadline) in self.items_in(|p| !matches!(p.state, ItemState::Ended(_) | ItemState::Intended)) {
            let Some(progress) = self.progress(&item) else { continue };
            let Some(current) =
                progress.current().filter(|_| self.deadline(progress, deadline).is_some_and(|d| d <= now))
            else {
                continue;
            };
            let named = format!("`{}`", current.job_name);
            let (end, reason) = match (progress.state, &current.restore, &current.outcome) {
                (ItemState::Following, Some(seen), _) => {
                    let id = seen.execution_id.as_deref().map_or_else(String::new, |id| format!(" (restore {id})"));
                    (
                        End::TimedOut,
                        format!(
                            "its deadline of {deadline} passed; {named}{id} was last seen as {}, and may go on at the site",
                            seen.status
                        ),
                    )
                }
                (ItemState::Following, None, _) => (
                    End::Unknown,
                    format!("the site accepted {named} but did not list it until its deadline of {deadline} passed"),
                ),
                (ItemState::Unsure, ..) => (
                    End::Unknown,
                    format!(
                        "{named} may have been accepted, and the site could not be read until its deadline of {deadline} passed"
                    ),
                ),
                (_, _, Some(CreateOutcome::Rejected { message, .. })) => (
                    End::Rejected,
                    format!("the service did not accept it until its deadline of {deadline} passed: {message}"),
                ),
                _ => (End::Rejected, format!("it could not be sent until its deadline of {deadline} passed")),
            };
            self.record(Record::Ended { item, end, reason }, now, step)?;
        }
        Ok(())
    }

    fn deadline(&self, progress: &Progress, deadline: Millis) -> Option<Timestamp> {
        progress.clock_from.map(|from| deadline.after(from))
    }

    /// Items that wait in vain: what they need did not come about, or too much has failed.
    fn give_up(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        let too_many = self.too_many_failures();
        for decision in Arc::clone(&self.decisions).iter() {
            let item = &decision.item.name;
            if self.item_state(item) != ItemState::Waiting {
                continue;
            }
            let missing = decision.item.after.iter().find_map(|need| match self.item_state(need) {
                ItemState::Ended(end) if !end.is_success() => Some((need, end)),
                _ => None,
            });
            // A create that was given up for lost may follow only where any create of the item might.
            let refused =
                decision.refusal.as_ref().filter(|_| self.progress(item).is_some_and(|p| !p.attempts.is_empty()));
            if let Some(refusal) = refused {
                let record = Record::Ended { item: item.clone(), end: End::Blocked, reason: refusal.clone() };
                self.record(record, now, step)?;
                continue;
            }
            let why = match (missing, self.limits.max_failures) {
                (Some((need, end)), _) => format!("it needs `{need}`, which ended as: {end}"),
                (None, Some(most)) if too_many => {
                    format!("{most} restores have failed, as many as `limits.max_failures` allows")
                }
                _ => continue,
            };
            let failed = self.progress(item).and_then(Progress::current).and_then(|a| a.restore.as_ref()).map(said);
            let record = match failed {
                Some(said) => {
                    let reason = format!("{said}; it gets no further attempt: {why}");
                    Record::Ended { item: item.clone(), end: End::Failed, reason }
                }
                None => Record::Ended { item: item.clone(), end: End::Skipped, reason: why },
            };
            self.record(record, now, step)?;
        }
        Ok(())
    }

    /// Starts what may start: highest priority first, then the plan's order. A full group never blocks others.
    fn admit(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        if self.stopping {
            return Ok(());
        }
        let decisions = Arc::clone(&self.decisions);
        let mut ready: Vec<&Decision> = decisions.iter().filter(|decision| self.is_ready(decision, now)).collect();
        if ready.is_empty() {
            return Ok(());
        }
        ready.sort_by_key(|decision| std::cmp::Reverse(decision.item.priority));
        let mut occupied = self.occupied(&decisions);
        for decision in ready {
            if occupied.obstacle(&decision.item, &self.limits).is_some() {
                continue;
            }
            let Some(request) = decision.request.clone() else { continue };
            let item = decision.item.name.clone();
            let attempts = self.progress(&item).map_or(&[][..], |progress| &progress.attempts);
            let attempt = attempts.last().map_or(decision.attempt, |last| last.number.saturating_add(1));
            let generation = decision.generation;
            let job_name = decision
                .item
                .job_name
                .clone()
                .unwrap_or_else(|| derived_name(&self.plan, &item, &decision.fingerprint, generation, attempt));
            let prior = prior(decision, attempts);
            let intent = Record::Intent {
                item: item.clone(),
                job_name: job_name.clone(),
                generation,
                attempt,
                prior,
                writes: decision.item.touches(),
            };
            self.record(intent, now, step)?;
            occupied.add(&decision.item);
            step.effects.push(Effect::Create { item, request: CreateRequest { job_name, ..request } });
        }
        Ok(())
    }

    fn is_ready(&self, decision: &Decision, now: Timestamp) -> bool {
        let item = &decision.item;
        self.item_state(&item.name) == ItemState::Waiting
            && self.quiet_until.is_none_or(|until| until <= now)
            && !matches!(decision.action, Action::Satisfied | Action::Blocked)
            && self.pauses.get(&item.name).is_none_or(|(until, _)| *until <= now)
            && item.after.iter().all(|need| matches!(self.item_state(need), ItemState::Ended(end) if end.is_success()))
    }

    fn occupied<'a>(&self, decisions: &'a [Decision]) -> Occupied<'a> {
        let mut occupied = Occupied::default();
        for decision in decisions {
            // What the diff refused because of something that runs is not followed, so it takes room to the end.
            let unfollowed = decision.action == Action::Blocked && decision.may_run();
            if unfollowed || self.progress(&decision.item.name).is_some_and(Progress::may_run) {
                occupied.add(&decision.item);
            }
        }
        occupied
    }

    /// If all that is left waits for restores that outlived their deadline or are not ours to follow, it would wait
    /// for ever.
    fn unblock(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        let under_way = self
            .state
            .items
            .values()
            .any(|p| matches!(p.state, ItemState::Intended | ItemState::Unsure | ItemState::Following));
        if under_way || self.stopping {
            return Ok(());
        }
        let decisions = Arc::clone(&self.decisions);
        let occupied = self.occupied(&decisions);
        for decision in decisions.iter().filter(|decision| self.is_ready(decision, now)) {
            let Some(obstacle) = occupied.obstacle(&decision.item, &self.limits) else { continue };
            let reason = format!("{obstacle}, and what may still run at the site holds that");
            let item = decision.item.name.clone();
            return self.record(Record::Ended { item, end: End::Skipped, reason }, now, step);
        }
        Ok(())
    }

    fn close(&mut self, now: Timestamp, step: &mut Step) -> Result<bool, IllegalRecord> {
        let state = |d: &Decision| self.item_state(&d.item.name);
        let all_ended = self.decisions.iter().all(|d| matches!(state(d), ItemState::Ended(_)));
        let at_rest = self.decisions.iter().all(|d| matches!(state(d), ItemState::Ended(_) | ItemState::Waiting));
        let how = match (all_ended, at_rest && self.stopping) {
            (true, _) => Closed::Completed,
            (false, true) => Closed::Interrupted,
            (false, false) => return Ok(false),
        };
        self.record(Record::Closed { how }, now, step)?;
        Ok(true)
    }

    /// Items in some state, with the sites that may show them and their deadlines, in the plan's order.
    fn items_in(&self, fits: impl Fn(&Progress) -> bool) -> Vec<(Slug, BTreeSet<SiteId>, Millis)> {
        let decisions = self.decisions.iter();
        let found = decisions.filter(|d| self.progress(&d.item.name).is_some_and(&fits)).map(|d| {
            let sites = BTreeSet::from([d.item.source.site.clone(), d.item.target.site.clone()]);
            (d.item.name.clone(), sites, d.item.deadline_ms)
        });
        found.collect()
    }

    /// The sites where something may show itself: what may run, and what was given up in a run that still goes on.
    fn watched(&self) -> BTreeSet<SiteId> {
        let concerned = |p: &Progress| {
            let reply_pending = p.state == ItemState::Intended;
            let given_up = !matches!(p.state, ItemState::Ended(_)) && p.attempts.iter().any(|a| a.not_found);
            p.may_run() && !reply_pending || given_up
        };
        self.items_in(concerned).into_iter().flat_map(|(_, sites, _)| sites).collect()
    }

    fn read_sites(&mut self, now: Timestamp, step: &mut Step) {
        for site in self.watched() {
            let watch = self.watches.entry(site.clone()).or_default();
            if watch.next(self.limits.poll_interval_ms, now).is_some_and(|moment| moment <= now) {
                watch.begin(now);
                step.effects.push(Effect::List { site });
            }
        }
    }

    fn next_moment(&self, now: Timestamp) -> Option<Timestamp> {
        let interval = self.limits.poll_interval_ms;
        let watched = self.watched();
        let reads = watched.iter().filter_map(|site| self.watches.get(site).and_then(|w| w.next(interval, now)));
        let open = self.items_in(|p| !matches!(p.state, ItemState::Ended(_) | ItemState::Intended));
        let deadlines: Vec<Timestamp> =
            open.iter().filter_map(|(item, _, deadline)| self.deadline(self.progress(item)?, *deadline)).collect();
        let pauses = self.pauses.iter().filter(|(item, _)| self.item_state(item) == ItemState::Waiting);
        let pauses = pauses.map(|(_, (until, _))| *until).chain(self.quiet_until).filter(|until| *until > now);
        reads.chain(deadlines).chain(pauses).min()
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

/// The restore that is this attempt. Should the site show several under its name: the one whose id the service gave us,
/// else one that still runs, else the newest.
fn newest<'a>(attempt: &Attempt, restores: &'a [RestoreRecord]) -> Option<&'a RestoreRecord> {
    restores.iter().filter(|restore| attempt.is(restore)).max_by_key(|restore| {
        let id: Option<u128> = restore.execution_id.as_ref().and_then(|id| id.parse().ok());
        let given = attempt.resource_id().is_some_and(|given| restore.execution_id.as_deref() == Some(given.as_str()));
        (given, !restore.is_final(), id, restore.start_time)
    })
}

/// Whether a new reading says something that people want recorded; bytes that grow are not that.
fn tells_more(known: &RestoreRecord, found: &RestoreRecord) -> bool {
    let without_bytes = |restore: &RestoreRecord| {
        let mut restore = restore.clone();
        restore.sub_tasks.iter_mut().for_each(|task| task.bytes = None);
        restore
    };
    found.is_final() && known != found || without_bytes(known) != without_bytes(found)
}

/// A final restore in the service's words.
fn said(restore: &RestoreRecord) -> String {
    let words = [restore.status_details.as_ref(), restore.errors.first(), restore.warnings.first()];
    match words.into_iter().flatten().next() {
        Some(text) => format!("{}: {text}", restore.status),
        None => restore.status.to_string(),
    }
}
