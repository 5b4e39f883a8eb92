//! Names: unique, known where `after` uses them, and in no circle.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use crate::diagnostic::Span;
use crate::model::Slug;
use crate::model::suggest::Guesses;
use crate::plan::LoaderLimits;
use crate::plan::findings::{Findings, draft};
use crate::plan::restores::Restore;
use crate::plan::rule;

use super::Entry;

/// How many circles are shown.
const CYCLES: usize = 20;

/// The names that `after` can use.
pub(in crate::plan) struct Names<'a> {
    restores: &'a [Restore],
    /// The restores that an author's name stands for; those of one `for_each` follow each other.
    by_author: HashMap<&'a str, Range<usize>>,
    /// The restores by their final names.
    single: HashMap<&'a str, usize>,
    /// A restore's name couldn't be had, so an unknown name may be that one.
    incomplete: bool,
    /// How many dependencies may still be resolved.
    room: usize,
    guesses: Guesses,
}

impl<'a> Names<'a> {
    /// Collects the names and reports those that stand twice.
    pub(in crate::plan) fn collect(restores: &'a [Restore], limits: &LoaderLimits, findings: &mut Findings) -> Self {
        let mut names = Self {
            restores,
            by_author: HashMap::with_capacity(restores.len()),
            single: HashMap::with_capacity(restores.len()),
            incomplete: false,
            room: limits.dependencies,
            guesses: Guesses::default(),
        };
        for (index, restore) in restores.iter().enumerate() {
            let (Some(author), Some(span)) = (restore.author_name(), restore.places.at(&["name"])) else {
                names.incomplete = true;
                continue;
            };
            let single = restore.name.as_deref().unwrap_or(author);
            if let Some((shown, first)) = names.taken(restore, author, single) {
                let pointer = restore.author.pointer().join("name");
                let message = format!("two restores are named `{shown}`");
                let found = draft(rule::DUPLICATE_NAME, span, pointer.as_str(), message);
                let found = found.maybe_related(first, "the first is here").hint("rename one of them");
                findings.add_for(restore.element(), found);
                continue;
            }
            names.by_author.entry(author).or_insert(index..index).end = index + 1;
            if !restore.probe {
                names.single.insert(single, index);
            }
        }
        names
    }

    /// Which of its names an earlier restore has, and where that has it.
    fn taken<'n>(&self, restore: &Restore, author: &'n str, single: &'n str) -> Option<(&'n str, Option<Span>)> {
        let place = |index: usize| self.restores.get(index)?.places.at(&["name"]);
        let other = |range: &&Range<usize>| {
            self.restores.get(range.start).is_some_and(|first| first.author.number != restore.author.number)
        };
        if let Some(first) = self.by_author.get(author).filter(other) {
            return Some((author, place(first.start)));
        }
        let first = self.single.get(single).filter(|_| !restore.probe)?;
        Some((single, place(*first)))
    }

    /// What an author's name stands for.
    fn elements(&self, range: &Range<usize>) -> Vec<Slug> {
        let indices = range.clone().filter_map(|index| Some((index, self.restores.get(index)?)));
        let named = indices.filter_map(|(index, restore)| {
            let name = restore.name.as_deref().or(restore.author_name())?;
            // One whose name was taken is not this one.
            Slug::parse(name).ok().filter(|_| self.single.get(name) == Some(&index))
        });
        named.collect()
    }

    /// What the `after` of a restore stands for; reports names that stand for nothing.
    pub(in crate::plan) fn after(&mut self, restore: &Restore, findings: &mut Findings) -> Vec<Slug> {
        let mut all: Vec<Slug> = Vec::new();
        let mut kept: HashSet<Slug> = HashSet::new();
        for (index, (name, span)) in restore.after.iter().enumerate() {
            let name = name.as_str();
            let pointer = restore.author.pointer().join("after").join(&index.to_string());
            let found = match self.by_author.get(name) {
                Some(range) => self.elements(range),
                None if self.single.contains_key(name) => Slug::parse(name).into_iter().collect(),
                None => {
                    if !self.incomplete {
                        let own = restore.author_name();
                        let known = || self.by_author.keys().chain(self.single.keys()).copied();
                        let hint = self.guesses.hint(name, own, "the other restores are", known);
                        let message = format!("no restore is named `{name}`");
                        let found = draft(rule::AFTER_UNKNOWN, *span, pointer.as_str(), message);
                        findings.add_for(restore.element(), found.maybe_hint(hint));
                    }
                    continue;
                }
            };
            if found.len() > self.room {
                let message = "the plan's `after` lists stand for too many single dependencies";
                let limit = draft(rule::LIMIT, *span, pointer.as_str(), message);
                findings.add_for(
                    restore.element(),
                    limit.hint(LoaderLimits::raise(
                        "let a single restore stand between the two groups, or ",
                        "dependencies",
                    )),
                );
                continue;
            }
            self.room -= found.len();
            let (before, any) = (all.len(), !found.is_empty());
            all.extend(found.into_iter().filter(|name| kept.insert(name.clone())));
            if any && all.len() == before {
                let message = format!("`{name}` stands in this list already, itself or as one of several");
                let twice = draft(rule::AFTER_TWICE, *span, pointer.as_str(), message);
                findings.add_for(restore.element(), twice.hint("remove it").warning());
            }
        }
        all
    }

    /// What each name stands for in the file that is another in the resolved plan.
    pub(in crate::plan) fn stand_for(&self) -> BTreeMap<String, Vec<Slug>> {
        let other = |(name, range): &(&&str, &Range<usize>)| {
            range.len() != 1
                || self.restores.get(range.start).is_none_or(|restore| restore.name.as_deref() != Some(**name))
        };
        let others = self.by_author.iter().filter(other);
        others.map(|(name, range)| ((*name).to_owned(), self.elements(range))).collect()
    }
}

/// Reports restores that wait for each other; says whether there are any.
pub(super) fn cycles(entries: &[Entry<'_>], findings: &mut Findings) -> bool {
    let index = super::first_by_name(entries);
    let before: Vec<Vec<usize>> = entries
        .iter()
        .map(|entry| entry.item.after.iter().filter_map(|name| index.get(name).copied()).collect())
        .collect();
    // Depth first without recursion: `path` holds the way, with how many of its edges were followed.
    let mut state = vec![State::New; entries.len()];
    let mut shown = 0;
    for start in 0..entries.len() {
        let mut path: Vec<(usize, usize)> = Vec::new();
        if state.get(start) == Some(&State::New) {
            path.push((start, 0));
        }
        while let Some((node, edge)) = path.last_mut() {
            let node = *node;
            if let Some(slot) = state.get_mut(node) {
                *slot = State::Open;
            }
            let next = before.get(node).and_then(|edges| edges.get(*edge)).copied();
            *edge += 1;
            match next {
                None => {
                    if let Some(slot) = state.get_mut(node) {
                        *slot = State::Done;
                    }
                    path.pop();
                }
                Some(next) => match state.get(next) {
                    Some(State::New) => path.push((next, 0)),
                    Some(State::Open) => {
                        shown += 1;
                        if shown <= CYCLES {
                            report_cycle(entries, &path, next, findings);
                        }
                    }
                    _ => {}
                },
            }
        }
    }
    shown > 0
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

fn report_cycle(entries: &[Entry<'_>], path: &[(usize, usize)], back: usize, findings: &mut Findings) {
    let from = path.iter().position(|(node, _)| *node == back).unwrap_or(0);
    let nodes = path.iter().skip(from).map(|(node, _)| *node).chain([back]);
    let names: Vec<&str> = nodes.filter_map(|node| entries.get(node)).map(|entry| entry.item.name.as_str()).collect();
    let Some(entry) = path.last().and_then(|(node, _)| entries.get(*node)) else { return };
    let message = match names.as_slice() {
        [only, _] => format!("`{only}` waits for itself"),
        _ => format!("these restores wait for each other: {}", shortened(&names)),
    };
    entry.report(entry.draft(rule::AFTER_CYCLE, &["after"], message).hint("take one of them out of `after`"), findings);
}

/// A way through names, cut in the middle where it is long.
fn shortened(names: &[&str]) -> String {
    const ENDS: usize = 4;
    match (names.get(..ENDS), names.len().checked_sub(ENDS).and_then(|from| names.get(from..))) {
        (Some(head), Some(tail)) if names.len() > 2 * ENDS + 1 => {
            format!("{} → … → {}", head.join(" → "), tail.join(" → "))
        }
        _ => names.join(" → "),
    }
}
