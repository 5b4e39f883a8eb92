//! Who may start: limits and overlap, counted over everything that may run at a site.

use std::collections::BTreeMap;

use crate::model::{Item, Limits, SiteId, Touched};

/// What may be running at the sites, and so takes room.
#[derive(Debug, Default)]
pub(super) struct Occupied<'a> {
    total: u32,
    targets: BTreeMap<&'a SiteId, u32>,
    groups: BTreeMap<&'a str, u32>,
    touched: Vec<(&'a Item, Vec<Touched>)>,
}

/// What stands in an item's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// The limit of the whole run.
    Total,
    /// The limit of the target site.
    TargetSite,
    /// The limit of the item's group.
    Group(String),
    /// An item that touches the same object or database.
    Overlap { other: String, what: String },
}

impl<'a> Occupied<'a> {
    /// Counts an item in.
    pub(super) fn add(&mut self, item: &'a Item) {
        self.total += 1;
        *self.targets.entry(&item.target.site).or_default() += 1;
        if let Some(group) = &item.group {
            *self.groups.entry(group).or_default() += 1;
        }
        self.touched.push((item, item.touches()));
    }

    /// What keeps an item from starting, if anything does.
    pub(super) fn obstacle(&self, item: &Item, limits: &Limits) -> Option<Obstacle> {
        if self.total >= limits.concurrency.max(1) {
            return Some(Obstacle::Total);
        }
        let at_target = self.targets.get(&item.target.site).copied().unwrap_or(0);
        if limits.per_target_site.is_some_and(|limit| at_target >= limit.max(1)) {
            return Some(Obstacle::TargetSite);
        }
        if let Some(group) = &item.group {
            let in_group = self.groups.get(group.as_str()).copied().unwrap_or(0);
            if limits.groups.get(group).is_some_and(|limit| in_group >= (*limit).max(1)) {
                return Some(Obstacle::Group(group.clone()));
            }
        }
        let mine = item.touches();
        self.touched.iter().find_map(|(other, theirs)| {
            let shared = theirs.iter().find(|touched| mine.iter().any(|own| own.overlaps(touched)))?;
            Some(Obstacle::Overlap { other: other.name.to_string(), what: shared.to_string() })
        })
    }
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Total => f.write_str("no slot of `limits.concurrency` is free"),
            Self::TargetSite => f.write_str("no slot of `limits.per_target_site` is free"),
            Self::Group(group) => write!(f, "group `{group}` is full"),
            Self::Overlap { other, what } => write!(f, "`{other}` touches `{what}` too"),
        }
    }
}
