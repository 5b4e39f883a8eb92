//! How items come to their ends, and the run to its own.

use std::sync::Arc;

use jiff::Timestamp;

use super::look::took;
use super::tick::TimeUp;
use super::{Machine, Step};
use crate::changeset::Decision;
use crate::journal::{Closed, IllegalRecord, ItemState, Progress, Record};
use crate::model::{CreateOutcome, End, RestoreRecord, Slug, StatusClass};

impl Machine {
    /// The restore reached a final status at the site.
    pub(super) fn over_at_site(
        &mut self,
        at: usize,
        found: &RestoreRecord,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        let (Some(decision), Some(progress)) = (self.decisions.get(at).cloned(), self.progress(at)) else {
            return Ok(());
        };
        let item = decision.item.name.clone();
        let said = said(found);
        let class = found.status.class();
        let end = match class {
            StatusClass::Succeeded => End::Succeeded,
            StatusClass::SucceededWithWarnings => End::SucceededWithWarnings,
            StatusClass::PartlyFailed => End::PartlyFailed,
            StatusClass::Failed => End::Failed,
            StatusClass::Unknown | StatusClass::Running => End::Unknown,
        };
        let taken = progress.current().map(|current| took(current, found, now));
        let same = |late: &&RestoreRecord| {
            progress.current().is_some_and(|current| late.job_name.as_ref() == Some(&current.job_name))
        };
        let double = progress.late.iter().find(same).map(|double| double.status.clone());
        let failed_before = progress.attempts.iter().filter(|a| a.over_at.is_some() && a.restore.is_some()).count();
        let left = u32::try_from(failed_before).unwrap_or(u32::MAX) < self.limits.retries;
        if let Some(taken) = taken.filter(|_| class.is_success()) {
            self.pace.learn(decision.bytes, taken);
        }
        if let Some(double) = double.filter(|_| matches!(end, End::Failed | End::PartlyFailed)) {
            let reason = format!(
                "{said}; but the site shows another restore under its name, which is {double}: look at what each of them wrote"
            );
            return self.record(Record::Ended { item, end: End::Unknown, reason }, now, step);
        }
        if !matches!(end, End::Failed | End::PartlyFailed) {
            let reason = match end {
                End::Unknown => format!("the site ended it with a status that restorectl does not know: {said}"),
                _ => said,
            };
            self.record(Record::Ended { item, end, reason }, now, step)?;
            return self.eased(end, now, step);
        }
        let why_not = if let Some(refusal) = &decision.refusal {
            left.then(|| refusal.clone())
        } else if !self.limits.retry_on.includes(class) {
            left.then(|| "`limits.retry_on` leaves such failures out".to_owned())
        } else if left && !self.budget_left() {
            Some("`limits.retry_budget` is used up".to_owned())
        } else {
            None
        };
        if left && why_not.is_none() && !self.stopping && !self.too_many_failures() {
            self.further_attempts = self.further_attempts.saturating_add(1);
            self.pauses.insert(at, (self.limits.poll_interval_ms.after(now), 0));
            return self.record(Record::AttemptFailed { item, reason: said }, now, step);
        }
        let reason = match why_not {
            Some(why) => format!("{said}; it gets no further attempt: {why}"),
            None => said,
        };
        self.record(Record::Ended { item, end, reason }, now, step)
    }

    /// A restore succeeded: the service has room for one more.
    fn eased(&mut self, end: End, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        if !end.is_success() {
            return Ok(());
        }
        match self.pressure.ease() {
            Some(allowed) => {
                let reason = format!("restores succeed again, so {allowed} are kept in flight as before");
                self.record(Record::Concurrency { allowed, reason }, now, step)
            }
            None => Ok(()),
        }
    }

    /// Whether a restore may get one more attempt, as far as the whole run goes.
    pub(super) fn budget_left(&self) -> bool {
        self.limits.retry_budget.is_none_or(|most| self.further_attempts < most)
    }

    pub(super) fn too_many_failures(&self) -> bool {
        self.limits.max_failures.is_some_and(|most| self.roster.failures >= most.max(1))
    }

    /// Ends those whose time is up. What may run at a site is looked for once more before.
    pub(super) fn expire(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        let due: Vec<(Timestamp, usize)> = self.roster.deadlines.range(..=(now, usize::MAX)).copied().collect();
        for (moment, at) in due {
            let decisions = Arc::clone(&self.decisions);
            let (Some(decision), Some(progress)) = (decisions.get(at), self.progress(at)) else { continue };
            if progress.state == ItemState::Intended {
                continue;
            }
            let sites = [&decision.item.source.site, &decision.item.target.site];
            let asked = |site: &&crate::model::SiteId| self.watches.get(*site).is_some_and(|w| w.has_tried(moment));
            if progress.state != ItemState::Waiting && !sites.iter().all(asked) {
                continue;
            }
            let Some((_, time_up)) = self.deadline(progress, decision) else { continue };
            let (end, reason) = expired(decision, progress, time_up, &self.limits);
            self.record(Record::Ended { item: decision.item.name.clone(), end, reason }, now, step)?;
        }
        if self.run_deadline.is_some_and(|moment| moment <= now) {
            for at in self.roster.waiting.clone() {
                let most = self.limits.run_deadline_ms.unwrap_or_default();
                let why = format!("the run's deadline of {most} passed before it could start");
                self.give_up(at, why, now, step)?;
            }
        }
        Ok(())
    }

    /// Items that wait in vain: what they need did not come about, or too much has failed.
    pub(super) fn fall(&mut self, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        for at in std::mem::take(&mut self.roster.refused) {
            // A create that was given up for lost may follow only where any create of the item might.
            let refusal = self.decision(at).and_then(|d| Some((d.item.name.clone(), d.refusal.clone()?)));
            if let Some((item, reason)) = refusal.filter(|_| self.item_state(at) == ItemState::Waiting) {
                self.record(Record::Ended { item, end: End::Blocked, reason }, now, step)?;
            }
        }
        for at in std::mem::take(&mut self.roster.orphans) {
            let need = self.decision(at).and_then(|decision| self.roster.foreign_need(decision));
            if let Some(need) = need.filter(|_| self.item_state(at) == ItemState::Waiting) {
                let why = format!(
                    "it needs `{need}`, which is no restore of this run, so whether that is there is not known"
                );
                self.give_up(at, why, now, step)?;
            }
        }
        while let Some(fallen) = self.roster.fallen.pop() {
            let Some(name) = self.decision(fallen).map(|decision| decision.item.name.clone()) else { continue };
            let how = match (self.progress(fallen).map(|p| (p.state, &p.contradicted)), &name) {
                (Some((ItemState::Ended(end), None)), name) => format!("it needs `{name}`, which ended as: {end}"),
                (Some((_, Some(shown))), name) => {
                    format!("it needs `{name}`, which the site now shows as {}", shown.status)
                }
                _ => continue,
            };
            for dependant in self.roster.dependants(fallen).to_vec() {
                if self.item_state(dependant) == ItemState::Waiting {
                    self.give_up(dependant, how.clone(), now, step)?;
                }
            }
        }
        if let Some(most) = self.limits.max_failures.filter(|_| self.too_many_failures()) {
            for at in self.roster.waiting.clone() {
                let why = format!("{most} restores have failed, as many as `limits.max_failures` allows");
                self.give_up(at, why, now, step)?;
            }
        }
        Ok(())
    }

    /// An item that waits gets no (further) attempt.
    fn give_up(&mut self, at: usize, why: String, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        let Some(item) = self.decision(at).map(|decision| decision.item.name.clone()) else { return Ok(()) };
        let failed = self.progress(at).and_then(Progress::current).and_then(|a| a.restore.as_ref()).map(said);
        let (end, reason) = match failed {
            Some(said) => (End::Failed, format!("{said}; it gets no further attempt: {why}")),
            None => (End::Skipped, why),
        };
        self.record(Record::Ended { item, end, reason }, now, step)
    }

    pub(super) fn close(&mut self, now: Timestamp, step: &mut Step) -> Result<bool, IllegalRecord> {
        let at_rest = self.roster.open.is_empty();
        let how = match (at_rest && self.roster.waiting.is_empty(), at_rest && self.stopping) {
            (true, _) => Closed::Completed,
            (false, true) => Closed::Interrupted,
            (false, false) => return Ok(false),
        };
        self.record(Record::Closed { how }, now, step)?;
        Ok(true)
    }

    /// Ends an item that was never started.
    pub(super) fn skip(
        &mut self,
        item: Slug,
        why: String,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        self.record(Record::Ended { item, end: End::Skipped, reason: why }, now, step)
    }
}

/// How an item whose time is up ends, and why.
fn expired(decision: &Decision, progress: &Progress, time_up: TimeUp, limits: &crate::model::Limits) -> (End, String) {
    let whose = match time_up {
        TimeUp::Restore => format!("its deadline of {}", decision.item.deadline_ms),
        TimeUp::Queue => {
            format!("its deadline of {} in the site's queue", limits.queue_deadline_ms.unwrap_or_default())
        }
        TimeUp::Run => format!("the run's deadline of {}", limits.run_deadline_ms.unwrap_or_default()),
    };
    let Some(current) = progress.current() else {
        return (End::Skipped, format!("{whose} passed before it could start"));
    };
    let named = format!("`{}`", current.job_name);
    match (progress.state, &current.restore, &current.outcome) {
        (ItemState::Following, Some(seen), _) => {
            let id = seen.execution_id.as_deref().map_or_else(String::new, |id| format!(" (restore {id})"));
            let seen = &seen.status;
            (End::TimedOut, format!("{whose} passed; {named}{id} was last seen as {seen}, and may go on at the site"))
        }
        (ItemState::Following, None, _) => {
            (End::Unknown, format!("the site accepted {named} but did not list it until {whose} passed"))
        }
        (ItemState::Unsure, ..) => (
            End::Unknown,
            format!("{named} may have been accepted, and the site could not be read until {whose} passed"),
        ),
        (_, _, Some(CreateOutcome::Rejected { message, .. })) => {
            (End::Rejected, format!("the service did not accept it until {whose} passed: {message}"))
        }
        _ => (End::Rejected, format!("it could not be sent until {whose} passed")),
    }
}

/// A final restore in the service's words.
fn said(restore: &RestoreRecord) -> String {
    let words = [restore.status_details.as_ref(), restore.errors.first(), restore.warnings.first()];
    match words.into_iter().flatten().next() {
        Some(text) => format!("{}: {text}", restore.status),
        None => restore.status.to_string(),
    }
}
