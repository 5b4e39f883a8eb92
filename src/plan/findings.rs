//! Collects what the stages find, and folds what `for_each` repeats.
//!
//! A mistake in a restore with `for_each` shows once for every element. It is reported once, at its
//! author's place; the elements are named only where they make a difference.

use std::collections::HashMap;

use crate::diagnostic::{Draft, Severity, Span};

pub(super) use crate::diagnostic::draft;

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

/// How many bytes of findings are kept: far more than is ever shown. What comes after them is only counted.
const ROOM: usize = 8 << 20;
/// How much of one text is shown, in bytes. What is longer quotes something that nobody would read to its end.
const LONGEST_TEXT: usize = 600;

/// What makes a finding the same as another: rule, place, pointer, and the message of those that are about no element.
type Identity = (&'static str, Option<Span>, String, Option<String>);

/// What was found so far.
#[derive(Debug, Clone)]
pub(super) struct Findings {
    found: Vec<Repeated>,
    /// Where each finding is.
    known: HashMap<Identity, usize>,
    errors: usize,
    /// How many bytes may still be kept.
    room: usize,
    /// How many errors and warnings were not kept.
    dropped: (usize, usize),
}

#[derive(Debug, Clone)]
struct Repeated {
    draft: Draft,
    elements: Option<Elements>,
}

/// The elements that have a finding.
#[derive(Debug, Clone)]
struct Elements {
    /// The first of them, and where it is written.
    first: (String, Span),
    count: usize,
    /// How many elements there are.
    of: usize,
    /// Whether all say the same.
    same: bool,
}

impl Findings {
    pub(super) fn new() -> Self {
        Self { found: Vec::new(), known: HashMap::new(), errors: 0, room: ROOM, dropped: (0, 0) }
    }

    /// Takes a finding in, once.
    pub(super) fn add(&mut self, draft: Draft) {
        let key = (draft.rule, draft.span, draft.pointer.clone(), Some(draft.message.clone()));
        self.keep(key, draft, None);
    }

    /// Takes in what ended the reading of a file. It is kept however much was found before.
    pub(super) fn add_fatal(&mut self, draft: Draft) {
        self.room = self.room.max(1);
        self.add(draft);
    }

    fn keep(&mut self, key: Identity, mut draft: Draft, elements: Option<Elements>) {
        if self.known.contains_key(&key) {
            return;
        }
        let error = usize::from(draft.severity == Severity::Error);
        self.errors += error;
        if self.is_full() {
            self.dropped.0 += error;
            self.dropped.1 += 1 - error;
            return;
        }
        self.known.insert(key, self.found.len());
        let texts = [&mut draft.message]
            .into_iter()
            .chain(&mut draft.hint)
            .chain(draft.related.iter_mut().map(|(_, text)| text));
        texts.for_each(shorten);
        self.room = self.room.saturating_sub(size_of::<Repeated>() + draft.message.len() + 2 * draft.pointer.len());
        self.found.push(Repeated { draft, elements });
    }

    /// Whether so much was found that no more is kept. Who makes findings one after another may stop.
    pub(super) fn is_full(&self) -> bool {
        self.room == 0
    }

    /// Takes in a finding that may come again for other elements of the same `for_each`.
    pub(super) fn add_for(&mut self, element: Option<Element<'_>>, draft: Draft) {
        let Some(Element { label, of, span }) = element else { return self.add(draft) };
        let key = (draft.rule, draft.span, draft.pointer.clone(), None);
        let known = self.known.get(&key).and_then(|index| self.found.get_mut(*index));
        if let Some(Repeated { draft: first, elements: Some(elements) }) = known {
            elements.count += 1;
            elements.same &= first.message == draft.message;
            return;
        }
        let elements = Elements { first: (label.to_owned(), span), count: 1, of, same: true };
        self.keep(key, draft, Some(elements));
    }

    /// Takes in what was found elsewhere.
    pub(super) fn take(&mut self, others: Self) {
        for Repeated { draft, elements } in others.found {
            let message = elements.is_none().then(|| draft.message.clone());
            self.keep((draft.rule, draft.span, draft.pointer.clone(), message), draft, elements);
        }
        let (errors, warnings) = others.dropped;
        self.errors += errors;
        self.dropped = (self.dropped.0 + errors, self.dropped.1 + warnings);
    }

    /// What was found first.
    pub(super) fn first(&self) -> Option<&Draft> {
        self.found.first().map(|found| &found.draft)
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

    /// How many errors and warnings were found and not kept.
    pub(super) fn dropped(&self) -> (usize, usize) {
        self.dropped
    }
}

/// Takes the middle out of a text that is too long to read.
fn shorten(text: &mut String) {
    if text.len() <= LONGEST_TEXT {
        return;
    }
    let (mut head, mut tail) = (LONGEST_TEXT / 2, text.len() - LONGEST_TEXT / 2);
    while !text.is_char_boundary(head) {
        head -= 1;
    }
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    text.replace_range(head..tail, " … ");
}
