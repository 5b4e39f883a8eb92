//! Those that may start, in lanes: who shares both sites and the group with another shares its fate where one is full.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::admit::Obstacle;
use crate::model::{Item, SiteId};

/// Source site, target site and group, each by a number.
type Lane = (usize, usize, usize);

/// Where an item stands in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Out,
    InLane,
    /// Until the item of this number leaves room.
    Behind(usize),
}

/// Items that may start as far as they themselves go, each by its number in the changeset.
#[derive(Debug, Default)]
pub(super) struct Queue {
    lanes: BTreeMap<Lane, BTreeSet<(usize, usize)>>,
    /// Of each item: its lane, its rank, its place.
    items: Vec<(Lane, usize, Place)>,
    behind: HashMap<usize, Vec<usize>>,
}

/// What is full in one pass, so that the rest of it is passed over.
#[derive(Debug, Default)]
pub(super) struct Full {
    sources: HashSet<usize>,
    targets: HashSet<usize>,
    groups: HashSet<usize>,
}

impl Queue {
    /// An empty queue for these items, which go in this order (each by its number).
    pub(super) fn new<'a>(items: impl Iterator<Item = &'a Item>, order: &[usize]) -> Self {
        let mut sites: HashMap<&SiteId, usize> = HashMap::new();
        let mut groups: HashMap<Option<&str>, usize> = HashMap::new();
        let mut entries: Vec<(Lane, usize, Place)> = items
            .map(|item| {
                let mut site = |id: &'a SiteId| {
                    let next = sites.len();
                    *sites.entry(id).or_insert(next)
                };
                let (source, target) = (site(&item.source.site), site(&item.target.site));
                let next = groups.len();
                let group = *groups.entry(item.group.as_deref()).or_insert(next);
                ((source, target, group), 0, Place::Out)
            })
            .collect();
        for (rank, at) in order.iter().enumerate() {
            if let Some(entry) = entries.get_mut(*at) {
                entry.1 = rank;
            }
        }
        Self { lanes: BTreeMap::new(), items: entries, behind: HashMap::new() }
    }

    /// Puts an item in, if it isn't.
    pub(super) fn push(&mut self, at: usize) {
        let Some((lane, rank, place)) = self.items.get_mut(at).filter(|(_, _, place)| *place == Place::Out) else {
            return;
        };
        *place = Place::InLane;
        self.lanes.entry(*lane).or_default().insert((*rank, at));
    }

    /// Takes an item out, if it is in.
    pub(super) fn remove(&mut self, at: usize) {
        let Some((lane, rank, place)) = self.items.get_mut(at) else { return };
        if *place == Place::InLane
            && let Some(waiting) = self.lanes.get_mut(lane)
        {
            waiting.remove(&(*rank, at));
            if waiting.is_empty() {
                self.lanes.remove(lane);
            }
        }
        *place = Place::Out;
    }

    /// An item left room: who stood behind it gets another look.
    pub(super) fn left(&mut self, at: usize) {
        for waiting in self.behind.remove(&at).unwrap_or_default() {
            if self.items.get(waiting).is_some_and(|(_, _, place)| *place == Place::Behind(at)) {
                if let Some(entry) = self.items.get_mut(waiting) {
                    entry.2 = Place::Out;
                }
                self.push(waiting);
            }
        }
    }

    /// Takes out the first that nothing keeps from starting. Who is kept by another item stands behind that one from
    /// here on; `full` remembers what else has no room in this pass.
    pub(super) fn next(&mut self, full: &mut Full, obstacle: impl Fn(usize) -> Option<Obstacle>) -> Option<usize> {
        loop {
            let open = self.lanes.iter().filter(|(lane, _)| !full.holds(lane));
            let (lane, (_, at)) =
                open.filter_map(|(lane, items)| Some((*lane, *items.first()?))).min_by_key(|(_, first)| *first)?;
            match obstacle(at) {
                None => {
                    self.remove(at);
                    return Some(at);
                }
                Some(Obstacle::Total) => return None,
                Some(Obstacle::SourceSite) => drop(full.sources.insert(lane.0)),
                Some(Obstacle::TargetSite) => drop(full.targets.insert(lane.1)),
                Some(Obstacle::Group(_)) => drop(full.groups.insert(lane.2)),
                Some(Obstacle::Overlap { other, .. }) => {
                    self.remove(at);
                    self.behind.entry(other).or_default().push(at);
                    if let Some(entry) = self.items.get_mut(at) {
                        entry.2 = Place::Behind(other);
                    }
                }
            }
        }
    }

    /// Everything that is in, in the order of the numbers.
    pub(super) fn all(&self) -> Vec<usize> {
        let places = self.items.iter().enumerate();
        places.filter(|(_, (_, _, place))| *place != Place::Out).map(|(at, _)| at).collect()
    }
}

impl Full {
    fn holds(&self, lane: &Lane) -> bool {
        self.sources.contains(&lane.0) || self.targets.contains(&lane.1) || self.groups.contains(&lane.2)
    }
}
