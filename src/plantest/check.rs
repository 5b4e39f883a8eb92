//! What was decided, against what is expected of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::changeset::{Changeset, Decision};
use crate::diagnostic::{Draft, Span, draft};
use crate::model::suggest::{did_you_mean, listed};
use crate::model::{Action, Item, Plan, Slug};
use crate::plan::{Expect, ExpectedDecision, Others, Placed, rule};

/// What the names in a test stand for.
pub(super) struct Names<'a> {
    plan: &'a Plan,
    by_author: &'a BTreeMap<String, Vec<Slug>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(plan: &'a Plan, by_author: &'a BTreeMap<String, Vec<Slug>>) -> Self {
        Self { plan, by_author }
    }

    /// The items that a name stands for: one, or with `for_each` all elements.
    ///
    /// # Errors
    /// When the plan has none of that name, as something to report.
    pub(super) fn items(&self, name: &Placed<String>) -> Result<Vec<&'a Item>, Box<Draft>> {
        let stands_for = |item: &&Item| match self.by_author.get(&name.value) {
            Some(all) => all.contains(&item.name),
            None => item.name.as_str() == name.value,
        };
        let items: Vec<&Item> = self.plan.items.iter().filter(stands_for).collect();
        if !items.is_empty() {
            return Ok(items);
        }
        let known: BTreeSet<&str> = self
            .by_author
            .keys()
            .map(String::as_str)
            .chain(self.plan.items.iter().map(|item| item.name.as_str()))
            .collect();
        let message = format!("the plan has no restore `{}`", name.value);
        let found = draft(rule::EXPECTED_UNKNOWN, name.span, &name.pointer, message);
        let meant = did_you_mean(&name.value, known.iter().copied());
        Err(Box::new(found.hint(meant.unwrap_or_else(|| format!("its restores are {}", listed(known, "and"))))))
    }
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// What isn't as expected.
    pub(super) failed: Vec<Draft>,
    /// What is expected of restores that the plan doesn't have.
    pub(super) unknown: Vec<Draft>,
}

/// Where a restore stands in its plan, by line and column.
pub(super) type Planned<'a> = &'a dyn Fn(usize, usize) -> Option<Span>;

/// Compares all decisions with what is expected of them.
pub(super) fn decisions(expect: &Expect, changeset: &Changeset, names: &Names<'_>, planned: Planned<'_>) -> Found {
    let mut found = Found::default();
    let mut named: BTreeSet<&Slug> = BTreeSet::new();
    for (name, expected) in &expect.restores {
        match names.items(name) {
            Err(unknown) => found.unknown.push(*unknown),
            Ok(items) => {
                named.extend(items.iter().map(|item| &item.name));
                let is_meant = |decision: &&Decision| items.iter().any(|item| item.name == decision.item.name);
                let meant: Vec<&Decision> = changeset.items.iter().filter(is_meant).collect();
                Against { meant, planned, failed: &mut found.failed }.all(expected);
            }
        }
    }
    let others: Vec<&Decision> = changeset.items.iter().filter(|d| !named.contains(&d.item.name)).collect();
    if let Some(expected) = &expect.others {
        found.failed.extend(self::others(expected, &others, planned));
    }
    found
}

/// Compares the restores that have no expectation of their own.
fn others(expected: &Placed<Others>, others: &[&Decision], planned: Planned<'_>) -> Option<Draft> {
    let wrong = |message: String| draft(rule::EXPECTED_OTHERS, expected.span, &expected.pointer, message);
    match expected.value {
        Others::None if others.is_empty() => None,
        Others::None => {
            let names = listed(others.iter().map(|decision| decision.item.name.as_str()), "and");
            Some(
                wrong(format!("the plan has other restores: {names}"))
                    .hint("say under `restores` what is expected of them"),
            )
        }
        Others::All(_) if others.is_empty() => {
            let hint = "take `others` out, or write `others: none`";
            Some(wrong("the plan has no other restores, so this expects nothing".to_owned()).hint(hint))
        }
        Others::All(action) => {
            let odd: Vec<&Decision> = others.iter().copied().filter(|decision| decision.action != action).collect();
            let first = odd.first()?;
            let message = format!("{}, and `{action}` is expected of all others", is(first));
            Some(about(wrong(message + &more(odd.len())), first, planned).hint(reason(first)))
        }
    }
}

/// The decisions that one expectation is about: one, or one for each element.
struct Against<'a, 'f> {
    meant: Vec<&'a Decision>,
    planned: Planned<'a>,
    failed: &'f mut Vec<Draft>,
}

impl<'a> Against<'a, '_> {
    fn all(&mut self, expected: &ExpectedDecision) {
        if let Some(action) = &expected.action {
            let message = |decision: &Decision| format!("{}, and `{}` is expected", is(decision), action.value);
            self.compare(rule::EXPECTED_ACTION, action, |d| d.action == action.value, message, reason);
        }
        self.words(&expected.reason, ("the reason", "doesn't"), |decision| vec![decision.reason.as_str()]);
        self.refusals(&expected.refused);
        self.value(&expected.data_loss, "the data loss", |decision| Some(decision.data_loss));
        self.words(&expected.loses, ("the losses", "don't"), |decision| {
            decision.losses.iter().map(String::as_str).collect()
        });
        self.words(&expected.notes, ("the notes", "don't"), |decision| {
            decision.notes.iter().map(String::as_str).collect()
        });
        self.value(&expected.execution, "the execution", |decision| Some(decision.execution.as_ref()?.id.clone()));
        self.value(&expected.job_name, "the job name", |decision| Some(decision.request.as_ref()?.job_name.clone()));
        self.value(&expected.attempt, "the attempt", |decision| Some(decision.attempt));
    }

    /// Reports the first decision that doesn't fit, and how many others don't.
    fn compare<T>(
        &mut self,
        rule: &'static str,
        expected: &Placed<T>,
        fits: impl Fn(&Decision) -> bool,
        message: impl Fn(&Decision) -> String,
        hint: impl Fn(&Decision) -> String,
    ) {
        let odd: Vec<&Decision> = self.meant.iter().copied().filter(|decision| !fits(decision)).collect();
        if let Some(first) = odd.first() {
            let message = message(first) + &more(odd.len());
            let found = draft(rule, expected.span, &expected.pointer, message).hint(hint(first));
            self.failed.push(about(found, first, self.planned));
        }
    }

    /// Each of some words must be in one of the sentences.
    fn words(&mut self, expected: &[Placed<String>], (what, not): (&str, &str), said: impl Fn(&Decision) -> Vec<&str>) {
        for words in expected {
            let fits = |decision: &Decision| said(decision).iter().any(|sentence| sentence.contains(&words.value));
            let message =
                |decision: &Decision| format!("{what} of `{}` {not} say `{}`", decision.item.name, words.value);
            let hint = |decision: &Decision| match said(decision).as_slice() {
                [] => "nothing is said there".to_owned(),
                sentences => format!("what is said: {}", sentences.join("; ")),
            };
            self.compare(rule::EXPECTED_WORDS, words, fits, message, hint);
        }
    }

    /// Each of some words must be in what is said against sending it.
    fn refusals(&mut self, expected: &[Placed<String>]) {
        for words in expected {
            let fits = |decision: &Decision| refusal(decision).is_some_and(|why| why.contains(&words.value));
            let message = |decision: &Decision| match refusal(decision) {
                Some(_) => {
                    format!("`{}` is refused, and the refusal doesn't say `{}`", decision.item.name, words.value)
                }
                None => format!("{}, and a refusal is expected", is(decision)),
            };
            self.compare(rule::EXPECTED_WORDS, words, fits, message, |decision| match refusal(decision) {
                Some(why) => format!("what is said: {why}"),
                None => reason(decision),
            });
        }
    }

    fn value<T: PartialEq + std::fmt::Display>(
        &mut self,
        expected: &Option<Placed<T>>,
        what: &str,
        found: impl Fn(&Decision) -> Option<T>,
    ) {
        let Some(expected) = expected else { return };
        let fits = |decision: &Decision| found(decision).as_ref() == Some(&expected.value);
        let message = |decision: &Decision| {
            let (name, wanted) = (&decision.item.name, &expected.value);
            match found(decision) {
                Some(found) => format!("{what} of `{name}` is `{found}`, and `{wanted}` is expected"),
                None => format!("{what} of `{name}` is not known, and `{wanted}` is expected"),
            }
        };
        self.compare(rule::EXPECTED_VALUE, expected, fits, message, reason);
    }
}

/// Why a restore must not be sent, or not again.
fn refusal(decision: &Decision) -> Option<&str> {
    match decision.action {
        Action::Blocked => Some(&decision.reason),
        _ => decision.refusal.as_deref(),
    }
}

fn is(decision: &Decision) -> String {
    format!("`{}` is `{}`", decision.item.name, decision.action)
}

fn reason(decision: &Decision) -> String {
    format!("`{}` is `{}` because: {}", decision.item.name, decision.action, decision.reason)
}

fn more(count: usize) -> String {
    match count.saturating_sub(1) {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    }
}

/// With the place in the plan.
fn about(found: Draft, decision: &Decision, planned: Planned<'_>) -> Draft {
    let origin = &decision.item.origin;
    match planned(origin.line, origin.column) {
        Some(span) => found.related(span, "planned here"),
        None => found,
    }
}
