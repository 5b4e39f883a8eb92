//! What follows from the moment and the state alone: who is given up, who starts, when the run is over.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Effect, Machine, Step, prior};
use crate::changeset::derived_name;
use crate::engine::admit::Obstacle;
use crate::engine::queue::Full;
use crate::journal::{IllegalRecord, ItemState, Progress, Record};
use crate::model::{CreateRequest, End};

/// How many attempts of an item may be lost, beyond `limits.retries`, before a run gives it up.
const LOST_IN_A_RUN: u32 = 3;

impl Machine {
    /// Everything that follows from the moment and the state alone.
    pub(super) fn advance(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        self.settle(now, step)?;
        self.expire(now, step)?;
        // Every pass ends at least one item or starts one, so this comes to rest.
        loop {
            let before = self.state.seq;
            self.fall(now, step)?;
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
        let decisions = Arc::clone(&self.decisions);
        for at in self.roster.unsure.clone() {
            let Some(decision) = decisions.get(at) else { continue };
            let Some(current) = self.progress(at).and_then(Progress::current) else { continue };
            let until = self.limits.settle_window_ms.after(current.answered_at.unwrap_or(current.began_at));
            let name = current.job_name.clone();
            let sites = [&decision.item.source.site, &decision.item.target.site];
            if !sites.iter().all(|site| self.watches.get(*site).is_some_and(|watch| watch.has_seen(until))) {
                continue;
            }
            if !self.is_nowhere(at, decision, now, step) {
                continue;
            }
            self.searches.remove(&at);
            let item = decision.item.name.clone();
            let lost = self.progress(at).map_or(0, |p| p.attempts.iter().filter(|a| a.not_found).count());
            if u32::try_from(lost).unwrap_or(u32::MAX) >= self.limits.retries.saturating_add(LOST_IN_A_RUN) {
                self.record(Record::NotFound { item: item.clone() }, now, step)?;
                let reason = format!("`{name}` never arrived, and neither did {lost} attempts before it");
                self.record(Record::Ended { item, end: End::Rejected, reason }, now, step)?;
            } else if self.budget_left() {
                self.further_attempts = self.further_attempts.saturating_add(1);
                self.record(Record::NotFound { item }, now, step)?;
            } else {
                self.record(Record::NotFound { item: item.clone() }, now, step)?;
                let reason = format!("`{name}` never arrived, and `limits.retry_budget` leaves no further attempt");
                self.record(Record::Ended { item, end: End::Rejected, reason }, now, step)?;
            }
        }
        Ok(())
    }

    /// Starts what may start, in the order of [`crate::engine::in_order`]. A full group never blocks others.
    fn admit(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        self.roster.resume_paused(now);
        let time_up = self.run_deadline.is_some_and(|moment| moment <= now);
        if self.stopping || time_up || self.quiet_until.is_some_and(|until| until > now) {
            return Ok(());
        }
        let decisions = Arc::clone(&self.decisions);
        let mut full = Full::default();
        while self.has_slot(now) {
            let (occupied, limits, most) = (&self.roster.occupied, &self.limits, self.pressure.allowed());
            let obstacle = |at: usize| {
                let decision = decisions.get(at)?;
                occupied.obstacle(&decision.item, limits, most)
            };
            let Some(at) = self.roster.queue.next(&mut full, obstacle) else { return Ok(()) };
            let Some(decision) = decisions.get(at) else { continue };
            let Some(request) = decision.request.clone() else { continue };
            let item = decision.item.name.clone();
            let attempts = self.progress(at).map_or(&[][..], |progress| &progress.attempts);
            let last = attempts.iter().map(|attempt| attempt.number).max();
            let attempt = last.map_or(decision.attempt, |last| last.max(decision.used).saturating_add(1));
            let generation = decision.generation;
            let fixed = decision.item.job_name.clone();
            let job_name =
                fixed.unwrap_or_else(|| derived_name(&self.plan, &item, &decision.fingerprint, generation, attempt));
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
            step.effects.push(Effect::Create { item, request: CreateRequest { job_name, ..request } });
            self.take_slot(now);
        }
        Ok(())
    }

    /// If all that is left waits for restores that outlived their deadline or are not ours to follow, it would wait
    /// for ever.
    fn unblock(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        let resting = self.quiet_until.is_some_and(|until| until > now) || !self.roster.paused.is_empty();
        if !self.roster.open.is_empty() || self.stopping || resting {
            return Ok(());
        }
        let decisions = Arc::clone(&self.decisions);
        let waiting = self.roster.queue.all();
        if !waiting.is_empty()
            && let Some(allowed) = self.pressure.make_room(self.roster.occupied.total())
        {
            let reason = format!("nothing else is under way, so {allowed} are kept in flight");
            return self.record(Record::Concurrency { allowed, reason }, now, step);
        }
        for at in waiting {
            let Some(decision) = decisions.get(at) else { continue };
            let most = self.pressure.allowed();
            let Some(obstacle) = self.roster.occupied.obstacle(&decision.item, &self.limits, most) else { continue };
            let reason = format!("{}, and what may still run at the site holds that", self.words(&obstacle));
            self.skip(decision.item.name.clone(), reason, now, step)?;
        }
        if !self.roster.queue.all().is_empty() || !self.roster.fallen.is_empty() {
            return Ok(());
        }
        // Only a changeset that no plan could have led to comes here: its items wait for each other.
        for at in self.roster.waiting.clone() {
            let Some(decision) = decisions.get(at).filter(|_| self.item_state(at) == ItemState::Waiting) else {
                continue;
            };
            self.skip(decision.item.name.clone(), "it waits for what can never come about".to_owned(), now, step)?;
        }
        Ok(())
    }

    fn words(&self, obstacle: &Obstacle) -> String {
        match obstacle {
            Obstacle::Total => "no slot of `limits.concurrency` is free".to_owned(),
            Obstacle::TargetSite => "no slot of `limits.per_target_site` is free".to_owned(),
            Obstacle::SourceSite => "no slot of `limits.per_source_site` is free".to_owned(),
            Obstacle::Group(group) => format!("group `{group}` is full"),
            Obstacle::Overlap { other, what } => {
                let other = self.decision(*other).map_or("another restore", |decision| decision.item.name.as_str());
                format!("`{other}` touches `{what}` too")
            }
        }
    }
}
