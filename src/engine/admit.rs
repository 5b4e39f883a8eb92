//! Who may start: limits and overlap, counted over everything that may run at a site.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use crate::changeset::Stray;
use crate::model::{Item, Limits, ObjectName, SiteId, TouchedRef};

/// What may be running at the sites, and so takes room. Items are known by their numbers in the changeset.
#[derive(Debug, Default)]
pub(super) struct Occupied {
    total: u32,
    targets: HashMap<SiteId, u32>,
    sources: HashMap<SiteId, u32>,
    /// The weights in each group.
    groups: HashMap<String, u32>,
    databases: HashMap<(SiteId, ObjectName), Users>,
}

/// Who touches a database.
#[derive(Debug, Default)]
struct Users {
    /// Those that touch the whole of it.
    whole: Vec<usize>,
    /// Those that touch one object in it.
    objects: HashMap<ObjectName, Vec<usize>>,
    /// How many entries `objects` holds altogether.
    count: usize,
}

/// What stands in an item's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// The limit of the whole run.
    Total,
    /// The limit of the target site.
    TargetSite,
    /// The limit of the source site.
    SourceSite,
    /// The limit of the item's group.
    Group(String),
    /// An item, by its number, that touches the same object or database.
    Overlap { other: usize, what: String },
}

impl Occupied {
    /// What takes room before a run begins, besides its items: strays that run. Of these it is known where they are listed; what they write
    /// the diff keeps others away from.
    pub(super) fn beside(strays: &[Stray]) -> Self {
        let mut occupied = Self::default();
        // A restore between two sites may be listed at both.
        let mut items: HashMap<&str, u32> = HashMap::new();
        for stray in strays {
            let running = u32::try_from(stray.running).unwrap_or(u32::MAX);
            let most = items.entry(&stray.item).or_default();
            *most = running.max(*most);
            if running > 0 {
                let used = occupied.targets.entry(stray.site.clone()).or_default();
                *used = used.saturating_add(running);
            }
        }
        occupied.total = items.into_values().fold(0, u32::saturating_add);
        occupied
    }

    /// How many items take room.
    pub(super) fn total(&self) -> u32 {
        self.total
    }

    /// Counts an item in.
    pub(super) fn add(&mut self, at: usize, item: &Item) {
        self.total += 1;
        *self.targets.entry(item.target.site.clone()).or_default() += 1;
        *self.sources.entry(item.source.site.clone()).or_default() += 1;
        if let Some(group) = &item.group {
            let used = self.groups.entry(group.clone()).or_default();
            *used = used.saturating_add(item.weight);
        }
        for touched in touched(item) {
            let users = self.databases.entry((touched.site.clone(), touched.database.clone())).or_default();
            match touched.object {
                None => users.whole.push(at),
                Some(object) => {
                    users.objects.entry(object.clone()).or_default().push(at);
                    users.count += 1;
                }
            }
        }
    }

    /// Counts an item out that was counted in.
    pub(super) fn remove(&mut self, at: usize, item: &Item) {
        self.total = self.total.saturating_sub(1);
        lower(&mut self.targets, &item.target.site, 1);
        lower(&mut self.sources, &item.source.site, 1);
        if let Some(group) = &item.group {
            lower(&mut self.groups, group, item.weight);
        }
        for touched in touched(item) {
            let key = (touched.site.clone(), touched.database.clone());
            let Some(users) = self.databases.get_mut(&key) else { continue };
            match touched.object {
                None => drop_one(&mut users.whole, at),
                Some(object) => {
                    if let Some(list) = users.objects.get_mut(object) {
                        let before = list.len();
                        drop_one(list, at);
                        users.count -= before - list.len();
                        if list.is_empty() {
                            users.objects.remove(object);
                        }
                    }
                }
            }
            if users.whole.is_empty() && users.count == 0 {
                self.databases.remove(&key);
            }
        }
    }

    /// What keeps an item from starting, if anything does. `most` is how many may be in flight at present.
    pub(super) fn obstacle(&self, item: &Item, limits: &Limits, most: u32) -> Option<Obstacle> {
        if self.total >= most.max(1) {
            return Some(Obstacle::Total);
        }
        let full = |used: Option<&u32>, limit: Option<u32>| {
            limit.is_some_and(|limit| used.copied().unwrap_or(0) >= limit.max(1))
        };
        if full(self.targets.get(&item.target.site), limits.per_target_site) {
            return Some(Obstacle::TargetSite);
        }
        if full(self.sources.get(&item.source.site), limits.per_source_site) {
            return Some(Obstacle::SourceSite);
        }
        if let Some(group) = &item.group
            && let Some(limit) = limits.groups.get(group)
        {
            let used = self.groups.get(group).copied().unwrap_or(0);
            // What is heavier than its group runs alone in it.
            if used > 0 && used.saturating_add(item.weight) > (*limit).max(1) {
                return Some(Obstacle::Group(group.clone()));
            }
        }
        touched(item).find_map(|mine| self.overlap(mine))
    }

    fn overlap(&self, mine: TouchedRef<'_>) -> Option<Obstacle> {
        let users = self.databases.get(&(mine.site.clone(), mine.database.clone()))?;
        let whole = users.whole.first().map(|other| (*other, TouchedRef { object: None, ..mine }));
        let other = whole.or_else(|| match mine.object {
            Some(object) => users.objects.get(object)?.first().map(|other| (*other, mine)),
            None => {
                // The smallest number, so that the same state gives the same answer.
                let (object, other) = users
                    .objects
                    .iter()
                    .filter_map(|(object, list)| Some((object, list.first()?)))
                    .min_by_key(|(object, at)| (**at, *object))?;
                Some((*other, TouchedRef { object: Some(object), ..mine }))
            }
        });
        other.map(|(other, what)| Obstacle::Overlap { other, what: what.to_string() })
    }
}

fn touched(item: &Item) -> impl Iterator<Item = TouchedRef<'_>> {
    item.objects.iter().map(|object| item.writes(object))
}

fn lower<K, Q>(counts: &mut HashMap<K, u32>, key: &Q, by: u32)
where
    K: Hash + Eq + Borrow<Q>,
    Q: Hash + Eq + ?Sized,
{
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(by);
    }
}

fn drop_one(list: &mut Vec<usize>, at: usize) {
    if let Some(found) = list.iter().position(|other| *other == at) {
        list.swap_remove(found);
    }
}
