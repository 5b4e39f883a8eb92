//! Values put together from the parser's events: what each is worth, and what is refused.

use std::collections::HashMap;

use granit_parser::ScalarStyle;

use super::{Builder, Fatal, Frame, Key, Open, scalar};
use crate::diagnostic::{Draft, Span};
use crate::plan::findings::{Findings, draft};
use crate::plan::node::{Entry, Node, Yaml};
use crate::plan::{LoaderLimits, rule};

impl Builder<'_> {
    pub(super) fn scalar(
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

    pub(super) fn key(
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

    pub(super) fn open(
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

    pub(super) fn close(&mut self, end: usize) -> Result<(), Fatal> {
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

    pub(super) fn alias(&mut self, id: usize, span: Span, findings: &mut Findings) -> Result<(), Fatal> {
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
    pub(super) fn put(&mut self, node: Node, height: usize, anchor: usize) -> Result<(), Fatal> {
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
}

/// What an alias to an anchored key stands for.
pub(super) fn key_as_value(text: &str, style: ScalarStyle) -> Yaml {
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

pub(super) fn value_bytes(value: &Yaml) -> usize {
    if let Yaml::String(text) = value { text.len() } else { 0 }
}
