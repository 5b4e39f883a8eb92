//! Everything that the loader can find: each rule's id, its texts, and an example. An id, once released, keeps its
//! meaning.
//!
//! The texts are the product's manual: `restorectl explain` and `docs/rules.md` are made of them. A rule's example is in
//! `tests/fixtures/rules/ID`: a plan that `fails` and the same plan mended, which `passes`, each with the files that it
//! needs beside it: an environment, a recorded snapshot, or a test, which is run then. Whoever adds a rule writes its entry and the two folders; `tests/suite/rules.rs` tells what lacks.

mod example;

/// A file of a rule's example.
macro_rules! fixture {
    ($id:literal, $kind:literal, $path:expr) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/rules/", $id, "/", $kind, "/", $path))
    };
}

/// Rules of one family, each with all that is to be said about it. The doc comment is the rule's title as well. Files
/// that an example needs besides `plan.yaml` are named for the failing and for the passing form.
macro_rules! rules {
    ($family:ident: $(
        $(#[doc = $doc:literal])+
        $name:ident = $id:literal, $severity:ident;
        why: $why:literal;
        mend: $mend:literal;
        $(fails beside: $($fails:literal),+;)?
        $(passes beside: $($passes:literal),+;)?
    )+) => {
        $($(#[doc = $doc])+ pub(crate) const $name: &str = $id;)+

        pub(super) const $family: &[super::Explained] = &[$(super::Explained {
            rule: crate::diagnostic::Rule {
                id: $id,
                title: super::title(concat!($($doc),+)),
                severity: crate::diagnostic::Severity::$severity,
                why: $why,
                mend: $mend,
            },
            fails: super::Example {
                plan: fixture!($id, "fails", "plan.yaml"),
                beside: &[$($(($fails, fixture!($id, "fails", $fails))),+)?],
            },
            passes: super::Example {
                plan: fixture!($id, "passes", "plan.yaml"),
                beside: &[$($(($passes, fixture!($id, "passes", $passes))),+)?],
            },
        }),+];
    };
}

mod inputs;
mod plan;
mod schema;
mod site;
mod test;
mod yaml;

use std::sync::LazyLock;

use crate::diagnostic::Rule;

use super::suggest::nearest;

pub use example::Example;
pub(crate) use {inputs::*, plan::*, schema::*, site::*, test::*, yaml::*};

/// A rule with an example.
#[derive(Debug, Clone, Copy)]
pub struct Explained {
    /// The rule.
    pub rule: Rule,
    /// A plan that breaks it.
    pub fails: Example,
    /// The same plan, mended.
    pub passes: Example,
}

const FAMILIES: [&[Explained]; 6] = [YAML, SCHEMA, INPUTS, PLAN, SITE, TEST];

/// Every rule, in the order of their ids.
pub static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| explained().map(|explained| explained.rule).collect());

/// Every rule with its example, in the order of their ids.
pub fn explained() -> impl Iterator<Item = &'static Explained> {
    FAMILIES.into_iter().flatten()
}

/// The id that somebody probably meant.
pub fn nearest_rule(id: &str) -> Option<&'static str> {
    nearest(id, RULES.iter().map(|rule| rule.id))
}

/// A doc comment as a title: without its full stop.
const fn title(doc: &'static str) -> &'static str {
    let doc = doc.trim_ascii();
    if let [text @ .., b'.'] = doc.as_bytes()
        && let Ok(text) = std::str::from_utf8(text)
    {
        return text;
    }
    doc
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The longest title that fits one line of the list of rules on 80 columns.
    const LONGEST_TITLE: usize = 65;
    /// The longest text that somebody reads to its end at night.
    const LONGEST_TEXT: usize = 600;

    #[test]
    fn ids_are_unique_and_in_order() {
        assert!(RULES.is_sorted_by(|a, b| a.id < b.id));
    }

    #[test]
    fn titles_are_one_line_without_a_full_stop() {
        for Rule { id, title, .. } in RULES.iter() {
            assert!(title.starts_with(|c: char| c.is_uppercase() || c == '`'), "{id}: {title}");
            assert!(!title.ends_with(['.', '!', ' ']) && title.chars().count() <= LONGEST_TITLE, "{id}: {title}");
        }
    }

    #[test]
    fn every_rule_says_why_and_how_to_mend_it_in_a_few_sentences() {
        for Rule { id, why, mend, .. } in RULES.iter() {
            for text in [why, mend] {
                let words: String = text.split('`').step_by(2).collect();
                assert!(text.matches('`').count() % 2 == 0, "{id}: an open backquote: {text}");
                assert!(text.starts_with(|c: char| c.is_uppercase() || c == '`'), "{id}: {text}");
                assert!(words.ends_with('.') && !words.contains(['\n', '!']) && !text.contains("  "), "{id}: {text}");
                let sentences = words.matches(". ").count() + 1;
                assert!((2..=5).contains(&sentences), "{id}: {sentences} sentences: {text}");
                assert!(text.chars().count() <= LONGEST_TEXT, "{id}: {} characters: {text}", text.chars().count());
            }
        }
    }

    #[test]
    fn a_near_miss_is_recognised() {
        for (id, meant) in [("R34", Some("R304")), ("R3O4", Some("R304")), ("304", Some("R304")), ("overlap", None)] {
            assert_eq!(nearest_rule(id), meant, "{id}");
        }
    }
}
