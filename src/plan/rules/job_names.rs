//! Names that a plan gives its restore jobs itself: the one key by which a restore is found again.

use std::collections::HashMap;

use crate::model::DerivedName;
use crate::plan::findings::Findings;
use crate::plan::rule;

use super::Entry;

/// The longest name that surely is taken; the service's own limit is not documented.
const LONGEST: usize = 64;

/// Runs the rules about job names.
pub(super) fn check(entries: &[Entry<'_>], findings: &mut Findings) {
    let mut seen: HashMap<&str, &Entry<'_>> = HashMap::new();
    for entry in entries {
        let Some(name) = &entry.item.job_name else { continue };
        match seen.get(name.as_str()) {
            Some(first) => twice(first, entry, findings),
            None => drop(seen.insert(name.as_str(), entry)),
        }
        if DerivedName::parse(name).is_some() {
            let message =
                format!("`{name}` is built like the names that are derived from plans, and would be taken for one");
            let hint = "leave `job_name` out to have a name derived, or choose one without the fingerprint";
            entry.report(entry.draft(rule::JOB_NAME_DERIVED, &["job_name"], message).hint(hint), findings);
        } else if let Some(odd) = oddity(name.as_str()) {
            let message = format!("the service may not take a job name that {odd}: its limits are not documented");
            let found = entry.draft(rule::JOB_NAME_ODD, &["job_name"], message).warning();
            let hint = format!("letters, digits, `_` and `-`, first a letter, at most {LONGEST} characters, are safe");
            entry.report(found.hint(hint), findings);
        }
    }
}

/// Two restores under one job name can't be told apart at the site.
fn twice(first: &Entry<'_>, entry: &Entry<'_>, findings: &mut Findings) {
    let name = entry.item.job_name.as_ref().map_or("", |name| name.as_str());
    let message = format!("two restores have the job name `{name}`; they couldn't be told apart at the site");
    let found = entry.draft(rule::DUPLICATE_JOB_NAME, &["job_name"], message);
    let span = first.span(&["job_name"]);
    let hint = if found.span == span { "let the name hold `{{item}}`" } else { "change one of them" };
    entry.report(found.hint(hint).related_elsewhere(span, "the first is here"), findings);
}

/// What a name has that names of jobs seldom have.
fn oddity(name: &str) -> Option<String> {
    let length = name.chars().count();
    if length > LONGEST {
        return Some(format!("has {length} characters"));
    }
    if name.contains(char::is_whitespace) {
        return Some("holds white space".to_owned());
    }
    if let Some(odd) = name.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-')) {
        return Some(format!("holds `{odd}`"));
    }
    let first = name.chars().next().filter(|c| !c.is_ascii_alphabetic())?;
    Some(format!("begins with `{first}`"))
}
