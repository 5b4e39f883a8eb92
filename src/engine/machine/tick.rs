//! Which sites are read when, and when the machine wants to be woken.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Effect, Machine, Step};
use crate::journal::{ItemState, Progress};
use crate::model::{Millis, SiteId, Slug};

impl Machine {
    /// Items in some state, with the sites that may show them and their deadlines, in the plan's order.
    pub(super) fn items_in(&self, fits: impl Fn(&Progress) -> bool) -> Vec<(Slug, BTreeSet<SiteId>, Millis)> {
        let decisions = self.decisions.iter();
        let found = decisions.filter(|d| self.progress(&d.item.name).is_some_and(&fits)).map(|d| {
            let sites = BTreeSet::from([d.item.source.site.clone(), d.item.target.site.clone()]);
            (d.item.name.clone(), sites, d.item.deadline_ms)
        });
        found.collect()
    }

    /// The sites where something may show itself: what may run, and what was given up in a run that still goes on.
    pub(super) fn watched(&self) -> BTreeSet<SiteId> {
        let concerned = |p: &Progress| {
            let reply_pending = p.state == ItemState::Intended;
            let given_up = !matches!(p.state, ItemState::Ended(_)) && p.attempts.iter().any(|a| a.not_found);
            p.may_run() && !reply_pending || given_up
        };
        self.items_in(concerned).into_iter().flat_map(|(_, sites, _)| sites).collect()
    }

    pub(super) fn read_sites(&mut self, now: Timestamp, step: &mut Step) {
        for site in self.watched() {
            let watch = self.watches.entry(site.clone()).or_default();
            if watch.next(self.limits.poll_interval_ms, now).is_some_and(|moment| moment <= now) {
                watch.begin(now);
                step.effects.push(Effect::List { site });
            }
        }
    }

    pub(super) fn next_moment(&self, now: Timestamp) -> Option<Timestamp> {
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
