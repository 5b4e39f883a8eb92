//! Where the parts of a restore stand, kept after its values have become the model's.
//!
//! A plan may have a hundred thousand restores; their trees would be several times as large as the plan's
//! text. Rules only need places, and these are small.

use crate::diagnostic::{FileId, Span};

use super::node::{Node, Yaml};

/// The places of all values of a tree, in the order in which they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places(Box<[Place]>);

/// One value's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// The key that leads to it, or its index; nothing for the root.
    step: u32,
    start: u32,
    end: u32,
    file: FileId,
    depth: u8,
}

/// Deeper values have the place of what they are in: no rule looks at them.
const DEEPEST: u8 = 8;

impl Places {
    pub(super) fn of(root: &Node) -> Self {
        let mut all = Vec::with_capacity(32);
        collect(root, 0, 0, &mut all);
        Self(all.into_boxed_slice())
    }

    /// The place that a path of keys and indices leads to.
    pub(super) fn at(&self, path: &[&str]) -> Option<Span> {
        let mut rest = self.0.iter();
        let mut found = rest.next()?;
        for (depth, step) in (1u8..).zip(path) {
            let wanted = self::step(step);
            found = rest
                .by_ref()
                .take_while(|place| place.depth >= depth)
                .find(|place| place.depth == depth && place.step == wanted)?;
        }
        Some(found.span())
    }

    /// The place of the whole.
    pub(super) fn whole(&self) -> Option<Span> {
        self.at(&[])
    }
}

impl Place {
    fn span(&self) -> Span {
        let byte = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        Span { file: self.file, start: byte(self.start), end: byte(self.end) }
    }
}

fn collect(node: &Node, step: u32, depth: u8, all: &mut Vec<Place>) {
    let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let Span { file, start, end } = node.span;
    all.push(Place { step, start: byte(start), end: byte(end), file, depth });
    if depth == DEEPEST {
        return;
    }
    match &node.value {
        Yaml::List(items) => {
            items.iter().zip(0u32..).for_each(|(item, index)| collect(item, index, depth + 1, all));
        }
        Yaml::Map(entries) => {
            entries.iter().for_each(|entry| collect(&entry.value, self::step(&entry.key), depth + 1, all));
        }
        _ => {}
    }
}

/// A key or an index as a number. Indices are themselves; keys are hashed (FNV-1a) into the upper half. That the
/// keys of the plan language keep apart is tested.
fn step(text: &str) -> u32 {
    if let Ok(index) = text.parse::<u32>() {
        return index & (u32::MAX >> 1);
    }
    text.bytes().fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)) | 1 << 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;
    use crate::plan::findings::Findings;
    use crate::plan::limits::LoaderLimits;
    use crate::plan::parse::{Privacy, load};

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
        for path in [&["site"][..], &["objects", "2"], &["objects", "1", "table"], &["name", "x"], &["target", "1"]] {
            assert_eq!(places.at(path), None, "{path:?}");
        }
    }

    #[test]
    fn keys_of_the_language_keep_apart() {
        let mut keys: Vec<&str> = crate::plan::PLAN_SCHEMA.split('"').filter(|word| !word.contains(' ')).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut steps: Vec<u32> = keys.iter().map(|key| step(key)).collect();
        steps.sort_unstable();
        steps.dedup();
        assert_eq!(steps.len(), keys.len());
    }
}
