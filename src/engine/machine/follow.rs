//! What answers and lists tell of the items.

use jiff::Timestamp;

use super::{LONGEST_BACKOFF, Machine, Step};
use crate::journal::{Attempt, IllegalRecord, ItemState, Progress, Record};
use crate::model::{CreateOutcome, End, Millis, RestoreRecord, SiteId, Slug, StatusClass};

impl Machine {
    pub(super) fn replied(
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

    pub(super) fn listed(
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
    pub(super) fn look(
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
    pub(super) fn late(
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
    pub(super) fn over_at_site(
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
pub(super) fn said(restore: &RestoreRecord) -> String {
    let words = [restore.status_details.as_ref(), restore.errors.first(), restore.warnings.first()];
    match words.into_iter().flatten().next() {
        Some(text) => format!("{}: {text}", restore.status),
        None => restore.status.to_string(),
    }
}
