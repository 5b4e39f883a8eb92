//! A run while it goes on, in a few lines for a terminal: what is done, what runs, what holds it up, and how long it will
//! take as far as anything tells. The live page of `watch/` shows the same. Kept up to date item by item, so that a plan of thousands costs no more to show.

use std::collections::BTreeMap;

use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr};

mod view;

pub(in crate::report) use self::view::{Under, View};
use super::screen::{Style, Tone, pad};
use super::standing::{Mark, Standing};
use super::wording::{bytes, count, harmless};
use crate::changeset::Changeset;
use crate::journal::{Entry, ItemState, Progress, Record, RunState};
use crate::model::{Millis, Slug};

/// The width of a status; a longer one is cut.
const STATUS: usize = 16;
/// The width of how long a restore runs, and of how much of it is there.
const TOOK: usize = 22;
/// Of long names, the beginning is shown.
const NAME: usize = 36;

/// Where a run stands.
#[derive(Debug)]
pub struct Live {
    title: String,
    begun: Timestamp,
    /// What each item is expected to take, where something tells.
    expected: BTreeMap<Slug, Millis>,
    /// How many bytes each item restores, where the backup's object list tells.
    sizes: BTreeMap<Slug, u64>,
    /// Everything that isn't at its end, and isn't waiting.
    running: BTreeMap<Slug, Running>,
    marks: BTreeMap<Slug, Mark>,
    waiting: BTreeMap<Slug, Option<Millis>>,
    /// What restores of this run took, from their acceptance to their end as it was found.
    took: Vec<Millis>,
    concurrency: u32,
    /// How many are kept in flight where that isn't the limit, and why.
    lowered: Option<(u32, String)>,
    is_stopping: bool,
}

/// One restore that is under way.
#[derive(Debug, Clone)]
struct Running {
    since: Timestamp,
    status: String,
    tone: Tone,
    done: Option<u64>,
    total: Option<u64>,
}

impl Live {
    /// A run that begins.
    pub fn new(changeset: &Changeset, begun: Timestamp) -> Self {
        let own = |decision: &crate::changeset::Decision| decision.estimate.map(|estimate| estimate.duration_ms);
        let pending = || changeset.items.iter().filter(|decision| decision.action.is_pending());
        Self {
            title: format!("{} -> {}", changeset.plan.name, changeset.environment.name),
            begun,
            expected: pending().filter_map(|one| Some((one.item.name.clone(), own(one)?))).collect(),
            sizes: pending().filter_map(|one| Some((one.item.name.clone(), one.bytes?))).collect(),
            running: BTreeMap::new(),
            marks: BTreeMap::new(),
            waiting: pending().map(|one| (one.item.name.clone(), own(one))).collect(),
            took: Vec::new(),
            concurrency: changeset.limits.concurrency,
            lowered: None,
            is_stopping: false,
        }
    }

    /// Somebody asked the run to stop.
    pub fn stops(&mut self) {
        self.is_stopping = true;
    }

    /// An entry of the journal is durable; `state` is where the run stands with it.
    pub fn hear(&mut self, entry: &Entry, state: &RunState) {
        if let Record::Concurrency { allowed, reason } = &entry.record {
            self.lowered = (*allowed < self.concurrency).then(|| (*allowed, reason.clone()));
        }
        let Some(item) = entry.record.item() else { return };
        let Some(progress) = state.items.get(item) else { return };
        let was_running = self.running.remove(item);
        self.waiting.remove(item);
        self.marks.remove(item);
        match progress.state {
            ItemState::Waiting => drop(self.waiting.insert(item.clone(), self.expected.get(item).copied())),
            ItemState::Intended | ItemState::Unsure | ItemState::Following => {
                let total = self.sizes.get(item).copied();
                self.running.insert(item.clone(), Running::of(progress, total, entry.at));
            }
            ItemState::Ended(end) => {
                if let Some(ran) = was_running.filter(|_| end.is_success()) {
                    self.took.push(Millis::between(ran.since, entry.at));
                }
                self.marks.insert(item.clone(), Standing::of(Some(progress)).mark());
            }
        }
    }

    /// The lines of this moment: at most `rows` of them, none wider than the terminal.
    pub fn lines(&self, now: Timestamp, rows: usize, style: Style) -> Vec<String> {
        let mut lines = vec![self.counts(now, style)];
        if let Some((_, reason)) = &self.lowered {
            lines.push(style.paint(Tone::Open, &cut(&format!("  {}", harmless(reason)), style.width)));
        }
        if self.is_stopping {
            let words = "  stopping: nothing more is started, and what runs is waited for; Ctrl-C again leaves at once";
            lines.push(style.paint(Tone::Open, &cut(words, style.width)));
        }
        let last = cut(&format!("  {}", self.rest(now)), style.width);
        let room = rows.saturating_sub(lines.len() + 1).max(1);
        let mut running: Vec<(&Slug, &Running)> = self.running.iter().collect();
        // The slowest first; names break ties, so that lines stay in their places.
        running.sort_by_key(|(name, one)| (one.since, *name));
        let shown = if running.len() > room { room.saturating_sub(1) } else { running.len() };
        let names = running
            .iter()
            .take(shown)
            .map(|(name, _)| name.as_str().len())
            .max()
            .unwrap_or(0)
            .min(NAME)
            .min(style.width.saturating_sub(STATUS + 12));
        lines.extend(running.iter().take(shown).map(|(name, one)| self.line(name, one, (now, names), style)));
        if running.len() > shown {
            let more = match shown {
                0 => format!("  {} are under way", running.len()),
                _ => format!("  and {} more, begun later", running.len() - shown),
            };
            lines.push(style.paint(Tone::Faint, &cut(&more, style.width)));
        }
        lines.push(style.paint(Tone::Faint, &last));
        lines
    }

    fn counts(&self, now: Timestamp, style: Style) -> String {
        let of = |mark: Mark| self.marks.values().filter(|one| **one == mark).count();
        let mut parts = vec![
            (Tone::Strong, self.title.clone()),
            (Tone::Plain, seconds(Millis::between(self.begun, now))),
            (Tone::Good, format!("{} done", of(Mark::Good))),
        ];
        for (tone, number, word) in [
            (Tone::Bad, of(Mark::Bad), "failed"),
            (Tone::Open, of(Mark::Open), "not known"),
            (Tone::Faint, of(Mark::Untried), "skipped"),
            (Tone::Plain, self.running.len(), "running"),
            (Tone::Plain, self.waiting.len(), "waiting"),
        ] {
            if number > 0 {
                parts.push((tone, format!("{number} {word}")));
            }
        }
        // Counted without colours, which take no columns.
        let (mut line, mut width) = (String::new(), 0);
        for (tone, part) in parts {
            let gap = if width == 0 { "" } else { "  " };
            let part = cut(&format!("{gap}{}", harmless(&part)), style.width.saturating_sub(width));
            width += columns(&part);
            line.push_str(&style.paint(tone, &part));
        }
        line
    }

    fn line(&self, name: &Slug, one: &Running, (now, names): (Timestamp, usize), style: Style) -> String {
        let mut took = seconds(Millis::between(one.since, now));
        if let Some(expected) = self.expected.get(name) {
            took.push_str(&format!(" of about {}", about(*expected)));
        }
        let moved = match (one.done, one.total) {
            (Some(done), Some(total)) => format!("{} of {}", bytes(done), bytes(total)),
            (Some(done), None) => bytes(done),
            _ => String::new(),
        };
        let head = format!("  {}  ", pad(&cut(name.as_str(), names), names, false));
        let status = pad(&cut(&harmless(&one.status), STATUS), STATUS, false);
        let tail = format!("  {}  {moved}", pad(&took, TOOK, false));
        let room = style.width.saturating_sub(columns(&head) + columns(&status));
        format!("{head}{}{}", style.paint(one.tone, &status), cut(tail.trim_end(), room))
    }

    /// How long the rest will take, and what says so; or that nothing does.
    fn rest(&self, now: Timestamp) -> String {
        if self.running.is_empty() && self.waiting.is_empty() {
            return "the run comes to its end".to_owned();
        }
        let mut told = self.took.clone();
        told.sort_unstable();
        let median = told.get(told.len() / 2).copied();
        let left = |(name, running): (&Slug, &Running)| {
            let expected = self.expected.get(name).copied().or(median)?;
            Some(Millis(expected.0.saturating_sub(Millis::between(running.since, now).0)))
        };
        let running = self.running.iter().map(left);
        let waiting = self.waiting.values().map(|expected| expected.or(median));
        let all: Vec<Option<Millis>> =
            if self.is_stopping { running.collect() } else { running.chain(waiting).collect() };
        let known: Vec<u64> = all.iter().flatten().map(|one| one.0).collect();
        let unknown = all.len() - known.len();
        let limit = self.lowered.as_ref().map_or(self.concurrency, |(allowed, _)| *allowed).max(1);
        let spread = known.iter().fold(0u64, |sum, one| sum.saturating_add(*one)) / u64::from(limit);
        let least = Millis(spread.max(known.iter().copied().max().unwrap_or(0)));
        let basis = match (self.expected.is_empty(), told.len()) {
            (false, 0) => "by what earlier restores took".to_owned(),
            (false, own) => format!("by what earlier restores and {own} of this run took"),
            (true, own) => format!("by what {} of this run took", count(own, "restore")),
        };
        match (known.len(), unknown) {
            (0, _) => {
                "how long it will take isn't known: no restore has ended yet, and the site tells no progress".to_owned()
            }
            (_, 0) if least.0 < 1000 => format!("about to end, {basis}"),
            (_, 0) => format!("{} more at least, {basis}", seconds(least)),
            (_, unknown) => format!("{} more at least, {basis}; nothing is known of {unknown}", seconds(least)),
        }
    }
}

impl Running {
    fn of(progress: &Progress, total: Option<u64>, at: Timestamp) -> Self {
        let current = progress.current();
        let since = current.map_or(at, |current| current.answered_at.unwrap_or(current.began_at));
        let seen = current.and_then(|current| current.restore.as_ref());
        let (status, tone) = match (progress.state, seen) {
            (ItemState::Intended, _) => ("sending".to_owned(), Tone::Faint),
            (ItemState::Unsure, _) => ("looking for it".to_owned(), Tone::Open),
            (_, Some(restore)) => (restore.status.to_string(), Tone::Plain),
            (_, None) => ("accepted".to_owned(), Tone::Faint),
        };
        let done = seen.and_then(|restore| restore.bytes()).filter(|done| *done > 0);
        Self { since, status, tone, done, total }
    }
}

/// Whole seconds: what changes more often can't be read.
pub(super) fn seconds(length: Millis) -> String {
    match length.0 / 1000 {
        0 => "0s".to_owned(),
        whole => Millis::from_secs(whole).to_string(),
    }
}

/// What something is expected to take. It doesn't change, so a part of a second can be read.
pub(super) fn about(length: Millis) -> String {
    if length.0 < 1000 { length.to_string() } else { seconds(length) }
}

/// As much of a text as fits, with `…` where that isn't all.
fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        short.push(c);
    }
    if width > 0 { short + "…" } else { String::new() }
}

/// How many columns a line takes, its colours aside.
pub fn columns(line: &str) -> usize {
    let mut parts = line.split('\u{1b}');
    let width = parts.next().map_or(0, UnicodeWidthStr::width);
    // What a colour begins with ends with the letter `m`.
    width + parts.map(|part| part.split_once('m').map_or(0, |(_, text)| text.width())).sum::<usize>()
}
