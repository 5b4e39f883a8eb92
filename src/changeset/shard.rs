//! Cuts a plan into shards, so that several processes can carry out one plan side by side.
//!
//! The cut depends on what the plan says and on nothing else, least of all on what a site shows: two runners may see
//! different sites, and must come to the same cut all the same. So parts are even by the number of restores; sizes of
//! backups are known from the sites alone.
//!
//! What one process must see as a whole stays together:
//! - restores that wait for others (`after`), because nobody tells a process what another has brought to its end;
//! - restores that write the same thing at the target, because only within a process do they wait for each other;
//! - restores of a group that has a limit, because the limit protects something that they share.
//!
//! What is bound together is a component. Components are given out the largest first, each to the shard that has least
//! so far. That is the well-known rule for even loads (no shard gets more than 4/3 of what the best cut would give the
//! fullest one), and it needs no search. Components of one size go by the first of their restores' names, and shards
//! that have equally much by number, so the order in which the plan lists its restores changes nothing.

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Changeset;
use crate::model::{Item, ObjectName, Plan, Shard, SiteId, Slug};

/// What a changeset keeps of the cut, where it is one shard of its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which shard.
    pub shard: Shard,
    /// How many restores each shard has, in the order of the shards.
    pub sizes: Vec<usize>,
    /// Where the restores of this changeset stand among all of the plan, from 0, in the changeset's order.
    pub places: Vec<usize>,
}

impl Part {
    /// Finds the restores of a shard.
    pub fn of(plan: &Plan, shard: Shard) -> Self {
        let cut = cut(plan, shard.count());
        let mut sizes: Vec<usize> = shard.siblings().map(|_| 0).collect();
        for index in &cut {
            if let Some(size) = sizes.get_mut(*index) {
                *size += 1;
            }
        }
        let ours = cut.iter().enumerate().filter(|(_, index)| **index == shard.index());
        Self { shard, sizes, places: ours.map(|(place, _)| place).collect() }
    }

    /// The plan with the restores of this part alone.
    pub fn plan(&self, whole: &Plan) -> Plan {
        let items = self.places.iter().filter_map(|place| whole.items.get(*place)).cloned().collect();
        Plan { name: whole.name.clone(), purpose: whole.purpose.clone(), limits: whole.limits.clone(), items }
    }
}

impl Changeset {
    /// Says of a changeset that was decided for a part of a plan that it is one, and gives it the digest of the whole
    /// plan, so that the shards are seen to belong together. `plan` is that of the part.
    #[must_use]
    pub fn as_part(mut self, part: Part, plan: &Plan, digest: String) -> Self {
        let places = plan.items.iter().map(|item| &item.name).zip(part.places.iter().copied()).collect();
        self.part = Some(self.placed(part, &places));
        self.plan.digest = digest;
        self
    }

    /// A part with the places of this changeset's items alone; what was left out keeps its own.
    pub fn placed(&mut self, part: Part, places: &HashMap<&Slug, usize>) -> Part {
        for unwanted in self.selection.iter_mut().flat_map(|selection| &mut selection.unwanted) {
            unwanted.place = places.get(&unwanted.item.name).copied();
        }
        let names = self.items.iter().map(|decision| &decision.item.name);
        Part { places: names.filter_map(|name| places.get(name).copied()).collect(), ..part }
    }

    /// Which shard of its plan it is, where it isn't all of it.
    pub fn shard(&self) -> Option<Shard> {
        self.part.as_ref().map(|part| part.shard)
    }
}

/// For each item of a plan, in the plan's order, the shard that it falls into, counted from 0.
fn cut(plan: &Plan, count: u32) -> Vec<usize> {
    let roots = components(plan);
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for (item, root) in roots.iter().enumerate() {
        members.entry(*root).or_default().push(item);
    }
    let name = |item: &usize| plan.items.get(*item).map(|item| &item.name);
    let mut components: Vec<(Option<&Slug>, Vec<usize>)> =
        members.into_values().map(|items| (items.iter().filter_map(name).min(), items)).collect();
    components.sort_by_key(|(first, items)| (Reverse(items.len()), *first));
    let mut loads: Vec<usize> = (0..count).map(|_| 0).collect();
    let mut shards: Vec<usize> = roots.iter().map(|_| 0).collect();
    for (_, items) in components {
        let Some((least, load)) = loads.iter_mut().enumerate().min_by_key(|(index, load)| (**load, *index)) else {
            break;
        };
        *load += items.len();
        for item in items {
            if let Some(shard) = shards.get_mut(item) {
                *shard = least;
            }
        }
    }
    shards
}

/// For each item a number that exactly those have that are bound together.
fn components(plan: &Plan) -> Vec<usize> {
    let mut bound = Bound::new(plan.items.len());
    let by_name: HashMap<&Slug, usize> = plan.items.iter().enumerate().map(|(at, item)| (&item.name, at)).collect();
    let mut groups: HashMap<&str, usize> = HashMap::new();
    for (at, item) in plan.items.iter().enumerate() {
        for need in item.after.iter().filter_map(|need| by_name.get(need)) {
            bound.join(at, *need);
        }
        if let Some(group) = item.group.as_deref().filter(|group| plan.limits.groups.contains_key(*group)) {
            bound.join(at, *groups.entry(group).or_insert(at));
        }
    }
    join_overlaps(&plan.items, &mut bound);
    (0..plan.items.len()).map(|at| bound.root(at)).collect()
}

/// Who writes to a database.
#[derive(Default)]
struct Writers<'a> {
    /// One of those that write the whole of it.
    whole: Option<usize>,
    /// For each object in it, one of those that write it.
    objects: HashMap<&'a ObjectName, usize>,
}

/// Binds what [`Touched::overlaps`](crate::model::Touched::overlaps) says of: the same object, or a whole database and anything in it.
fn join_overlaps(items: &[Item], bound: &mut Bound) {
    let mut databases: HashMap<(&SiteId, &ObjectName), Writers<'_>> = HashMap::new();
    for (at, item) in items.iter().enumerate() {
        for object in &item.objects {
            let touched = item.writes(object);
            let writers = databases.entry((touched.site, touched.database)).or_default();
            let other = match touched.object {
                None => writers.whole.get_or_insert(at),
                Some(object) => writers.objects.entry(object).or_insert(at),
            };
            bound.join(at, *other);
        }
    }
    for writers in databases.into_values() {
        let Some(whole) = writers.whole else { continue };
        writers.objects.into_values().for_each(|other| bound.join(whole, other));
    }
}

/// Items that are bound together: each points at another of its component, and the last one at itself.
struct Bound(Vec<usize>);

impl Bound {
    fn new(items: usize) -> Self {
        Self((0..items).collect())
    }

    fn root(&mut self, item: usize) -> usize {
        let mut at = item;
        while let Some(next) = self.0.get(at).copied().filter(|next| *next != at) {
            // Halves the way for whoever comes after.
            let beyond = self.0.get(next).copied().unwrap_or(next);
            if let Some(place) = self.0.get_mut(at) {
                *place = beyond;
            }
            at = next;
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(place) = self.0.get_mut(one.max(other)) {
            *place = one.min(other);
        }
    }
}
