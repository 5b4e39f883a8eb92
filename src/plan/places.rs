//! Where the parts of a restore stand, kept after its values have become the model's.
//!
//! A plan may have a hundred thousand restores; their trees would be several times as large as the plan's
//! text. Rules only need places, and these are small.

use crate::diagnostic::{FileId, Span};

use super::node::{Node, Yaml};

/// The places of all values of a tree, in the order in which they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    all: Box<[Place]>,
    /// Where the elements of long lists are, in the order of the lists, so that nobody goes through all to find one.
    long: Box<[Long]>,
}

/// A long list, by its number among the places, its elements by theirs, and the number of the place behind all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Long {
    list: usize,
    elements: Box<[usize]>,
    behind: usize,
}

/// From how many elements on a list is long.
const LONG: usize = 64;

/// One value's place, in few bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// Bytes from the first one of its file.
    start: u32,
    /// The key that leads to it, or its index; nothing for the root.
    step: u16,
    /// In bytes; of what is longer, only the beginning is told.
    length: u16,
    file: u16,
    depth: u16,
}

/// Deeper values have the place of what they are in: no rule looks at them.
const DEEPEST: u16 = 8;

impl Places {
    pub(super) fn of(root: &Node) -> Self {
        let (mut all, mut long) = (Vec::with_capacity(64), Vec::new());
        collect(root, 0, 0, &mut all, &mut long);
        // A list is told behind the long ones in it.
        long.sort_by_key(|long| long.list);
        Self { all: all.into_boxed_slice(), long: long.into_boxed_slice() }
    }

    /// The place that a path of keys and indices leads to.
    pub(super) fn at(&self, path: &[&str]) -> Option<Span> {
        let mut found = 0;
        for (depth, step) in (1u16..).zip(path) {
            let wanted = self::step(step);
            found = match self.long(found) {
                Some(long) => *long.elements.get(usize::from(wanted))?,
                None => self.inside(found, depth, wanted)?,
            };
        }
        self.all.get(found).map(Place::span)
    }

    /// The first value of this depth and step behind a place, as far as it is inside of that.
    fn inside(&self, place: usize, depth: u16, wanted: u16) -> Option<usize> {
        let mut at = place + 1;
        loop {
            let next = self.all.get(at).filter(|next| next.depth >= depth)?;
            if next.depth == depth && next.step == wanted {
                return Some(at);
            }
            at = self.long(at).map_or(at + 1, |long| long.behind);
        }
    }

    /// The long list that stands at a place.
    fn long(&self, place: usize) -> Option<&Long> {
        let index = self.long.binary_search_by_key(&place, |long| long.list).ok()?;
        self.long.get(index)
    }

    /// The place of the whole.
    pub(super) fn whole(&self) -> Option<Span> {
        self.at(&[])
    }
}

impl Place {
    fn span(&self) -> Span {
        let start = usize::try_from(self.start).unwrap_or(usize::MAX);
        let length = if self.length == u16::MAX { 0 } else { usize::from(self.length) };
        Span { file: FileId::numbered(self.file), start, end: start + length }
    }
}

fn collect(node: &Node, step: u16, depth: u16, all: &mut Vec<Place>, long: &mut Vec<Long>) {
    let own = all.len();
    let Span { file, start, end } = node.span;
    all.push(Place {
        start: u32::try_from(start).unwrap_or(u32::MAX),
        step,
        length: u16::try_from(end.saturating_sub(start)).unwrap_or(u16::MAX),
        file: file.number(),
        depth,
    });
    if depth == DEEPEST {
        return;
    }
    match &node.value {
        Yaml::List(items) => {
            let mut elements = Vec::new();
            for (item, index) in items.iter().take(usize::from(MOST)).zip(0u16..) {
                if items.len() >= LONG {
                    elements.push(all.len());
                }
                collect(item, index, depth + 1, all, long);
            }
            if !elements.is_empty() {
                long.push(Long { list: own, elements: elements.into_boxed_slice(), behind: all.len() });
            }
        }
        Yaml::Map(entries) => {
            entries.iter().for_each(|entry| collect(&entry.value, self::step(&entry.key), depth + 1, all, long));
        }
        _ => {}
    }
}

/// How many elements of a list have a place. This step leads nowhere.
const MOST: u16 = u16::MAX >> 1;

/// A key or an index as a number. Indices are themselves; keys are hashed (FNV-1a, folded) into the upper half. That
/// the keys of the plan language keep apart is tested.
fn step(text: &str) -> u16 {
    if let Ok(index) = text.parse::<usize>() {
        return u16::try_from(index).unwrap_or(MOST).min(MOST);
    }
    let hash = text.bytes().fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let folded = hash ^ (hash >> 15) ^ (hash >> 30);
    u16::try_from(folded & u32::from(MOST)).unwrap_or(0) | !MOST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;
    use crate::plan::findings::Findings;
    use crate::plan::limits::LoaderLimits;
    use crate::plan::load::{Privacy, load};

    #[test]
    fn paths_lead_where_they_lead_in_the_tree() {
        let text = "name: a\nobjects:\n  - {table: D.t, exclude: [x, y]}\n  - {view: D.v}\ntarget: {site: B}\n";
        let (mut sources, mut findings) = (Sources::default(), Findings::new());
        let limits = LoaderLimits::default();
        let root = load("f", text.into(), Privacy::Open, &limits, &mut sources, &mut findings).unwrap();
        let places = Places::of(&root);
        for path in [
            &[][..],
            &["name"],
            &["objects"],
            &["objects", "0"],
            &["objects", "0", "exclude", "1"],
            &["objects", "1", "view"],
            &["target", "site"],
        ] {
            assert_eq!(places.at(path), root.at(path.iter().copied()).map(|node| node.span), "{path:?}");
            assert!(places.at(path).is_some());
        }
        assert_eq!((step("32766"), step("32767"), step("70000")), (MOST - 1, MOST, MOST));
        for path in [&["site"][..], &["objects", "2"], &["objects", "1", "table"], &["name", "x"], &["target", "1"]] {
            assert_eq!(places.at(path), None, "{path:?}");
        }
    }

    #[test]
    fn long_lists_are_found_in_as_well() {
        let exclude: String = (0..LONG).map(|n| format!("x{n}, ")).collect();
        let objects: String = (0..2 * LONG).map(|n| format!("  - {{table: D.t{n}, exclude: [{exclude}]}}\n")).collect();
        let text = format!("objects:\n{objects}after: [a]\n");
        let (mut sources, mut findings) = (Sources::default(), Findings::new());
        let limits = LoaderLimits::default();
        let bytes = text.as_bytes();
        let root = load("f", bytes.into(), Privacy::Open, &limits, &mut sources, &mut findings).unwrap();
        let places = Places::of(&root);
        let last = (2 * LONG - 1).to_string();
        for path in
            [&["objects", "0"][..], &["objects", &last, "table"], &["objects", &last, "exclude", "63"], &["after", "0"]]
        {
            assert_eq!(places.at(path), root.at(path.iter().copied()).map(|node| node.span), "{path:?}");
            assert!(places.at(path).is_some());
        }
        for path in [&["objects", "128"][..], &["objects", "a"], &["objects", "0", "exclude", "64"], &["after", "1"]] {
            assert_eq!(places.at(path), None, "{path:?}");
        }
    }

    #[test]
    fn keys_of_the_language_keep_apart() {
        let mut keys: Vec<&str> = crate::plan::PLAN_SCHEMA.split('"').filter(|word| !word.contains(' ')).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut steps: Vec<u16> = keys.iter().map(|key| step(key)).collect();
        steps.sort_unstable();
        steps.dedup();
        assert_eq!(steps.len(), keys.len());
    }
}
