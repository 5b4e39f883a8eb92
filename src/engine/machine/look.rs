//! What a reading tells of one item.

use jiff::Timestamp;

use super::{Effect, Machine, Step};
use crate::journal::{Attempt, IllegalRecord, ItemState, Progress, Record};
use crate::model::{ExecutionKey, Millis, ResourceId, RestoreRecord, SiteId, Slug, StatusClass};

impl Machine {
    /// What a list, of a site and begun at a moment, tells about one item; `found` is what it shows under the names of
    /// the item's attempts.
    pub(super) fn look(
        &mut self,
        at: usize,
        (site, begun): (&SiteId, Timestamp),
        found: &[&RestoreRecord],
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        self.look_for_late(at, found, now, step)?;
        let Some(progress) = self.progress(at) else { return Ok(()) };
        match progress.state {
            ItemState::Unsure | ItemState::Following => {}
            ItemState::Ended(_) if progress.current_may_run() => {}
            ItemState::Ended(_) => return self.look_back(at, begun, found, now, step),
            ItemState::Waiting | ItemState::Intended => return Ok(()),
        }
        let Some(current) = progress.current() else { return Ok(()) };
        match newest(current, found) {
            Some(restore) => self.seen(at, begun, restore, found, now, step),
            None => {
                self.unseen(at, site, now, step);
                Ok(())
            }
        }
    }

    /// The list shows the item's attempt.
    pub(super) fn seen(
        &mut self,
        at: usize,
        begun: Timestamp,
        restore: &RestoreRecord,
        found: &[&RestoreRecord],
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        let Some((item, progress)) = self.named_progress(at) else { return Ok(()) };
        let Some(current) = progress.current() else { return Ok(()) };
        let known = current.restore.clone();
        // Readings of two sites overtake each other: an older one takes nothing back.
        let is_older = self.shown_at.get(&at).is_some_and(|shown| begun < *shown);
        if is_older && known.as_ref().is_some_and(|known| known.may_be(restore) && rank(restore) < rank(known)) {
            return Ok(());
        }
        // Another restore under the very name is nothing that a runner can make good; it must not go unsaid.
        let mut doubles: Vec<&RestoreRecord> = found.iter().copied().filter(|r| current.is(r)).collect();
        // What was taken for it before, and this list leaves out, is one as well.
        doubles.extend(known.as_ref().filter(|known| doubles.iter().all(|double| !double.may_be(known))));
        doubles.retain(|double| double.mark() != restore.mark());
        let job_name = current.job_name.clone();
        let mut records = new_doubles(&item, progress, current, &doubles);
        if known.as_ref().is_none_or(|known| tells_more(known, restore)) {
            records
                .extend(oddity(known.as_ref(), restore).map(|text| Record::Noted { item: Some(item.clone()), text }));
            records.push(Record::Observed { item: item.clone(), restore: restore.clone() });
        }
        self.shown_at.insert(at, now);
        for record in records {
            self.record(record, now, step)?;
        }
        let late = self.progress(at).map_or(&[][..], |progress| &progress.late);
        let all_over =
            late.iter().filter(|late| late.job_name.as_ref() == Some(&job_name)).all(RestoreRecord::is_final);
        if self.item_state(at) == ItemState::Following && restore.is_final() && all_over {
            self.over_at_site(at, restore, now, step)?;
        }
        Ok(())
    }

    /// A list does not show an attempt that was accepted: a call for that one restore may tell.
    fn unseen(&mut self, at: usize, site: &SiteId, now: Timestamp, step: &mut Step) {
        let Some((item, progress)) = self.named_progress(at) else { return };
        let (Some(current), Some(decision)) = (progress.current(), self.decision(at)) else { return };
        let known = current.restore.as_ref();
        let id = current.resource_id().cloned().or_else(|| Some(ResourceId::new(known?.execution_id.clone()?)));
        // Between two sites, one of them may never list it; the target's list counts.
        let tells = *site == decision.item.target.site;
        let since = current.answered_at.unwrap_or(current.began_at);
        let awaited = known.is_none() && self.limits.settle_window_ms.after(since) > now;
        let (Some(restore), Some(execution)) = (id, &decision.execution) else { return };
        if progress.state == ItemState::Following && tells && !awaited && self.has_slot(now) {
            let source = ExecutionKey { job: decision.item.source.key(), execution: execution.id.clone() };
            step.effects.push(Effect::Show { item, source, restore });
            self.take_slot(now);
        }
    }

    /// The answer to a call for one restore.
    pub(super) fn shown(
        &mut self,
        item: &Slug,
        result: Result<Option<Box<RestoreRecord>>, String>,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        let Some(at) = self.roster.number(item) else { return Ok(()) };
        let Some(progress) = self.progress(at).filter(|p| p.state == ItemState::Following) else { return Ok(()) };
        let Some(current) = progress.current() else { return Ok(()) };
        let named = format!("`{}`", current.job_name);
        let (text, restore) = match result {
            Ok(Some(restore)) if current.is(&restore) => {
                (format!("the site's list does not show {named}; it was read by its id"), Some(restore))
            }
            Ok(_) => {
                let what = "the site neither lists it nor knows it by its id";
                (format!("{named} was accepted, and {what}; it is looked for until its deadline"), None)
            }
            // The next list will bring the next call.
            Err(_) => return Ok(()),
        };
        if !progress.notes.contains(&text) {
            self.record(Record::Noted { item: Some(item.clone()), text }, now, step)?;
        }
        match restore {
            Some(restore) => self.seen(at, now, &restore, &[&restore], now, step),
            None => Ok(()),
        }
    }

    /// Attempts that were given up may turn up after all.
    fn look_for_late(
        &mut self,
        at: usize,
        found: &[&RestoreRecord],
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        let Some(progress) = self.progress(at) else { return Ok(()) };
        let given_up: Vec<Attempt> = progress.attempts.iter().filter(|a| a.not_found).cloned().collect();
        if given_up.is_empty() {
            return Ok(());
        }
        let Some((item, _)) = self.named_progress(at) else { return Ok(()) };
        for attempt in &given_up {
            let Some(restore) = newest(attempt, found) else { continue };
            let Some(progress) = self.progress(at) else { continue };
            let again =
                progress.attempts.iter().any(|a| !a.not_found && a.job_name == attempt.job_name && a.is(restore));
            let same = |late: &&RestoreRecord| late.job_name == restore.job_name && late.may_be(restore);
            let known = progress.late.iter().find(same);
            if again || known.is_some_and(|known| !tells_more(known, restore)) {
                continue;
            }
            // As long as nothing was sent in its place, it is the item's restore after all.
            let record = if known.is_none() && progress.state == ItemState::Waiting {
                Record::Adopted {
                    item: item.clone(),
                    job_name: attempt.job_name.clone(),
                    generation: attempt.generation,
                    attempt: attempt.number,
                    seen: Some(restore.clone()),
                    accepted: false,
                    resource_id: None,
                    prior: attempt.prior.clone(),
                }
            } else {
                Record::Late { item: item.clone(), job_name: attempt.job_name.clone(), restore: restore.clone() }
            };
            self.record(record, now, step)?;
        }
        Ok(())
    }

    /// A restore that was over must stay so: where the site now says otherwise, that is told, and nothing rests on it.
    fn look_back(
        &mut self,
        at: usize,
        begun: Timestamp,
        found: &[&RestoreRecord],
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        let Some(progress) = self.progress(at) else { return Ok(()) };
        let Some(current) = progress.current() else { return Ok(()) };
        // A reading that was begun before shows what was before. What was given up may have been looked at after its end.
        let is_older = self.shown_at.get(&at).is_some_and(|shown| begun < *shown);
        if is_older || progress.ended.as_ref().is_none_or(|(ended, _)| begun < *ended) {
            return Ok(());
        }
        let (Some(known), Some(restore)) = (&current.restore, newest(current, found)) else { return Ok(()) };
        let doubles: Vec<&RestoreRecord> =
            found.iter().copied().filter(|r| current.is(r) && !r.may_be(known)).collect();
        let same = restore.may_be(known);
        let is_as_told = |progress: &Progress| {
            let last = progress.contradicted.as_ref().or_else(|| progress.current()?.restore.as_ref());
            !same || last.is_none_or(|last| restore.status.class() == last.status.class())
        };
        // So it is with nearly all that has ended, list after list.
        if doubles.is_empty() && is_as_told(progress) {
            return Ok(());
        }
        let Some((item, progress)) = self.named_progress(at) else { return Ok(()) };
        let Some(current) = progress.current() else { return Ok(()) };
        let records = new_doubles(&item, progress, current, &doubles);
        for record in records {
            self.record(record, now, step)?;
        }
        let Some(progress) = self.progress(at) else { return Ok(()) };
        if is_as_told(progress) {
            return Ok(());
        }
        let restore = restore.clone();
        let stood = progress.succeeded();
        self.record(Record::Contradicted { item, restore }, now, step)?;
        if stood && self.progress(at).is_some_and(|progress| !progress.succeeded()) {
            self.roster.revoke(at);
        }
        Ok(())
    }

    fn named_progress(&self, at: usize) -> Option<(Slug, &Progress)> {
        Some((self.decision(at)?.item.name.clone(), self.progress(at)?))
    }
}

/// What is to be recorded of other restores under the name of an attempt: those that are new, or in a new light.
fn new_doubles(item: &Slug, progress: &Progress, attempt: &Attempt, doubles: &[&RestoreRecord]) -> Vec<Record> {
    let new = |double: &&&RestoreRecord| {
        let same = |late: &&RestoreRecord| late.job_name == double.job_name && late.may_be(double);
        progress.late.iter().find(same).is_none_or(|known| tells_more(known, double))
    };
    let late = |double: &&RestoreRecord| Record::Late {
        item: item.clone(),
        job_name: attempt.job_name.clone(),
        restore: RestoreRecord::clone(double),
    };
    doubles.iter().filter(new).map(late).collect()
}

/// What is odd about a reading, where something is.
fn oddity(known: Option<&RestoreRecord>, found: &RestoreRecord) -> Option<String> {
    let name = found.job_name.as_ref().map_or("it", |name| name.as_str());
    if let Some(known) = known
        && known.may_be(found)
        && rank(found) < rank(known)
    {
        return Some(format!("`{name}` went back from {} to {}", known.status, found.status));
    }
    let unknown = |restore: &RestoreRecord| restore.status.class() == StatusClass::Unknown;
    if unknown(found) && !found.is_final() && known.is_none_or(|known| known.status != found.status) {
        return Some(format!(
            "`{name}` has the status `{}`, which restorectl does not know; it is followed until it ends or its deadline passes",
            found.status
        ));
    }
    None
}

/// How far a restore has come.
fn rank(restore: &RestoreRecord) -> u8 {
    if restore.is_final() { 2 } else { u8::from(!restore.status.is_queued()) }
}

/// The restore that is this attempt. Should the site show several under its name: the one whose id the service gave us,
/// else one that still runs, else the newest.
pub(super) fn newest<'a>(attempt: &Attempt, restores: &[&'a RestoreRecord]) -> Option<&'a RestoreRecord> {
    restores.iter().copied().filter(|restore| attempt.is(restore)).max_by_key(|restore| {
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
    known != found && (found.is_final() || without_bytes(known) != without_bytes(found))
}

/// How long a restore took: by the service's clock where that tells, which is exact, and by ours otherwise.
pub(super) fn took(attempt: &Attempt, restore: &RestoreRecord, now: Timestamp) -> Millis {
    let begun = attempt.answered_at.unwrap_or(attempt.began_at);
    let ours = Millis::between(begun, now);
    match (restore.start_time, restore.end_time) {
        (Some(start), Some(end)) if end > start => Millis::between(start, end).min(ours),
        _ => ours,
    }
}
