//! Where all items stand, kept up to date item by item, so that no event costs a look at the whole plan.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use crate::changeset::{Decision, Stray};
use crate::engine::admit::Occupied;
use crate::engine::queue::Queue;
use crate::journal::{ItemState, Progress};
use crate::model::{Action, End, JobName, SiteId, Slug};

/// Items by what matters about them; each is known by its number in the changeset.
#[derive(Debug, Default)]
pub(super) struct Roster {
    index: HashMap<Slug, usize>,
    /// Which items had an attempt under a name.
    names: HashMap<JobName, Vec<usize>>,
    slots: Vec<Slot>,
    /// Who needs an item.
    dependants: Vec<Vec<usize>>,
    /// What takes room at the sites.
    pub(super) occupied: Occupied,
    /// Who may start as soon as there is room.
    pub(super) queue: Queue,
    /// Who may start, but not before a moment.
    pub(super) paused: BTreeSet<(Timestamp, usize)>,
    /// Nothing of it is under way, and it isn't at its end.
    pub(super) waiting: BTreeSet<usize>,
    /// Sent, and not at its end.
    pub(super) open: BTreeSet<usize>,
    /// Sent, and it isn't known whether it arrived.
    pub(super) unsure: BTreeSet<usize>,
    /// Whose answer to the create is pending.
    pub(super) intended: BTreeSet<usize>,
    /// Whom to look for at each site.
    pub(super) watched: BTreeMap<SiteId, BTreeSet<usize>>,
    /// Until when those whose time counts must have ended.
    pub(super) deadlines: BTreeSet<(Timestamp, usize)>,
    /// Ended without success, and those who need them haven't been told.
    pub(super) fallen: Vec<usize>,
    /// Would be sent again, and must not.
    pub(super) refused: Vec<usize>,
    /// Would be sent, and need something that is none of the items.
    pub(super) orphans: Vec<usize>,
    /// How many count against `max_failures`.
    pub(super) failures: u32,
}

/// What was noted of an item last.
#[derive(Debug, Default)]
struct Slot {
    state: Option<ItemState>,
    occupies: bool,
    watched: bool,
    pause: Option<Timestamp>,
    deadline: Option<Timestamp>,
    /// How many of those that it needs haven't succeeded.
    missing: usize,
    attempts: usize,
}

/// What an item's entry in the roster depends on, besides its progress.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Terms {
    /// Not before this moment may it start.
    pub(super) pause: Option<Timestamp>,
    /// When its time is up, while its time counts.
    pub(super) deadline: Option<Timestamp>,
}

impl Roster {
    /// A roster of items that go in this order, none of which has begun. Strays that run take room.
    pub(super) fn new(decisions: &[Decision], order: &[usize], strays: &[Stray]) -> Self {
        let mut index = HashMap::new();
        for (at, decision) in decisions.iter().enumerate() {
            index.entry(decision.item.name.clone()).or_insert(at);
        }
        let mut dependants = vec![Vec::new(); decisions.len()];
        for (at, decision) in decisions.iter().enumerate() {
            for need in &decision.item.after {
                if let Some(list) = index.get(need).and_then(|need| dependants.get_mut(*need)) {
                    list.push(at);
                }
            }
        }
        let slots = decisions.iter().map(|d| Slot { missing: d.item.after.len(), ..Slot::default() });
        Self {
            index,
            slots: slots.collect(),
            dependants,
            queue: Queue::new(decisions.iter().map(|decision| &decision.item), order),
            occupied: Occupied::beside(strays),
            ..Self::default()
        }
    }

    /// The number of an item.
    pub(super) fn number(&self, item: &Slug) -> Option<usize> {
        self.index.get(item).copied()
    }

    /// The items that had an attempt under this name.
    pub(super) fn named(&self, name: &JobName) -> &[usize] {
        self.names.get(name).map_or(&[], Vec::as_slice)
    }

    /// Who needs an item.
    pub(super) fn dependants(&self, at: usize) -> &[usize] {
        self.dependants.get(at).map_or(&[], Vec::as_slice)
    }

    /// Whether everything that an item needs has succeeded.
    pub(super) fn has_what_it_needs(&self, at: usize) -> bool {
        self.slots.get(at).is_some_and(|slot| slot.missing == 0)
    }

    /// The first of what an item needs that is none of the items: nobody will tell that it is there.
    pub(super) fn foreign_need<'a>(&self, decision: &'a Decision) -> Option<&'a Slug> {
        decision.item.after.iter().find(|need| !self.index.contains_key(*need))
    }

    /// Takes in where an item stands now.
    pub(super) fn sync(&mut self, at: usize, decision: &Decision, progress: Option<&Progress>, terms: Terms) {
        let state = progress.map_or(ItemState::Waiting, |progress| progress.state);
        // What the diff refused because of something that runs is not followed, so it takes room to the end.
        let unfollowed = decision.action == Action::Blocked && decision.may_run();
        let occupies = unfollowed || progress.is_some_and(Progress::may_run);
        let given_up = |p: &Progress| !matches!(state, ItemState::Ended(_)) && p.attempts.iter().any(|a| a.not_found);
        let watched = progress.is_some_and(|p| p.may_run() && state != ItemState::Intended || given_up(p));
        let attempts = progress.map_or(&[][..], |progress| &progress.attempts);

        let Some(slot) = self.slots.get_mut(at) else { return };
        let before = slot.state.replace(state);
        let (occupied, was_watched) = (slot.occupies, slot.watched);
        (slot.occupies, slot.watched) = (occupies, watched);
        let pause = std::mem::replace(&mut slot.pause, terms.pause);
        let deadline = std::mem::replace(&mut slot.deadline, terms.deadline);
        for attempt in attempts.get(slot.attempts..).unwrap_or(&[]) {
            self.names.entry(attempt.job_name.clone()).or_default().push(at);
        }
        let sent_before = !attempts.is_empty();
        slot.attempts = attempts.len();

        if occupied != occupies {
            if occupies {
                self.occupied.add(at, &decision.item);
            } else {
                self.occupied.remove(at, &decision.item);
                self.queue.left(at);
            }
        }
        if was_watched != watched {
            for site in [&decision.item.source.site, &decision.item.target.site] {
                keep(self.watched.entry(site.clone()).or_default(), at, watched);
            }
        }
        if let Some(old) = deadline {
            self.deadlines.remove(&(old, at));
        }
        if let Some(new) = terms.deadline {
            self.deadlines.insert((new, at));
        }
        if let Some(old) = pause {
            self.paused.remove(&(old, at));
        }
        self.place(at, decision, state, terms.pause);
        if before != Some(state) {
            self.enter(at, decision, state, sent_before);
        }
    }

    /// Puts an item where it may be started from, or takes it away from there.
    fn place(&mut self, at: usize, decision: &Decision, state: ItemState, pause: Option<Timestamp>) {
        let may_start = state == ItemState::Waiting && decision.action.is_pending() && self.has_what_it_needs(at);
        match pause.filter(|_| may_start) {
            Some(until) => {
                self.queue.remove(at);
                self.paused.insert((until, at));
            }
            None if may_start => self.queue.push(at),
            None => self.queue.remove(at),
        }
    }

    /// An item came into another state.
    fn enter(&mut self, at: usize, decision: &Decision, state: ItemState, sent_before: bool) {
        let is = |wanted: ItemState| state == wanted;
        keep(&mut self.waiting, at, is(ItemState::Waiting));
        keep(&mut self.open, at, !matches!(state, ItemState::Waiting | ItemState::Ended(_)));
        keep(&mut self.unsure, at, is(ItemState::Unsure));
        keep(&mut self.intended, at, is(ItemState::Intended));
        if is(ItemState::Waiting) && self.foreign_need(decision).is_some() {
            self.orphans.push(at);
        }
        match state {
            ItemState::Waiting if sent_before && decision.refusal.is_some() => self.refused.push(at),
            ItemState::Ended(end) => self.ended(at, end),
            _ => {}
        }
    }

    fn ended(&mut self, at: usize, end: End) {
        if end.is_failure() {
            self.failures = self.failures.saturating_add(1);
        }
        if !end.is_success() {
            self.fallen.push(at);
            return;
        }
        for dependant in self.dependants.get(at).cloned().unwrap_or_default() {
            let Some(slot) = self.slots.get_mut(dependant) else { continue };
            slot.missing = slot.missing.saturating_sub(1);
            if slot.missing == 0 && slot.state == Some(ItemState::Waiting) && slot.pause.is_none() {
                self.queue.push(dependant);
            }
        }
    }

    /// A success turned out to be none: who needs it and hasn't begun must not begin.
    pub(super) fn revoke(&mut self, at: usize) {
        for dependant in self.dependants.get(at).cloned().unwrap_or_default() {
            if let Some(slot) = self.slots.get_mut(dependant) {
                slot.missing = slot.missing.saturating_add(1);
            }
            self.queue.remove(dependant);
        }
        self.fallen.push(at);
    }

    /// The pauses that are over: their items may start.
    pub(super) fn resume_paused(&mut self, now: Timestamp) {
        while let Some((until, at)) = self.paused.first().copied().filter(|(until, _)| *until <= now) {
            self.paused.remove(&(until, at));
            if let Some(slot) = self.slots.get_mut(at) {
                slot.pause = None;
            }
            self.queue.push(at);
        }
    }
}

fn keep(set: &mut BTreeSet<usize>, at: usize, is_in: bool) {
    if is_in {
        set.insert(at);
    } else {
        set.remove(&at);
    }
}
