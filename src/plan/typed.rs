//! From validated nodes to the model, plan-wide parts first.
//!
//! The schema has been through here: what a reader doesn't expect is broken and was reported. A
//! reader gives nothing then, says nothing, and the plan isn't used.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;

use crate::diagnostic::{Draft, Sources};
use crate::model::{Limits, Millis, NameError, Objectives, RetryOn, Slug};

use super::findings::{Element, Findings, draft};
use super::node::{Node, Yaml};
use super::pointer::Pointer;
use super::{locate, rule};

/// The longest name of a plan, in characters; job names have to hold it.
pub const LONGEST_PLAN_NAME: usize = 30;

/// Reads values and reports at their places.
pub(super) struct Reader<'a> {
    findings: &'a mut Findings,
    sources: &'a Sources,
    /// The author's pointer to the value that is read.
    base: Pointer,
    element: Option<Element<'a>>,
}

/// How far from UTC a zone may be, in hours.
const MOST_HOURS: u32 = 14;

/// Whether a text has the form of a moment; how many hours its zone is from UTC.
fn is_moment(text: &str) -> Option<u32> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = date.split('-').count() == 3 && date.split('-').all(digits);
    let zone = time.strip_suffix(['Z', 'z']).map(|_| 0).or_else(|| {
        let (_, zone) = time.split_once(['+', '-'])?;
        zone.get(..2)?.parse().ok()
    });
    zone.filter(|_| is_date)
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        findings: &'a mut Findings,
        sources: &'a Sources,
        base: Pointer,
        element: Option<Element<'a>>,
    ) -> Self {
        Self { findings, sources, base, element }
    }

    /// Reports something about a value below the base.
    pub(super) fn wrong(&mut self, rule: &'static str, node: &Node, steps: &[&str], message: impl Into<String>) {
        self.report(self.draft(rule, node, steps, message));
    }

    /// As [`Self::wrong`], with what to do.
    pub(super) fn wrong_with(
        &mut self,
        rule: &'static str,
        node: &Node,
        steps: &[&str],
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.report(self.draft(rule, node, steps, message).hint(hint));
    }

    pub(super) fn draft(&self, rule: &'static str, node: &Node, steps: &[&str], message: impl Into<String>) -> Draft {
        let mut pointer = self.base.clone();
        steps.iter().for_each(|step| pointer.push(step));
        draft(rule, node.span, pointer.as_str(), message)
    }

    /// Something about a part of a text, given in bytes of its value: at that part, where it is written as it is.
    pub(super) fn draft_at(
        &self,
        rule: &'static str,
        node: &Node,
        steps: &[&str],
        part: Range<usize>,
        message: impl Into<String>,
    ) -> Draft {
        let mut found = self.draft(rule, node, steps, message);
        let text = node.as_str().unwrap_or("");
        match locate::part(self.sources, node.span, text, &part) {
            Some(place) => found.span = Some(place),
            None => {
                let at = text.get(..part.start).map_or(0, |before| before.chars().count()) + 1;
                found.message.push_str(&format!(" (at character {at} of the value)"));
            }
        }
        found
    }

    pub(super) fn report(&mut self, draft: Draft) {
        self.findings.add_for(self.element, draft);
    }

    /// A text. What is no text was reported by the schema; should it not have been, it is here.
    pub(super) fn text<'n>(&mut self, node: &'n Node, steps: &[&str]) -> Option<&'n str> {
        if node.as_str().is_none() && !node.is_broken() {
            self.wrong(rule::WRONG_KIND, node, steps, format!("this must be text; it is {}", node.kind()));
        }
        node.as_str()
    }

    /// A duration.
    pub(super) fn duration(&mut self, node: &Node, steps: &[&str]) -> Option<Millis> {
        let text = self.text(node, steps)?;
        let length: Millis =
            text.parse().map_err(|error| self.wrong(rule::WRONG_FORM, node, steps, format!("{error}"))).ok()?;
        // No window, deadline or pause of nothing is meant: each would turn a guard off.
        if length.0 == 0 {
            self.wrong(rule::OUT_OF_BOUNDS, node, steps, "this must be longer than nothing");
            return None;
        }
        Some(length)
    }

    /// A moment.
    pub(super) fn moment(&mut self, node: &Node, steps: &[&str]) -> Option<Timestamp> {
        let text = self.text(node, steps)?;
        let whole = is_moment(text);
        if let Some(moment) = text.parse().ok().filter(|_| whole.is_none_or(|offset| offset <= MOST_HOURS)) {
            return Some(moment);
        }
        let message = format!("`{text}` is not a moment");
        let hint = match whole {
            Some(_) => "its month, day, hour or zone doesn't exist",
            None if text.parse::<Millis>().is_ok() => "this is a duration; for a time before now, write `within`",
            None => "write a date and a time with a zone, like `2026-11-01T00:00:00Z`",
        };
        self.wrong_with(rule::WRONG_FORM, node, steps, message, hint);
        None
    }

    /// A value as it is written, with its quotes.
    pub(super) fn written(&self, node: &Node) -> &str {
        self.sources.text(node.span.file).get(node.span.start..node.span.end).unwrap_or("")
    }

    /// A whole number.
    pub(super) fn count(&mut self, node: &Node, steps: &[&str]) -> Option<u32> {
        let number = match &node.value {
            Yaml::Number(number) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
            Yaml::Broken => return None,
            _ => None,
        };
        if number.is_none() {
            self.wrong(rule::WRONG_KIND, node, steps, "this must be a whole number that isn't too large");
        }
        number
    }

    /// A switch in a map that may not be there; off where nothing is said.
    pub(super) fn flag(&mut self, map: Option<&Node>, name: &str, key: &str) -> Option<bool> {
        let Some(map) = map else { return Some(false) };
        if map.is_broken() {
            return None;
        }
        match map.get(key).map(|node| (node, &node.value)) {
            None => Some(false),
            Some((_, Yaml::Bool(flag))) => Some(*flag),
            Some((_, Yaml::Broken)) => None,
            Some((node, _)) => {
                self.wrong(rule::WRONG_KIND, node, &[name, key], "this must be `true` or `false`");
                None
            }
        }
    }

    /// A name for a plan or a restore.
    pub(super) fn slug(&mut self, node: &Node, steps: &[&str]) -> Option<Slug> {
        let text = self.text(node, steps)?;
        let wrong = |error: NameError| {
            let hint = error.meant.map(|meant| format!("write `{meant}`"));
            self.report(self.draft(rule::NAME, node, steps, error.problem).maybe_hint(hint));
        };
        Slug::parse(text).map_err(wrong).ok()
    }
}

/// A switch that may not be there. The schema has refused what is none.
pub(super) fn switch(node: Option<&Node>, default: bool) -> Option<bool> {
    match node.map(|node| &node.value) {
        None => Some(default),
        Some(Yaml::Bool(flag)) => Some(*flag),
        Some(_) => None,
    }
}

/// The plan's name.
pub(super) fn name(root: &Node, sources: &Sources, findings: &mut Findings) -> Option<Slug> {
    let node = root.get("name")?;
    let mut reader = Reader::new(findings, sources, Pointer::default(), None);
    let slug = reader.slug(node, &["name"])?;
    if slug.as_str().len() > LONGEST_PLAN_NAME {
        let message = format!("a plan's name has at most {LONGEST_PLAN_NAME} characters");
        reader.wrong(rule::NAME, node, &["name"], message);
        return None;
    }
    Some(slug)
}

/// The limits, from the plan's with the environment's laid over them.
pub(super) fn limits(node: Option<&Node>, sources: &Sources, findings: &mut Findings) -> Option<Limits> {
    let mut limits = Limits::default();
    let Some(node) = node else { return Some(limits) };
    if node.is_broken() {
        return None;
    }
    let mut reader = Reader::new(findings, sources, Pointer::from_text("/limits"), None);
    let mut whole = true;
    for entry in node.entries() {
        let key = entry.key.as_str();
        let value = &entry.value;
        let fits = match key {
            "concurrency" => reader.count(value, &[key]).map(|n| limits.concurrency = n),
            "per_target_site" => reader.count(value, &[key]).map(|n| limits.per_target_site = Some(n)),
            "per_source_site" => reader.count(value, &[key]).map(|n| limits.per_source_site = Some(n)),
            "requests_per_minute" => reader.count(value, &[key]).map(|n| limits.requests_per_minute = Some(n)),
            "adaptive" => switch(Some(value), true).map(|on| limits.adaptive = on),
            "max_failures" => reader.count(value, &[key]).map(|n| limits.max_failures = Some(n)),
            "retries" => reader.count(value, &[key]).map(|n| limits.retries = n),
            "retry_on" => retry_on(value).map(|on| limits.retry_on = on),
            "retry_budget" => reader.count(value, &[key]).map(|n| limits.retry_budget = Some(n)),
            "deadline" => reader.duration(value, &[key]).map(|d| limits.deadline_ms = d),
            "queue_deadline" => reader.duration(value, &[key]).map(|d| limits.queue_deadline_ms = Some(d)),
            "run_deadline" => reader.duration(value, &[key]).map(|d| limits.run_deadline_ms = Some(d)),
            "poll_interval" => reader.duration(value, &[key]).map(|d| limits.poll_interval_ms = d),
            "settle_window" => reader.duration(value, &[key]).map(|d| limits.settle_window_ms = d),
            "groups" => groups(value, &mut reader).map(|g| limits.groups = g),
            _ => Some(()),
        };
        whole &= fits.is_some();
    }
    whole.then_some(limits)
}

/// One of the schema's words; it has refused all others.
fn retry_on(node: &Node) -> Option<RetryOn> {
    match node.as_str()? {
        "any" => Some(RetryOn::Any),
        "failed" => Some(RetryOn::Failed),
        "partly_failed" => Some(RetryOn::PartlyFailed),
        _ => None,
    }
}

fn groups(node: &Node, reader: &mut Reader<'_>) -> Option<BTreeMap<String, u32>> {
    if node.is_broken() {
        return None;
    }
    let group = |entry: &super::node::Entry| {
        let count = reader.count(&entry.value, &["groups", &entry.key])?;
        Some((entry.key.clone(), count))
    };
    node.entries().iter().map(group).collect()
}

/// What the restore must achieve.
pub(super) fn objectives(node: Option<&Node>, sources: &Sources, findings: &mut Findings) -> Option<Objectives> {
    let Some(node) = node else { return Some(Objectives::default()) };
    if node.is_broken() {
        return None;
    }
    let mut reader = Reader::new(findings, sources, Pointer::from_text("/objectives"), None);
    let mut objective = |key: &str| match node.get(key) {
        Some(value) => reader.duration(value, &[key]).map(Some),
        None => Some(None),
    };
    let (rto_ms, rpo_ms) = (objective("rto"), objective("rpo"));
    Some(Objectives { rto_ms: rto_ms?, rpo_ms: rpo_ms? })
}
