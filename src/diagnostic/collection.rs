//! All problems of one resolution, in the order in which people read them.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{Diagnostic, Place, Severity, Sources, Span};

/// A problem as it is found, with spans in place of lines and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The id of the rule that found it.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The author's place.
    pub span: Option<Span>,
    /// The author's place as a JSON Pointer.
    pub pointer: String,
    /// What to do next.
    pub hint: Option<String>,
    /// Other places that it has to do with.
    pub related: Vec<(Span, String)>,
}

/// The problems, sorted by file and place, each once, capped, with the texts that they point into.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    sources: Sources,
    kept: Vec<Diagnostic>,
    beyond: Vec<Trace>,
    /// How many errors and warnings nothing is left of.
    dropped: (usize, usize),
    errors: usize,
    warnings: usize,
    allowed: Vec<Allowed>,
}

/// A warning that somebody has looked at and answers for. It counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// What would be warned of.
    pub diagnostic: Diagnostic,
    /// Why that is all right, in the author's words.
    pub reason: String,
}

/// What is left of a problem beyond the cap: enough to count it once where several resolutions find it.
pub(super) type Trace = (u64, Severity);

impl Diagnostics {
    /// Sorts the drafts, drops repetitions and keeps at most `cap` of them, errors before warnings. The others are
    /// counted.
    pub fn new(sources: Sources, mut drafts: Vec<Draft>, cap: usize) -> Self {
        drafts.sort_by(|a, b| {
            let key = |d: &Draft| (d.span.is_none(), d.span, d.severity, d.rule);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
        });
        let mut seen = HashSet::new();
        drafts.retain(|d| seen.insert((d.rule, d.span, d.message.clone())));
        let errors = drafts.iter().filter(|d| d.severity == Severity::Error).count();
        let warnings = drafts.len() - errors;
        let (kept, beyond) = most_severe(drafts, |draft| draft.severity, cap);
        let beyond = beyond.into_iter().map(|draft| draft.placed(&sources).trace()).collect();
        let kept = kept.into_iter().map(|draft| draft.placed(&sources)).collect();
        Self { sources, kept, beyond, dropped: (0, 0), errors, warnings, allowed: Vec::new() }
    }

    /// Keeps warnings that are allowed, with the reasons.
    #[must_use]
    pub fn and_allowed(mut self, allowed: Vec<(Draft, String)>) -> Self {
        let placed = |(draft, reason): (Draft, String)| Allowed { diagnostic: draft.placed(&self.sources), reason };
        let placed: Vec<Allowed> = allowed.into_iter().map(placed).collect();
        self.allowed.extend(placed);
        self
    }

    /// Counts problems that were found and are not even kept.
    #[must_use]
    pub fn and_more(self, errors: usize, warnings: usize) -> Self {
        let dropped = (self.dropped.0 + errors, self.dropped.1 + warnings);
        Self { errors: self.errors + errors, warnings: self.warnings + warnings, dropped, ..self }
    }

    /// Whether the document can't be used.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.errors + self.warnings == 0
    }

    /// How many errors were found, with those that are not kept.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// How many warnings were found, with those that are not kept.
    pub fn warnings(&self) -> usize {
        self.warnings
    }

    /// Those that are kept, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.kept.iter()
    }

    /// The texts that they point into.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// How many errors and warnings were counted by [`Self::and_more`].
    pub(super) fn dropped(&self) -> (usize, usize) {
        self.dropped
    }

    /// Takes out the warnings that are allowed.
    pub(super) fn take_allowed(&mut self) -> Vec<Allowed> {
        std::mem::take(&mut self.allowed)
    }

    /// The texts, what is kept, and what is left of the others.
    pub(super) fn into_parts(self) -> (Sources, Vec<Diagnostic>, Vec<Trace>) {
        (self.sources, self.kept, self.beyond)
    }
}

/// At most so many of them in their order, errors before warnings; and the others.
pub(super) fn most_severe<T>(
    all: impl IntoIterator<Item = T>,
    severity: impl Fn(&T) -> Severity,
    most: usize,
) -> (Vec<T>, Vec<T>) {
    let all: Vec<T> = all.into_iter().collect();
    let errors = all.iter().filter(|one| severity(one) == Severity::Error).count();
    let (mut for_errors, mut for_warnings) = (most, most.saturating_sub(errors));
    all.into_iter().partition(|one| {
        let room = if severity(one) == Severity::Error { &mut for_errors } else { &mut for_warnings };
        let keep = *room > 0;
        *room = room.saturating_sub(1);
        keep
    })
}

impl Diagnostic {
    /// The same for the same problem in another resolution.
    pub(super) fn trace(&self) -> Trace {
        let mut hasher = DefaultHasher::new();
        self.identity().hash(&mut hasher);
        (hasher.finish(), self.severity)
    }

    /// What makes a problem the same as another: the rule, the place, the message.
    pub(super) fn identity(&self) -> (&str, Option<&Place>, &str) {
        (self.rule, self.place.as_ref(), &self.message)
    }
}

/// An error at a place, with nothing more to say about it yet.
pub fn draft(rule: &'static str, span: Span, pointer: &str, message: impl Into<String>) -> Draft {
    Draft {
        rule,
        severity: Severity::Error,
        message: message.into(),
        span: Some(span),
        pointer: pointer.to_owned(),
        hint: None,
        related: Vec::new(),
    }
}

impl Draft {
    /// With what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With what to do next, where that is known.
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// With another place that it has to do with, and what is there.
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }

    /// With another place, where there is one.
    pub fn maybe_related(self, span: Option<Span>, text: impl Into<String>) -> Self {
        match span {
            Some(span) => self.related(span, text),
            None => self,
        }
    }

    /// As something that somebody should look at, and that stops nothing.
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    fn placed(self, sources: &Sources) -> Diagnostic {
        Diagnostic {
            rule: self.rule,
            severity: self.severity,
            message: self.message,
            place: self.span.map(|span| sources.place(span)),
            pointer: self.pointer,
            hint: self.hint,
            related: self.related.into_iter().map(|(span, text)| (sources.place(span), text)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(rule: &'static str, severity: Severity, span: Option<Span>) -> Draft {
        Draft { rule, severity, message: "m".into(), span, pointer: String::new(), hint: None, related: Vec::new() }
    }

    #[test]
    fn sorted_once_each_and_capped_with_errors_first() {
        let mut sources = Sources::default();
        let file = sources.add("f", "a\nb\nc\n".into());
        let at = |start| Some(Span { file, start, end: start + 1 });
        let drafts = vec![
            draft("R3", Severity::Error, at(4)),
            draft("R0", Severity::Error, None),
            draft("R1", Severity::Warning, at(0)),
            draft("R2", Severity::Error, at(2)),
            draft("R2", Severity::Error, at(2)),
        ];
        let rules = |cap| {
            let all = Diagnostics::new(sources.clone(), drafts.clone(), cap);
            (all.iter().map(|d| d.rule).collect::<Vec<_>>(), all.errors(), all.warnings(), all.beyond.len())
        };
        assert_eq!(rules(10), (vec!["R1", "R2", "R3", "R0"], 3, 1, 0));
        assert_eq!(rules(3), (vec!["R2", "R3", "R0"], 3, 1, 1));
        assert_eq!(rules(1), (vec!["R2"], 3, 1, 3));
        assert!(!Diagnostics::new(sources.clone(), vec![draft("R", Severity::Warning, None)], 0).has_errors());
    }
}
