//! Collects what the stages find, and folds what `for_each` repeats.
//!
//! A mistake in a restore with `for_each` shows once for every element. It is reported once, at its
//! author's place; the elements are named only where they make a difference.

use std::collections::HashMap;

use crate::diagnostic::{Diagnostics, Draft, Severity, Sources, Span};

pub(super) use crate::diagnostic::draft;

/// The element of a `for_each` that a finding is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    /// Its name, as the restore's name shows it.
    pub(super) label: &'a str,
    /// How many elements there are.
    pub(super) of: usize,
}

/// What was found so far.
#[derive(Debug)]
pub(super) struct Findings {
    found: Vec<Repeated>,
    /// Where the findings about elements are, by rule, place and pointer.
    by_place: HashMap<(&'static str, Option<Span>, String), usize>,
    errors: usize,
}

#[derive(Debug)]
struct Repeated {
    draft: Draft,
    /// The first element with it, how many have it, how many there are, and whether all say the same.
    elements: Option<(String, usize, usize, bool)>,
}

impl Findings {
    pub(super) fn new() -> Self {
        Self { found: Vec::new(), by_place: HashMap::new(), errors: 0 }
    }

    /// Takes a finding in.
    pub(super) fn add(&mut self, draft: Draft) {
        self.errors += usize::from(draft.severity == Severity::Error);
        self.found.push(Repeated { draft, elements: None });
    }

    /// Takes in a finding that may come again for other elements of the same `for_each`.
    pub(super) fn add_for(&mut self, element: Option<Element<'_>>, draft: Draft) {
        let Some(Element { label, of }) = element else { return self.add(draft) };
        let key = (draft.rule, draft.span, draft.pointer.clone());
        if let Some(known) = self.by_place.get(&key).and_then(|index| self.found.get_mut(*index)) {
            if let Some((_, count, _, same)) = &mut known.elements {
                *count += 1;
                *same &= known.draft.message == draft.message;
            }
            return;
        }
        self.by_place.insert(key, self.found.len());
        self.errors += usize::from(draft.severity == Severity::Error);
        self.found.push(Repeated { draft, elements: Some((label.to_owned(), 1, of, true)) });
    }

    /// Whether there is an error.
    pub(super) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// How many errors there are so far.
    pub(super) fn errors(&self) -> usize {
        self.errors
    }

    /// Everything, ready to be shown.
    pub(super) fn finish(self, sources: Sources, cap: usize) -> Diagnostics {
        let drafts = self.found.into_iter().map(|Repeated { mut draft, elements }| {
            if let Some((label, count, of, same)) = elements
                && !(same && count >= of)
            {
                let more = match count - 1 {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                draft.message.push_str(&format!(" (for the element `{label}`{more})"));
            }
            draft
        });
        Diagnostics::new(sources, drafts.collect(), cap)
    }
}
