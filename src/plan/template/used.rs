//! What templates use of the names that they can see.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::diagnostic::Span;
use crate::plan::pointer::Pointer;
use crate::plan::suggest::nearest;

/// What templates used of the names that they can see.
#[derive(Debug, Clone, Default)]
pub(in crate::plan) struct Used {
    pub(super) names: HashSet<String>,
    /// The names that each templated scalar uses.
    pub(super) by_place: HashMap<Span, BTreeSet<String>>,
    /// Names that blocks give to what they go through, each with the first scalar in which one does.
    pub(super) own_names: BTreeMap<String, (Span, Pointer)>,
    /// A template couldn't be read, so what it would use isn't known.
    pub(super) unreadable: bool,
    /// The steps of paths that led nowhere.
    unknown: BTreeSet<String>,
}

/// How many of those are kept; with more, nobody knows what was meant.
const MOST_UNKNOWN: usize = 100;

impl Used {
    /// Whether any template used this name, as far as can be known: one that isn't there may be meant to be it.
    pub(in crate::plan) fn uses(&self, name: &str) -> bool {
        let meant = |unknown: &String| unknown.eq_ignore_ascii_case(name) || nearest(unknown, [name]).is_some();
        let too_many = self.unknown.len() >= MOST_UNKNOWN;
        self.unreadable || too_many || self.names.contains(name) || self.unknown.iter().any(meant)
    }

    /// The names that blocks give to what they go through, and where one first does.
    pub(in crate::plan) fn own_names(&self) -> impl Iterator<Item = (&str, Span, &Pointer)> {
        self.own_names.iter().map(|(name, (span, pointer))| (name.as_str(), *span, pointer))
    }

    /// The names that each templated scalar uses, in the order of their places.
    pub(in crate::plan) fn into_places(self) -> BTreeMap<Span, BTreeSet<String>> {
        self.by_place.into_iter().collect()
    }

    /// Keeps the names of a path that led nowhere: one of them may be meant to be another.
    pub(super) fn led_nowhere(&mut self, path: &[String]) {
        if self.unknown.len() < MOST_UNKNOWN {
            self.unknown.extend(path.iter().take(2).cloned());
        }
    }

    /// From now on it isn't known what was used.
    pub(in crate::plan) fn lose(&mut self) {
        self.unreadable = true;
    }

    /// Adds what other templates used.
    pub(in crate::plan) fn add(&mut self, other: Self) {
        self.names.extend(other.names);
        self.by_place.extend(other.by_place);
        for (name, place) in other.own_names {
            let first = self.own_names.entry(name).or_insert_with(|| place.clone());
            if place.0 < first.0 {
                *first = place;
            }
        }
        self.unreadable |= other.unreadable;
        self.unknown.extend(other.unknown);
    }
}
