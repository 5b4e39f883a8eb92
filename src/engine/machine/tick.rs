//! Which sites are read when, and when the machine wants to be woken.
//!
//! A list call costs the service and tells of everything at a site, so the next one is made when something is likely to
//! have happened: when a restore should be over by what others took; and as long as nothing tells, ever less often the
//! older what is followed gets, so that an end is found late by the interval and a part of its age at most: by a fourth where
//! one restore is followed, by less where a call tells of more. Where others told how long it takes, it is looked for often
//! at first once it should be over.

use jiff::Timestamp;

use super::{Effect, Machine, Step};
use crate::changeset::Decision;
use crate::engine::watch::Watch;
use crate::journal::{ItemState, Progress};
use crate::model::{Millis, SiteId};

/// How much later an end may be found: by the interval, and its age divided by this, and by one more for so many that are in
/// flight.
const STALENESS: (u64, u64) = (4, 8);

/// The most that an age is divided by.
const SHORTEST: u64 = 16;

/// How much longer than others a restore may take and still count as one that takes as long as they did: what they took
/// divided by this.
const MARGIN: u64 = 96;

/// How long people wait at most for news of a site, where its limit of calls allows it.
const LONGEST: Millis = Millis::from_secs(120);

impl Machine {
    pub(super) fn read_sites(&mut self, now: Timestamp, step: &mut Step) {
        for site in self.watched_sites() {
            if self.next_read(&site, now).is_some_and(|moment| moment <= now) && self.has_slot(now) {
                self.take_slot(now);
                self.watches.entry(site.clone()).or_default().begin(now);
                step.effects.push(Effect::List { site });
            }
        }
    }

    /// Whether `limits.requests_per_minute` lets a request be made.
    pub(super) fn has_slot(&self, now: Timestamp) -> bool {
        self.slot <= now
    }

    /// A request is made: the next one comes so much later.
    pub(super) fn take_slot(&mut self, now: Timestamp) {
        if let Some(most) = self.limits.requests_per_minute {
            self.slot = Millis(60_000_u64.div_ceil(u64::from(most.max(1)))).after(self.slot.max(now));
        }
    }

    /// The sites where something may show itself: what may run, and what was given up in a run that still goes on.
    fn watched_sites(&self) -> Vec<SiteId> {
        let watched = self.roster.watched.iter().filter(|(_, items)| !items.is_empty());
        watched.map(|(site, _)| site.clone()).collect()
    }

    /// When a site is to be read next; none while a reading is under way, or nothing is to be seen there.
    fn next_read(&self, site: &SiteId, now: Timestamp) -> Option<Timestamp> {
        let items = self.roster.watched.get(site)?;
        // Where none was begun yet, the diff has read the site just before.
        let watch = self.watches.get(site);
        let soonest = watch.map_or(Some(now), |watch| watch.soonest(self.limits.poll_interval_ms))?;
        let wanted = items.iter().filter_map(|at| self.wanted(*at, watch.and_then(Watch::last))).min()?;
        Some(wanted.max(soonest).max(now))
    }

    /// When a new reading would probably tell something of an item, where the last one was begun at that moment.
    fn wanted(&self, at: usize, last: Option<Timestamp>) -> Option<Timestamp> {
        let (progress, decision) = (self.progress(at)?, self.decision(at)?);
        let current = progress.current()?;
        let since = current.answered_at.unwrap_or(current.began_at);
        // What was sent since the last reading is worth one as soon as that is allowed only if its fate isn't known.
        let last = last.map_or(since, |last| last.max(since));
        let age = Millis::between(since, last);
        let soon = |after: Millis| {
            after.max(self.limits.poll_interval_ms).min(LONGEST.max(self.limits.poll_interval_ms)).after(last)
        };
        let in_flight = u64::from(self.roster.occupied.total());
        let part = STALENESS.0.saturating_add(in_flight / STALENESS.1).min(SHORTEST);
        // A little more than what it probably takes: then others that began with it are over, too.
        let with_margin = |took: Millis| Millis(took.0.saturating_add(took.0 / MARGIN).saturating_add(1));
        let overdue = || soon(Millis(self.limits.poll_interval_ms.0.saturating_add(age.0 / part)));
        let moment = match progress.state {
            ItemState::Unsure => {
                let until = self.limits.settle_window_ms.after(since);
                if last >= until { overdue() } else { overdue().min(until) }
            }
            ItemState::Following => {
                let estimate = decision.estimate.map(|estimate| estimate.duration_ms);
                let expected = self.pace.expected(decision.bytes).or(estimate);
                let expected = expected.map(|took| (took, with_margin(took).after(since)));
                match expected {
                    Some((_, moment)) if moment > last => moment.max(soon(Millis(0))).min(soon(LONGEST)),
                    // It may be over at any moment now; the longer it isn't, the less is known.
                    Some((took, moment)) => {
                        let over = Millis::between(moment, last);
                        soon(Millis((over.0 / 2).saturating_add(took.0 / MARGIN))).min(overdue())
                    }
                    None => overdue(),
                }
            }
            _ => soon(LONGEST),
        };
        // Nobody's time is declared up before the site was asked once more.
        match self.deadline(progress, decision).map(|(deadline, _)| deadline) {
            Some(deadline) if deadline > last => Some(moment.min(deadline)),
            _ => Some(moment),
        }
    }

    /// When an item's time is up, and what for.
    pub(super) fn deadline(&self, progress: &Progress, decision: &Decision) -> Option<(Timestamp, TimeUp)> {
        if matches!(progress.state, ItemState::Ended(_)) {
            return None;
        }
        let own = progress.clock_from.map(|from| (decision.item.deadline_ms.after(from), TimeUp::Restore));
        let current = progress.current().filter(|_| progress.state == ItemState::Following);
        let queued = current.filter(|a| a.restore.as_ref().is_some_and(|seen| seen.status.is_queued()));
        let queue = self.limits.queue_deadline_ms.zip(queued);
        let queue = queue.map(|(most, a)| (most.after(a.answered_at.unwrap_or(a.began_at)), TimeUp::Queue));
        let sent = (progress.state != ItemState::Waiting).then_some(self.run_deadline).flatten();
        let run = sent.map(|moment| (moment, TimeUp::Run));
        own.into_iter().chain(queue).chain(run).min_by_key(|(moment, _)| *moment)
    }

    pub(super) fn next_moment(&self, now: Timestamp) -> Option<Timestamp> {
        let sites = self.watched_sites();
        let reads = sites.iter().filter_map(|site| self.next_read(site, now)).map(|moment| moment.max(self.slot));
        // What is over already waits for a reading, which comes by itself.
        let later = (Timestamp::from_nanosecond(now.as_nanosecond() + 1).unwrap_or(now), 0);
        let deadline = self.roster.deadlines.range(later..).next().map(|(moment, _)| *moment);
        let pause = self.roster.paused.first().map(|(moment, _)| *moment);
        let quiet = self.quiet_until.filter(|_| !self.stopping);
        let run = self.run_deadline.filter(|_| !self.roster.waiting.is_empty());
        let slot = Some(self.slot).filter(|_| !self.stopping && self.limits.requests_per_minute.is_some());
        reads
            .chain(deadline)
            .chain([pause, quiet, run, slot].into_iter().flatten().filter(|moment| *moment > now))
            .min()
    }
}

/// Which time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeUp {
    /// Of the restore itself.
    Restore,
    /// Of its stay in the site's queue.
    Queue,
    /// Of the whole run.
    Run,
}
