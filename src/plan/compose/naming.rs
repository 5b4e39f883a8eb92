//! Names for restores, made from names of objects.

use std::collections::HashSet;

use crate::model::Slug;
use crate::plan::LONGEST_PLAN_NAME;

/// How long a name gets, before a number that tells it from others.
const LONGEST: usize = 48;

/// Gives names that are slugs and all different.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// A name that is like a text and not given yet; `otherwise` where the text has nothing that a name could be made of.
    pub(super) fn like(&mut self, text: &str, otherwise: &str) -> String {
        let base = slug(text, otherwise, LONGEST);
        let mut name = base.clone();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{base}-{number}");
            number += 1;
        }
        name
    }
}

/// A name for a plan that is like a text.
pub(super) fn plan_name(text: &str) -> String {
    slug(text, "plan", LONGEST_PLAN_NAME)
}

/// The nearest thing to a slug that a text gives, of at most so many characters.
fn slug(text: &str, otherwise: &str, longest: usize) -> String {
    let mut words = Slug::words(text);
    if words.is_empty() {
        words = otherwise.to_owned();
    } else if !words.starts_with(|c: char| c.is_ascii_lowercase()) {
        words = format!("{otherwise}-{words}");
    }
    words.truncate(longest);
    words.truncate(words.trim_end_matches('-').len());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_slugs_and_differ() {
        let mut names = Names::default();
        let (first, second) = ("x-".repeat(60), "x-".repeat(70));
        let texts = ["ADW", "adw", "A-D.W", "a_d w", "表", "数", "2026", "adw 2", "", &first, &second];
        let given = texts.map(|text| names.like(text, "database"));
        let long = format!("{}x", "x-".repeat(23));
        assert_eq!(
            given,
            [
                "adw",
                "adw-2",
                "a-d-w",
                "a-d-w-2",
                "database",
                "database-2",
                "database-2026",
                "adw-2-2",
                "database-3",
                &long,
                &format!("{long}-2"),
            ]
        );
        assert!(given.iter().all(|name| Slug::parse(name).is_ok()), "{given:?}");
    }
}
