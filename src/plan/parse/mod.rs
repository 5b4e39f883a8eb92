//! Text to values with places, in one pass over the parser's events.
//!
//! Whatever the bytes are, this ends with a value or with a diagnostic: every cost has a limit, no
//! recursion follows the input, and what different tools read differently is refused. An alias is
//! expanded in place and paid for each time.

mod message;
pub(in crate::plan) mod scalar;
pub(in crate::plan) mod simple;
mod slip;

use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError};

use crate::diagnostic::{Draft, FileId, Span};

use crate::plan::LoaderLimits;
use crate::plan::findings::{Findings, draft};
use crate::plan::node::{Entry, Node, Yaml};
use crate::plan::pointer::Pointer;
use crate::plan::rule;

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

    fn scalar(
        &self,
        text: String,
        style: ScalarStyle,
        span: Span,
        refused_tag: Option<Span>,
        tag: Option<Span>,
        findings: &mut Findings,
    ) -> Yaml {
        if let Some(tag) = refused_tag {
            findings.add(self.refused_tag(tag));
            return Yaml::Broken;
        }
        if text.len() > self.limits.scalar_bytes {
            let message = format!("this value has {} bytes; the limit is {}", text.len(), self.limits.scalar_bytes);
            let limit = draft(rule::LIMIT, span, &self.pointer(), message);
            findings.add(limit.hint(LoaderLimits::raise("", "scalar-bytes")));
            return Yaml::Broken;
        }
        if style != ScalarStyle::Plain || tag.is_some() {
            return Yaml::String(text);
        }
        scalar::plain(&text).unwrap_or_else(|(problem, hint)| {
            findings.add(draft(rule::REFUSED_YAML, span, &self.pointer(), problem).hint(hint));
            Yaml::Broken
        })
    }

    fn refused_tag(&self, tag: Span) -> Draft {
        draft(rule::REFUSED_YAML, tag, &self.pointer(), "a plan can't use tags other than `!!str`")
            .hint("remove the tag")
    }

    fn key(
        &mut self,
        text: &str,
        style: ScalarStyle,
        span: Span,
        tag: Option<Span>,
        findings: &mut Findings,
    ) -> Result<(), Fatal> {
        if let Some(tag) = tag {
            findings.add(self.refused_tag(tag));
        }
        let Some(Frame { open: Open::Map { entries, seen, read, .. }, .. }) = self.stack.last_mut() else {
            return Ok(());
        };
        *read += 1;
        if *read > self.limits.keys {
            let message = format!("this map has more than {} keys", self.limits.keys);
            let limit = draft(rule::LIMIT, span, &self.pointer(), message);
            return Err(Box::new(limit.hint(LoaderLimits::raise("", "keys"))));
        }
        let plain = style == ScalarStyle::Plain;
        let wrong = |rule, message: String, hint: &str| draft(rule, span, "", message).hint(hint);
        let problem = if plain && text == "<<" {
            let hint = "write the keys out, or put them in the plan's own defaults";
            Some(wrong(rule::REFUSED_YAML, "merge keys (`<<`) are not supported".to_owned(), hint))
        } else if plain && matches!(text, "" | "~") {
            // The parser calls a key that isn't there `~`.
            Some(draft(rule::REFUSED_YAML, span, "", "a key is missing before `:`"))
        } else if text.len() > self.limits.key_bytes {
            let message = format!("this key has {} bytes; the limit is {}", text.len(), self.limits.key_bytes);
            Some(draft(rule::LIMIT, span, "", message).hint(LoaderLimits::raise("", "key-bytes")))
        } else {
            first_of(entries, seen, text).map(|first| {
                let twice = format!("`{text}` stands twice in this map");
                wrong(rule::DUPLICATE_KEY, twice, "keep one of them").related(first, "the first is here")
            })
        };
        // What is too long for a key is too long for a pointer as well.
        let shown = if text.len() > self.limits.key_bytes { "…" } else { text };
        let next = Key { text: shown.to_owned(), span, kept: problem.is_none() };
        if let Some(problem) = problem {
            findings.add(Draft { pointer: self.pointer(), ..problem });
        }
        if let Some(Frame { open: Open::Map { key, .. }, .. }) = self.stack.last_mut() {
            *key = Some(next);
        }
        Ok(())
    }

    fn open(
        &mut self,
        (span, start): (Span, usize),
        anchor: usize,
        tag: Option<Span>,
        open: Open,
        findings: &mut Findings,
    ) -> Result<(), Fatal> {
        if let Some(tag) = tag {
            findings.add(self.refused_tag(tag));
        }
        if self.wants_key() {
            return Err(Box::new(self.no_scalar_key(span)));
        }
        if self.stack.len() >= self.limits.depth {
            return Err(Box::new(self.too_deep(span.start_only())));
        }
        self.spend(1, 0, span)?;
        self.stack.push(Frame { start, anchor, height: 1, open });
        Ok(())
    }

    fn no_scalar_key(&self, span: Span) -> Draft {
        let pointer = self.pointer();
        // To YAML, `{{x}}` is a map in a map; to its author, it is a template.
        let outer = span.start.saturating_sub(1);
        let line = self.window.text.get(outer..).and_then(|rest| rest.lines().next()).unwrap_or("");
        if let Some(close) = line.find("}}").filter(|_| line.starts_with("{{")) {
            let template = Span { start: outer, end: outer + close + 2, ..span };
            return draft(rule::REFUSED_YAML, template, &pointer, "a template must stand in quotes")
                .hint("put the whole value in quotes, like `\"{{name}}\"`");
        }
        let message = "a key must be plain text; this one is a list, a map or an alias";
        draft(rule::REFUSED_YAML, span, &pointer, message).hint("write the key out, in quotes if need be")
    }

    fn close(&mut self, end: usize) -> Result<(), Fatal> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let value = match frame.open {
            Open::List(items) => Yaml::List(items),
            Open::Map { entries, .. } => Yaml::Map(entries),
        };
        let start = self.window.in_file(frame.start);
        // A block goes on to the next thing, over comments; what people see as its end is that of its last part.
        let in_brackets = self.window.text.get(frame.start..).is_some_and(|text| text.starts_with(['[', '{']));
        let last = if in_brackets { None } else { value.last_end() };
        let span = match last {
            Some(end) => Span { file: self.file, start, end: end.max(start) },
            None => self.seen(frame.start, end.max(frame.start)),
        };
        self.put(Node::new(span, value), frame.height, frame.anchor)
    }

    fn alias(&mut self, id: usize, span: Span, findings: &mut Findings) -> Result<(), Fatal> {
        if self.wants_key() {
            return Err(Box::new(self.no_scalar_key(span)));
        }
        let Some((node, height)) = self.anchors.get(&id) else {
            let message = "this alias refers to the very value that it stands in";
            findings.add(draft(rule::REFUSED_YAML, span, &self.pointer(), message));
            return self.put(Node::broken(span), 0, 0);
        };
        let height = *height;
        if self.stack.len() + height > self.limits.depth {
            return Err(Box::new(self.too_deep(span)));
        }
        let (nodes, bytes) = node.size();
        // Paid for before it is copied, and the copy stands where the alias does.
        self.spend(nodes, bytes, span)?;
        if let Some((node, _)) = self.anchors.get(&id) {
            let copy = Node { span, value: node.value.clone() };
            self.put(copy, height, 0)?;
        }
        Ok(())
    }

    /// Puts a complete value where it belongs.
    fn put(&mut self, node: Node, height: usize, anchor: usize) -> Result<(), Fatal> {
        if anchor > 0 {
            // The copy that aliases are made from is paid for as well: anchors may stand inside each other.
            let (nodes, bytes) = node.size();
            self.spend(nodes, bytes, node.span)?;
            self.anchors.insert(anchor, (node.clone(), height));
        }
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.height = frame.height.max(height + 1);
        match &mut frame.open {
            Open::List(items) => items.push(node),
            Open::Map { entries, key, .. } => {
                if let Some(Key { text, span, kept }) = key.take() {
                    if kept {
                        entries.push(Entry { key: text, key_span: span, value: node });
                    } else {
                        self.hidden.push(node.span);
                    }
                }
            }
        }
        Ok(())
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

/// What an alias to an anchored key stands for.
fn key_as_value(text: &str, style: ScalarStyle) -> Yaml {
    let plain = Some(text).filter(|_| style == ScalarStyle::Plain).and_then(|text| scalar::plain(text).ok());
    plain.unwrap_or_else(|| Yaml::String(text.to_owned()))
}

/// Up to how many keys are looked through one by one.
const FEW: usize = 24;

/// Where a key of a map stands, if it was read before.
fn first_of(entries: &[Entry], seen: &mut HashMap<String, Span>, key: &str) -> Option<Span> {
    if entries.len() <= FEW {
        return entries.iter().find(|entry| entry.key == key).map(|entry| entry.key_span);
    }
    for entry in entries.get(seen.len()..).unwrap_or_default() {
        seen.insert(entry.key.clone(), entry.key_span);
    }
    seen.get(key).copied()
}

fn value_bytes(value: &Yaml) -> usize {
    if let Yaml::String(text) = value { text.len() } else { 0 }
}
