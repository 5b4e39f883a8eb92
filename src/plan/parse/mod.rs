//! Text to values with places, in one pass over the parser's events.
//!
//! Whatever the bytes are, this ends with a value or with a diagnostic: every cost has a limit, no
//! recursion follows the input, and what different tools read differently is refused. An alias is
//! expanded in place and paid for each time.

mod message;
pub(in crate::plan) mod scalar;
pub(in crate::plan) mod simple;
mod slip;
mod values;

use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScanError};

use crate::diagnostic::{Draft, FileId, Span};

use crate::plan::LoaderLimits;
use crate::plan::findings::{Findings, draft};
use crate::plan::node::{Entry, Node, Yaml};
use crate::plan::pointer::Pointer;
use crate::plan::rule;
use values::{key_as_value, value_bytes};

/// What came of a text.
pub(in crate::plan) struct Parsed {
    /// Its value, or what ended the reading.
    pub(in crate::plan) root: Result<Node, Fatal>,
    /// How many values it holds.
    pub(in crate::plan) nodes: usize,
    /// Values that came into no tree, so that nobody after this can tell whether they are secret.
    pub(in crate::plan) hidden: Vec<Span>,
}

/// Reads a text, or a part of one.
pub(in crate::plan) fn parse(
    file: FileId,
    window: Window<'_>,
    limits: &LoaderLimits,
    findings: &mut Findings,
) -> Parsed {
    let mut builder = Builder::new(file, window, limits);
    let root = builder.run(findings);
    Parsed { root, nodes: builder.nodes, hidden: builder.hidden }
}

/// What of a text is read, and where it stands in it.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) struct Window<'a> {
    /// The text that is read.
    pub(in crate::plan) text: &'a str,
    /// Where it begins in the file.
    pub(in crate::plan) base: usize,
    /// From this byte of it on, so many bytes of the file were left out before it.
    pub(in crate::plan) gap: (usize, usize),
    /// It is a part of `restores`, and its first element has this index there.
    pub(in crate::plan) first: Option<usize>,
}

impl<'a> Window<'a> {
    /// A whole text.
    pub(in crate::plan) fn whole(text: &'a str) -> Self {
        Self { text, base: 0, gap: (usize::MAX, 0), first: None }
    }

    fn in_file(&self, at: usize) -> usize {
        self.base + at + if at >= self.gap.0 { self.gap.1 } else { 0 }
    }
}

/// What ends the reading of a file.
pub(in crate::plan) type Fatal = Box<Draft>;

struct Builder<'a> {
    file: FileId,
    window: Window<'a>,
    limits: &'a LoaderLimits,
    stack: Vec<Frame>,
    root: Option<Node>,
    /// Complete anchored values, each with how deep it goes.
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    bytes: usize,
    /// Values that come into no tree, so that nobody after this can tell whether they are secret.
    hidden: Vec<Span>,
}

/// A collection that is still open.
struct Frame {
    /// In the text that is read.
    start: usize,
    anchor: usize,
    /// How deep it goes so far.
    height: usize,
    open: Open,
}

enum Open {
    List(Vec<Node>),
    /// `read` is how many keys there were, those that stand twice counted too. Once there are many, `seen` tells where
    /// each stands first; few are looked through faster.
    Map {
        entries: Vec<Entry>,
        seen: HashMap<String, Span>,
        read: usize,
        key: Option<Key>,
    },
}

struct Key {
    text: String,
    span: Span,
    /// Its value counts; otherwise it is read and left out.
    kept: bool,
}

impl<'a> Builder<'a> {
    fn new(file: FileId, window: Window<'a>, limits: &'a LoaderLimits) -> Self {
        Self {
            file,
            window,
            limits,
            stack: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            nodes: 0,
            bytes: 0,
            hidden: Vec::new(),
        }
    }

    fn run(&mut self, findings: &mut Findings) -> Result<Node, Fatal> {
        let nesting = self.limits.depth.saturating_add(2);
        let options = granit_parser::options! {
            disallow_directives: true,
            emit_comments: false,
            flow_nesting_limit: nesting,
            block_nesting_limit: nesting,
        };
        let mut parser = Parser::new_from_str_with_options(self.window.text, options);
        let mut documents = 0;
        while let Some(next) = parser.next_event() {
            let (event, span) = next.map_err(|error| Box::new(self.syntax(&error)))?;
            if findings.is_full() {
                return Err(Box::new(self.too_much_is_wrong(span.start)));
            }
            let tag = span.tag_span().map(|tag| self.span(tag.start, tag.end));
            let (start, end) = (self.offset(span.start), self.offset(span.end));
            let span = self.span(span.start, span.end);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        let fatal = draft(rule::REFUSED_YAML, span, "", "a second document begins here");
                        return Err(Box::new(fatal.hint("keep one document in a file")));
                    }
                }
                Event::Scalar(text, style, anchor, known_tag) => {
                    if self.wants_key() {
                        self.key(&text, style, span, tag, findings)?;
                        if anchor > 0 {
                            self.anchors.insert(anchor, (Node::new(span, key_as_value(&text, style)), 0));
                        }
                        continue;
                    }
                    let is_str = known_tag.is_none_or(|tag| tag.is_yaml_core_schema_tag("str"));
                    let value = self.scalar(text.into_owned(), style, span, tag.filter(|_| !is_str), tag, findings);
                    self.spend(1, self.limits.scalar_bytes.min(value_bytes(&value)), span)?;
                    if value == Yaml::Broken {
                        self.hidden.push(span);
                    }
                    self.put(Node::new(span, value), 0, anchor)?;
                }
                Event::SequenceStart(_, anchor, _) => {
                    self.open((span, start), anchor, tag, Open::List(Vec::new()), findings)?;
                }
                Event::MappingStart(_, anchor, _) => {
                    let open = Open::Map { entries: Vec::new(), seen: HashMap::new(), read: 0, key: None };
                    self.open((span, start), anchor, tag, open, findings)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(end)?,
                Event::Alias(id) => self.alias(id, span, findings)?,
                _ => {}
            }
        }
        match self.root.take() {
            Some(root) => Ok(root),
            None => Err(Box::new(draft(rule::SYNTAX, self.whole().start_only(), "", "the file is empty"))),
        }
    }

    /// Where a marker stands in the text that is read.
    fn offset(&self, at: Marker) -> usize {
        at.byte_offset().unwrap_or(0).min(self.window.text.len())
    }

    fn span(&self, start: Marker, end: Marker) -> Span {
        let start = self.offset(start);
        self.seen(start, self.offset(end).max(start))
    }

    /// A block ends where the next thing begins; what people see as its end is its last text.
    fn seen(&self, start: usize, end: usize) -> Span {
        let end = self.window.text.get(start..end).map_or(end, |text| start + text.trim_end().len());
        Span { file: self.file, start: self.window.in_file(start), end: self.window.in_file(end) }
    }

    fn whole(&self) -> Span {
        self.seen(0, self.window.text.len())
    }

    fn pointer(&self) -> String {
        let mut pointer = Pointer::default();
        if self.window.first.is_some() {
            pointer.push("restores");
        }
        let mut first = self.window.first;
        for frame in &self.stack {
            match &frame.open {
                Open::List(items) => pointer.push(&(first.take().unwrap_or(0) + items.len()).to_string()),
                Open::Map { key, .. } => key.iter().for_each(|key| pointer.push(&key.text)),
            }
        }
        pointer.to_string()
    }

    /// Whether the next node is a key.
    fn wants_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { open: Open::Map { key: None, .. }, .. }))
    }

    /// Pays for values before they are kept.
    fn spend(&mut self, nodes: usize, bytes: usize, span: Span) -> Result<(), Fatal> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.bytes = self.bytes.saturating_add(bytes);
        let over = |what: &str, limit: usize, name: &'static str| {
            let message = format!("the document holds more than {limit} {what}, anchors and aliases counted each time");
            let limit = draft(rule::LIMIT, span, &self.pointer(), message);
            Err(Box::new(limit.hint(LoaderLimits::raise("split the plan, or ", name))))
        };
        if self.nodes > self.limits.nodes {
            return over("values", self.limits.nodes, "nodes");
        }
        if self.bytes > self.limits.expanded_bytes {
            return over("bytes of text", self.limits.expanded_bytes, "expanded-bytes");
        }
        Ok(())
    }

    fn too_much_is_wrong(&self, at: Marker) -> Draft {
        let here = self.span(at, at);
        draft(rule::LIMIT, here, "", "too much is wrong up to here; the rest of the file is not looked at")
    }

    fn too_deep(&self, span: Span) -> Draft {
        let message = format!("more than {} lists and maps inside each other", self.limits.depth);
        draft(rule::LIMIT, span, &self.pointer(), message).hint(LoaderLimits::raise("", "depth"))
    }

    fn syntax(&self, error: &ScanError) -> Draft {
        let mut at = self.offset(*error.marker());
        if let ErrorKind::TabInPlainScalar = error.kind() {
            // The parser points at the text before it.
            at += self.window.text.get(at..).and_then(|rest| rest.find('\t')).unwrap_or(0);
        }
        let width = self.window.text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let start = self.window.in_file(at);
        let span = Span { file: self.file, start, end: start + width };
        if let ErrorKind::RecursionLimitExceeded = error.kind() {
            return self.too_deep(span);
        }
        if let Some((slip, message, hint)) = slip::slip(error.kind(), self.window.text, at) {
            let (start, end) = (self.window.in_file(slip.start), self.window.in_file(slip.end));
            return draft(rule::SYNTAX, Span { file: self.file, start, end }, &self.pointer(), message).hint(hint);
        }
        let (message, hint) = message::describe(error.kind(), self.window.text.get(at..).unwrap_or(""));
        draft(rule::SYNTAX, span, &self.pointer(), message).maybe_hint(hint.map(str::to_owned))
    }
}
