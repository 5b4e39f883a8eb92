//! Collects what the stages find, and folds what `for_each` repeats.
//!
//! A mistake in a restore with `for_each` shows once for every element. It is reported once, at its
//! author's place; the elements are named only where they make a difference.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::diagnostic::{Draft, Severity, Span};

/// The element of a `for_each` that a finding is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    /// Its name, as the restore's name shows it.
    pub(super) label: &'a str,
    /// How many elements there are.
    pub(super) of: usize,
    /// Where it is written.
    pub(super) span: Span,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    found: Vec<Repeated>,
    /// Where each finding is, by rule, place, pointer, and the message of those that are about no element.
    known: HashMap<(&'static str, Option<Span>, String, Option<String>), usize>,
    errors: usize,
}

#[derive(Debug)]
struct Repeated {
    draft: Draft,
    elements: Option<Elements>,
}

/// The elements that have a finding.
#[derive(Debug)]
struct Elements {
    /// The first of them, and where it is written.
    first: (String, Span),
    count: usize,
    /// How many elements there are.
    of: usize,
    /// Whether all say the same.
    same: bool,
}

/// A problem without its severity and the less usual parts.
pub(super) fn draft(rule: &'static str, span: Span, pointer: &str, message: impl Into<String>) -> Draft {
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
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    pub(super) fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }

    pub(super) fn maybe_related(self, span: Option<Span>, text: impl Into<String>) -> Self {
        match span {
            Some(span) => self.related(span, text),
            None => self,
        }
    }

    pub(super) fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

impl Findings {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Takes a finding in, once.
    pub(super) fn add(&mut self, draft: Draft) {
        let key = (draft.rule, draft.span, draft.pointer.clone(), Some(draft.message.clone()));
        if let Entry::Vacant(free) = self.known.entry(key) {
            free.insert(self.found.len());
            self.push(draft, None);
        }
    }

    /// Takes in a finding that may come again for other elements of the same `for_each`.
    pub(super) fn add_for(&mut self, element: Option<Element<'_>>, draft: Draft) {
        let Some(Element { label, of, span }) = element else { return self.add(draft) };
        match self.known.entry((draft.rule, draft.span, draft.pointer.clone(), None)) {
            Entry::Occupied(known) => {
                if let Some(Repeated { draft: first, elements: Some(elements) }) = self.found.get_mut(*known.get()) {
                    elements.count += 1;
                    elements.same &= first.message == draft.message;
                }
            }
            Entry::Vacant(free) => {
                free.insert(self.found.len());
                let elements = Elements { first: (label.to_owned(), span), count: 1, of, same: true };
                self.push(draft, Some(elements));
            }
        }
    }

    fn push(&mut self, draft: Draft, elements: Option<Elements>) {
        self.errors += usize::from(draft.severity == Severity::Error);
        self.found.push(Repeated { draft, elements });
    }

    /// Takes in what was found elsewhere, with each finding changed first.
    pub(super) fn take(&mut self, others: Self, change: impl Fn(&mut Draft)) {
        for Repeated { mut draft, elements } in others.found {
            change(&mut draft);
            let message = elements.is_none().then(|| draft.message.clone());
            if let Entry::Vacant(free) = self.known.entry((draft.rule, draft.span, draft.pointer.clone(), message)) {
                free.insert(self.found.len());
                self.push(draft, elements);
            }
        }
    }

    /// Whether there is an error.
    pub(super) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// How many errors there are so far.
    pub(super) fn errors(&self) -> usize {
        self.errors
    }

    /// Everything, with the elements told in the messages.
    pub(super) fn into_drafts(self) -> Vec<Draft> {
        let told = |Repeated { mut draft, elements }| {
            if let Some(Elements { first: (label, span), count, of, same }) = elements
                && !(same && count >= of)
            {
                let more = match count - 1 {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                draft.message.push_str(&format!(" (for the element `{label}`{more})"));
                if draft.span != Some(span) && draft.related.iter().all(|(other, _)| *other != span) {
                    draft.related.push((span, "the element is here".to_owned()));
                }
            }
            draft
        };
        self.found.into_iter().map(told).collect()
    }
}
