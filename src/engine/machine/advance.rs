//! What follows from the moment and the state alone: who is given up, who starts, when the run is over.

use std::sync::Arc;

use jiff::Timestamp;

use super::follow::said;
use super::{Effect, Machine, Step, prior};
use crate::changeset::{Decision, derived_name};
use crate::engine::admit::Occupied;
use crate::journal::{Closed, IllegalRecord, ItemState, Progress, Record};
use crate::model::{Action, CreateOutcome, CreateRequest, End, Millis};

impl Machine {
    pub(super) fn too_many_failures(&self) -> bool {
        let failures =
            self.state.items.values().filter(|p| matches!(p.state, ItemState::Ended(end) if end.is_failure()));
        let failures = u32::try_from(failures.count()).unwrap_or(u32::MAX);
        self.limits.max_failures.is_some_and(|most| failures >= most.max(1))
    }

    /// Everything that follows from the moment and the state alone.
    pub(super) fn advance(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
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
    pub(super) fn settle(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
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

    pub(super) fn expire(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
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

    pub(super) fn deadline(&self, progress: &Progress, deadline: Millis) -> Option<Timestamp> {
        progress.clock_from.map(|from| deadline.after(from))
    }

    /// Items that wait in vain: what they need did not come about, or too much has failed.
    pub(super) fn give_up(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
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

    /// Starts what may start, in the order of [`crate::engine::in_order`]. A full group never blocks others.
    pub(super) fn admit(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        if self.stopping {
            return Ok(());
        }
        let decisions = Arc::clone(&self.decisions);
        let in_order = self.order.iter().filter_map(|at| decisions.get(*at));
        let ready: Vec<&Decision> = in_order.filter(|decision| self.is_ready(decision, now)).collect();
        if ready.is_empty() {
            return Ok(());
        }
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

    pub(super) fn is_ready(&self, decision: &Decision, now: Timestamp) -> bool {
        let item = &decision.item;
        self.item_state(&item.name) == ItemState::Waiting
            && self.quiet_until.is_none_or(|until| until <= now)
            && !matches!(decision.action, Action::Satisfied | Action::Blocked)
            && self.pauses.get(&item.name).is_none_or(|(until, _)| *until <= now)
            && item.after.iter().all(|need| matches!(self.item_state(need), ItemState::Ended(end) if end.is_success()))
    }

    pub(super) fn occupied<'a>(&self, decisions: &'a [Decision]) -> Occupied<'a> {
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
    pub(super) fn unblock(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
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
        let waiting = |decision: &&Decision| self.item_state(&decision.item.name) == ItemState::Waiting;
        let paused = |decision: &Decision| self.pauses.get(&decision.item.name).is_some_and(|(until, _)| *until > now);
        let resting = self.quiet_until.is_some_and(|until| until > now) || decisions.iter().filter(waiting).any(paused);
        if resting || decisions.iter().any(|decision| self.is_ready(decision, now)) {
            return Ok(());
        }
        // Only a changeset that no plan could have led to comes here: its items wait for each other, or for nobody.
        for decision in decisions.iter().filter(waiting).collect::<Vec<_>>() {
            let reason = "it waits for what can never come about".to_owned();
            self.record(Record::Ended { item: decision.item.name.clone(), end: End::Skipped, reason }, now, step)?;
        }
        Ok(())
    }

    pub(super) fn close(&mut self, now: Timestamp, step: &mut Step) -> Result<bool, IllegalRecord> {
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
}
