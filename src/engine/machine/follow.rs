//! What answers and lists tell of the run as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::{LONGEST_BACKOFF, Machine, Step};
use crate::journal::{IllegalRecord, Record};
use crate::model::{CreateOutcome, End, JobName, Millis, RestoreRecord, SiteId, Slug};

impl Machine {
    pub(super) fn replied(
        &mut self,
        item: &Slug,
        outcome: CreateOutcome,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        let Some(at) = self.roster.number(item) else { return Ok(()) };
        match &outcome {
            CreateOutcome::Applied { .. } => drop(self.pauses.remove(&at)),
            CreateOutcome::Rejected { retry: true, wait_ms, .. } => {
                let times = self.pauses.get(&at).map_or(0, |(_, times)| *times);
                let factor = 1u64.checked_shl(times).unwrap_or(u64::MAX);
                let pause = Millis(self.limits.poll_interval_ms.0.saturating_mul(factor)).min(LONGEST_BACKOFF);
                let until = pause.max(wait_ms.unwrap_or_default()).after(now);
                self.pauses.insert(at, (until, times.saturating_add(1).min(32)));
                // A service that asks for peace means everybody, and one that can't be reached is so for all.
                self.quiet_until = Some(self.quiet_until.map_or(until, |quiet| quiet.max(until)));
            }
            CreateOutcome::Unknown { .. } | CreateOutcome::Rejected { .. } => {}
        }
        let refused = match &outcome {
            CreateOutcome::Rejected { retry: false, message, .. } => Some(message.clone()),
            _ => None,
        };
        self.record(Record::Replied { item: item.clone(), outcome }, now, step)?;
        match refused {
            Some(reason) => self.record(Record::Ended { item: item.clone(), end: End::Rejected, reason }, now, step),
            None => Ok(()),
        }
    }

    /// The service shows that it has too much to do: fewer are kept in flight.
    pub(super) fn pressed(&mut self, why: &str, now: Timestamp, step: &mut Step) -> Result<(), IllegalRecord> {
        let in_flight = self.roster.occupied.total();
        let before = self.pressure.allowed();
        match self.pressure.rise(in_flight, now, self.limits.poll_interval_ms) {
            Some(allowed) => {
                let reason = format!("{why}, so {allowed} are kept in flight instead of {before}");
                self.record(Record::Concurrency { allowed, reason }, now, step)
            }
            None => Ok(()),
        }
    }

    pub(super) fn listed(
        &mut self,
        site: SiteId,
        result: Result<Vec<Arc<RestoreRecord>>, String>,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        let watch = self.watches.entry(site.clone()).or_default();
        watch.end(result.is_ok(), now);
        let begun = watch.last().unwrap_or(now);
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
        let news = watch.news(&restores);
        // Whom the list may tell of: those that are looked for there, those of whom it shows something new, and those of whom
        // something was recorded since.
        let touched = watch.touched(begun).into_iter();
        let looked_for = self.roster.watched.get(&site).into_iter().flatten().copied();
        let mut found: BTreeMap<usize, Vec<&RestoreRecord>> =
            looked_for.chain(touched).map(|at| (at, Vec::new())).collect();
        for restore in restores.get(news).unwrap_or(&[]) {
            for at in restore.job_name.iter().flat_map(|name| self.roster.named(name)) {
                found.entry(*at).or_default();
            }
        }
        for restore in restores.iter().map(Arc::as_ref) {
            match &restore.job_name {
                Some(name) => {
                    for at in self.roster.named(name) {
                        if let Some(list) = found.get_mut(at) {
                            list.push(restore);
                        }
                    }
                }
                // A record without a name is known by the id that we were given.
                None => found.iter_mut().for_each(|(at, list)| {
                    let ours = self.progress(*at).is_some_and(|p| p.attempts.iter().any(|a| a.is(restore)));
                    if ours {
                        list.push(restore);
                    }
                }),
            }
        }
        for (at, list) in &found {
            self.look(*at, (&site, begun), list, now, step)?;
        }
        drop(found);
        let queued = self.queue_at(&site, &restores, now, step);
        if let Some(watch) = self.watches.get_mut(&site) {
            watch.keep(restores);
        }
        queued
    }

    /// More of ours that wait in a site's queue, reading after reading, than run there: a sign of pressure.
    fn queue_at(
        &mut self,
        site: &SiteId,
        restores: &[Arc<RestoreRecord>],
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), IllegalRecord> {
        let ours = |restore: &&RestoreRecord| {
            !restore.is_final() && restore.job_name.as_ref().is_some_and(|name| !self.roster.named(name).is_empty())
        };
        let (queued, running): (Vec<_>, Vec<_>) =
            restores.iter().map(Arc::as_ref).filter(ours).partition(|r| r.status.is_queued());
        let queued: BTreeSet<JobName> = queued.iter().filter_map(|restore| restore.job_name.clone()).collect();
        let before = self.watches.get_mut(site).map(|watch| std::mem::replace(&mut watch.queued, queued.clone()));
        let still = before.map_or(0, |before| before.intersection(&queued).count());
        if !running.is_empty() && still > running.len() {
            let why = format!("{still} wait in the queue of site `{site}`, where {} run", running.len());
            return self.pressed(&why, now, step);
        }
        Ok(())
    }
}
