//! What templates, `for_each` and `defaults` may cost one plan, over all processors that render it.
//!
//! Every cost is the same in every run, and costs only grow. So whether they come to too much doesn't depend on who
//! rendered what first; and once they do, nothing more is rendered, and that is all that is said of the restores.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::diagnostic::{Draft, Span};

use super::findings::draft;
use super::{LoaderLimits, rule};

/// How much work templates may be for each restore that a plan may have: bytes of values that helpers go through, with
/// [`PASS`] and [`COMPILE`] for each byte of a template.
const WORK_FOR_A_RESTORE: usize = 100_000;
/// What it costs to go through one byte of a template.
const PASS: usize = 32;
/// What it costs to compile one.
const COMPILE: usize = 1500;
/// What it costs a helper to go through one value, whatever it holds.
const VALUE: usize = 32;

/// What was spent so far, and what may be.
#[derive(Debug)]
pub(super) struct Budget {
    values: AtomicUsize,
    bytes: AtomicUsize,
    work: AtomicUsize,
    /// The templates that were paid for, as numbers: each processor compiles for itself, and who is first is chance.
    compiled: Mutex<HashSet<u64>>,
    hasher: RandomState,
    most_values: usize,
    most_bytes: usize,
    most_work: usize,
}

impl Budget {
    pub(super) fn new(limits: &LoaderLimits) -> Self {
        let [values, bytes, work] = [0; 3].map(AtomicUsize::new);
        let most_work = limits.restores.saturating_mul(WORK_FOR_A_RESTORE);
        let (compiled, hasher) = Default::default();
        let (most_values, most_bytes) = (limits.nodes, limits.expanded_bytes);
        Self { values, bytes, work, compiled, hasher, most_values, most_bytes, most_work }
    }

    /// Pays for copies of values. False: that is too much.
    pub(super) fn pay(&self, (values, bytes): (usize, usize)) -> bool {
        add(&self.values, values);
        add(&self.bytes, bytes);
        !self.is_spent()
    }

    /// Pays for compiling a template, the first time that anybody does. False: that is too much.
    pub(super) fn compile(&self, template: &str) -> bool {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if compiled.insert(self.hasher.hash_one(template)) {
            add(&self.work, template.len().saturating_mul(COMPILE));
        }
        !self.is_spent()
    }

    /// Pays for going through a template so many times. False: that is too much.
    pub(super) fn go_through(&self, template: &str, times: usize) -> bool {
        add(&self.work, template.len().saturating_mul(times).saturating_mul(PASS));
        !self.is_spent()
    }

    /// Pays for a helper that works on a value or makes it. False: that is too much.
    pub(super) fn handle(&self, value: &Value) -> bool {
        let (values, bytes) = size(value);
        add(&self.work, values.saturating_mul(VALUE).saturating_add(bytes));
        !self.is_spent()
    }

    /// Whether all of one kind is spent.
    pub(super) fn is_spent(&self) -> bool {
        let over = |spent: &AtomicUsize, most| spent.load(Ordering::Relaxed) > most;
        over(&self.values, self.most_values) || over(&self.bytes, self.most_bytes) || over(&self.work, self.most_work)
    }

    /// What is said where it is spent.
    pub(super) fn finding(&self, span: Span) -> Draft {
        let Self { most_values, most_bytes, .. } = self;
        let message = format!(
            "templates, `for_each` and `defaults` come to too much: more than {most_values} values, more than {most_bytes} bytes of text, or more work than so many are worth"
        );
        draft(rule::LIMIT, span, "/restores", message).hint("use shorter lists and texts, or split the plan")
    }
}

fn add(to: &AtomicUsize, more: usize) {
    // It always has a next value, so this can't fail.
    let _ = to.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |spent| Some(spent.saturating_add(more)));
}

/// How many values a value is made of, and how many bytes of text they hold.
pub(super) fn size(value: &Value) -> (usize, usize) {
    let add = |(values, bytes): (usize, usize), (more, texts): (usize, usize)| (values + more, bytes + texts);
    match value {
        Value::String(text) => (1, text.len()),
        Value::Array(items) => items.iter().map(size).fold((1, 0), add),
        Value::Object(map) => map.iter().map(|(key, value)| add((0, key.len()), size(value))).fold((1, 0), add),
        _ => (1, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_kind_is_spent_alone() {
        let limits = LoaderLimits { nodes: 10, expanded_bytes: 100, ..LoaderLimits::default() };
        let budget = || Budget::new(&limits);
        let one = budget();
        assert!(one.pay((10, 100)) && !one.is_spent());
        assert!(!one.pay((1, 0)) && one.is_spent());
        assert!(!budget().pay((0, 101)));
        assert!(!budget().pay((usize::MAX, usize::MAX)));
        assert!(budget().go_through("{{a}}", 1000) && !budget().go_through("{{a}}", one.most_work));
        let one = budget();
        let template = "x".repeat(one.most_work / COMPILE);
        assert!(one.compile(&template) && one.compile(&template) && !one.compile("xx"));
        let long = json!("x".repeat(1 << 20));
        let one = budget();
        assert_eq!((0..).find(|_| !one.handle(&long)), Some(one.most_work >> 20));
    }
}
