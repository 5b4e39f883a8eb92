//! Rules as a page of documentation; `docs/rules.md` is what this gives.

use super::{command, mended, shown};
use crate::diagnostic::Look;
use crate::plan::Explained;

/// Every rule: a list with links, then each with its example.
pub(super) fn reference(rules: impl Iterator<Item = &'static Explained>) -> String {
    let rules: Vec<&Explained> = rules.collect();
    let mut out = String::from(
        "# Rules\n\n\
         What `restorectl validate` and `restorectl test` find in plans, environments, snapshots and tests: why each is a rule, how to mend it, and the smallest \
         example. `restorectl explain RULE` tells the same on a terminal. An error keeps a plan from being used; a warning \
         wants somebody to look.\n\n\
         This page is written by `restorectl explain --format markdown`.\n\n\
         | Rule | | What is wrong |\n|---|---|---|\n",
    );
    for Explained { rule, .. } in &rules {
        let anchor = rule.id.to_lowercase();
        out += &format!("| [{}](#{anchor}) | {} | {} |\n", rule.id, rule.severity, rule.title);
    }
    for explained in rules {
        out += &format!("\n{}", self::rule(explained));
    }
    out
}

/// One rule with its example. Its heading is the id alone, so that a link to it outlives a new title.
pub(super) fn rule(explained: &Explained) -> String {
    let rule = &explained.rule;
    let mut out = format!("## {}\n\n**{}** ({})\n\n", rule.id, rule.title, rule.severity);
    out += &format!("{}\n\n{}\n\nExample:\n", rule.why, rule.mend);
    for (path, text) in explained.fails.documents() {
        out += &document(path, &text);
    }
    let found = shown(explained.fails, Look::default());
    out += &block("console", &format!("$ {}\n{found}", command(explained.fails)));
    out += "\nMended:\n";
    for (path, text) in mended(explained) {
        out += &document(path, &text);
    }
    if command(explained.passes) != command(explained.fails) {
        out += &block("console", &format!("$ {}\n", command(explained.passes)));
    }
    out
}

fn document(path: &str, text: &str) -> String {
    format!("\n`{path}`\n{}", block("yaml", text))
}

fn block(language: &str, text: &str) -> String {
    format!("\n```{language}\n{text}```\n")
}
