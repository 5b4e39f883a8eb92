//! The part of YAML that large plans are written in, read line by line: block maps and lists, texts and numbers on one
//! line, and lists and maps in brackets on one line.
//!
//! Programs write large plans, and they write all restores alike. The parser does for each of them what only the rarest
//! needs, and takes most of the time of a check. This reader gives what the parser would give, place by place, or nothing
//! at all: whatever it doesn't know for certain, or would be a finding, it leaves to the parser.

use crate::diagnostic::{FileId, Span};

use super::scalar;
use crate::plan::LoaderLimits;
use crate::plan::node::{Entry, Node, Yaml};

/// Lists and maps inside each other; deeper ones are the parser's.
const DEEPEST: usize = 24;
/// Keys in one map, which are looked through for each; larger maps are the parser's.
const MOST_KEYS: usize = 32;
/// Bytes in one key.
const LONGEST_KEY: usize = 64;

/// Reads a piece of a list, which begins at `base` in its file, and counts its values. None: the parser must read it.
pub(in crate::plan) fn read(file: FileId, text: &str, base: usize, limits: &LoaderLimits) -> Option<(Node, usize)> {
    let text = text.as_bytes();
    if !text.iter().all(|byte| *byte == b'\n' || matches!(byte, b' '..=b'~')) {
        return None;
    }
    let mut reader = Reader { file, base, text, line: Line::default(), limits, nodes: 0, bytes: 0, depth: 0 };
    reader.next_line();
    let (indent, start) = (reader.line.indent, reader.line.start);
    let list = reader.is_dash(start).then(|| reader.list(indent, start))??;
    let fits = reader.at_end() && reader.nodes <= limits.nodes && reader.bytes <= limits.expanded_bytes;
    fits.then_some((list, reader.nodes))
}

/// A line that holds something, or what is left of it.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    /// Where what it holds begins.
    start: usize,
    /// How far that is indented.
    indent: usize,
    /// Where it ends, before its break.
    end: usize,
}

struct Reader<'a> {
    file: FileId,
    /// Where the text begins in the file.
    base: usize,
    text: &'a [u8],
    line: Line,
    limits: &'a LoaderLimits,
    nodes: usize,
    /// Of all texts.
    bytes: usize,
    depth: usize,
}

impl Reader<'_> {
    /// Goes to the next line that holds something but a comment; behind the last one, to the end of the text.
    fn next_line(&mut self) {
        let mut from = if self.line.end == 0 { 0 } else { self.line.end + 1 };
        while let Some(rest) = self.text.get(from..).filter(|rest| !rest.is_empty()) {
            let end = from + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let indent = rest.iter().take_while(|byte| **byte == b' ').count();
            let start = from + indent;
            if start < end && self.byte(start) != b'#' {
                self.line = Line { start, indent, end };
                return;
            }
            from = end + 1;
        }
        self.line = Line { start: self.text.len(), indent: 0, end: self.text.len() };
    }

    fn at_end(&self) -> bool {
        self.line.start >= self.text.len()
    }

    /// The byte at a place; a line break behind the text.
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(b'\n')
    }

    fn slice(&self, start: usize, end: usize) -> Option<&str> {
        std::str::from_utf8(self.text.get(start..end)?).ok()
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: self.base + start, end: self.base + end }
    }

    /// A block that begins here and ends where its last part does.
    fn block_of(&self, start: usize, value: Yaml) -> Node {
        let end = value.last_end().unwrap_or(self.base + start);
        Node::new(Span { file: self.file, start: self.base + start, end }, value)
    }

    /// Whether an entry of a list begins here.
    fn is_dash(&self, at: usize) -> bool {
        self.byte(at) == b'-' && self.byte(at + 1) == b' '
    }

    /// Goes one level deeper, for as long as `read` takes.
    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Option<Node>) -> Option<Node> {
        self.depth += 1;
        self.nodes += 1;
        let fits = self.depth <= DEEPEST.min(self.limits.depth) && self.nodes <= self.limits.nodes;
        let node = if fits { read(self) } else { None };
        self.depth -= 1;
        node
    }

    /// A list or a map that begins where the line does.
    fn block(&mut self) -> Option<Node> {
        let Line { start, indent, .. } = self.line;
        if self.is_dash(start) { self.list(indent, start) } else { self.map(indent) }
    }

    /// The entries of a list that begin on this and on later lines, indented like this. `start` is where the parser lets
    /// the list begin.
    fn list(&mut self, indent: usize, start: usize) -> Option<Node> {
        self.deeper(|reader| {
            let mut items = Vec::new();
            while !reader.at_end() && reader.line.indent == indent && reader.is_dash(reader.line.start) {
                items.push(reader.item()?);
                if !reader.at_end() && reader.line.indent > indent {
                    return None;
                }
            }
            Some(reader.block_of(start, Yaml::List(items)))
        })
    }

    /// One entry of a list; what follows its dash stands like a line of its own.
    fn item(&mut self) -> Option<Node> {
        let dash = self.line.start;
        let start = self.behind_blanks(dash + 1);
        if start >= self.line.end {
            return None;
        }
        if self.is_dash(start) || self.key(start).is_some() {
            self.line.indent += start - dash;
            self.line.start = start;
            return self.block();
        }
        self.rest_of_line(start)
    }

    /// The keys of a map that begin on this and on later lines, indented like this.
    fn map(&mut self, indent: usize) -> Option<Node> {
        self.deeper(|reader| {
            let start = reader.line.start;
            let mut entries = Vec::new();
            while !reader.at_end() && reader.line.indent == indent && !reader.is_dash(reader.line.start) {
                let key = reader.line.start;
                let colon = reader.key(key)?;
                let behind = reader.behind_blanks(colon + 1);
                let value = if reader.is_end(behind) { reader.below(indent)? } else { reader.rest_of_line(behind)? };
                if !reader.at_end() && reader.line.indent > indent {
                    return None;
                }
                reader.add(&mut entries, key, colon, value)?;
            }
            // A list's dash where a key should stand.
            if !reader.at_end() && reader.line.indent == indent {
                return None;
            }
            Some(reader.block_of(start, Yaml::Map(entries)))
        })
    }

    /// The list or the map under a key that is indented like this.
    fn below(&mut self, indent: usize) -> Option<Node> {
        self.next_line();
        let Line { start, indent: own, .. } = self.line;
        if self.at_end() {
            return None;
        }
        if own > indent {
            return self.block();
        }
        // Its dashes may stand right under the key; for the parser, such a list begins with its first entry.
        (own == indent && self.is_dash(start)).then(|| self.list(own, self.behind_blanks(start + 1)))?
    }

    /// Adds a key with its value, unless there is one of that name.
    fn add(&self, entries: &mut Vec<Entry>, start: usize, end: usize, value: Node) -> Option<()> {
        let key = self.slice(start, end)?;
        if entries.len() >= MOST_KEYS.min(self.limits.keys) || entries.iter().any(|entry| entry.key == key) {
            return None;
        }
        entries.push(Entry { key: key.to_owned(), key_span: self.span(start, end), value });
        Some(())
    }

    /// Where the colon of a key stands that begins here, if one does.
    fn key(&self, start: usize) -> Option<usize> {
        let rest = self.text.get(start..)?;
        let length =
            rest.iter().position(|byte| !matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-'))?;
        let first = self.byte(start);
        let named = (first.is_ascii_alphabetic() || first == b'_') && length <= LONGEST_KEY.min(self.limits.key_bytes);
        let colon = start + length;
        (named && self.byte(colon) == b':' && matches!(self.byte(colon + 1), b' ' | b'\n')).then_some(colon)
    }

    fn behind_blanks(&self, mut at: usize) -> usize {
        while self.byte(at) == b' ' {
            at += 1;
        }
        at
    }

    /// Whether nothing follows on the line, or a comment behind a blank.
    fn is_end(&self, at: usize) -> bool {
        at >= self.line.end || self.byte(at) == b'#' && at.checked_sub(1).is_some_and(|at| self.byte(at) == b' ')
    }

    /// A value that is all that stands on the rest of the line.
    fn rest_of_line(&mut self, start: usize) -> Option<Node> {
        let (value, end) = match self.byte(start) {
            b'[' | b'{' | b'"' | b'\'' => self.enclosed(start)?,
            _ => self.plain(start, false)?,
        };
        let behind = self.behind_blanks(end);
        if !self.is_end(behind) {
            return None;
        }
        self.next_line();
        Some(value)
    }

    /// A text in quotes, or a list or a map in brackets, with where it ends.
    fn enclosed(&mut self, start: usize) -> Option<(Node, usize)> {
        match self.byte(start) {
            b'[' => self.in_brackets(start, b']'),
            b'{' => self.in_brackets(start, b'}'),
            quote => self.quoted(start, quote),
        }
    }

    /// A text in quotes with nothing in it that would stand for something else.
    fn quoted(&mut self, start: usize, quote: u8) -> Option<(Node, usize)> {
        let inside = self.text.get(start + 1..self.line.end)?;
        let length = inside.iter().position(|byte| *byte == quote || *byte == b'\\')?;
        let end = start + 1 + length;
        if self.byte(end) != quote || quote == b'\'' && self.byte(end + 1) == quote {
            return None;
        }
        let value = Yaml::String(self.slice(start + 1, end)?.to_owned());
        Some((self.scalar(start, end + 1, value)?, end + 1))
    }

    /// A value without quotes, with where it ends.
    fn plain(&mut self, start: usize, in_brackets: bool) -> Option<(Node, usize)> {
        let first = self.byte(start);
        let begins = first.is_ascii_alphanumeric() || matches!(first, b'_' | b'.' | b'/' | b'$' | b'+');
        if !(begins || first == b'-' && self.byte(start + 1).is_ascii_alphanumeric()) {
            return None;
        }
        let mut at = start;
        let mut end = start;
        while at < self.line.end {
            let byte = self.byte(at);
            let ends = match byte {
                b'#' => self.byte(at - 1) == b' ',
                b',' | b']' | b'}' => in_brackets,
                _ => false,
            };
            if ends {
                break;
            }
            let fits = match byte {
                b':' => {
                    self.byte(at + 1).is_ascii_alphanumeric()
                        || !in_brackets && !matches!(self.byte(at + 1), b' ' | b'\n')
                }
                b'a'..=b'z'
                | b'A'..=b'Z'
                | b'0'..=b'9'
                | b' '
                | b'_'
                | b'.'
                | b'$'
                | b'/'
                | b'+'
                | b'-'
                | b'@'
                | b'=' => true,
                _ => !in_brackets,
            };
            if !fits {
                return None;
            }
            at += 1;
            if byte != b' ' {
                end = at;
            }
        }
        let value = scalar::plain(self.slice(start, end)?).ok()?;
        Some((self.scalar(start, end, value)?, at))
    }

    fn scalar(&mut self, start: usize, end: usize, value: Yaml) -> Option<Node> {
        if let Yaml::String(text) = &value {
            self.bytes += text.len();
            if text.len() > self.limits.scalar_bytes {
                return None;
            }
        }
        self.nodes += 1;
        Some(Node::new(self.span(start, end), value))
    }

    /// A list or a map in brackets on one line, with where it ends.
    fn in_brackets(&mut self, start: usize, close: u8) -> Option<(Node, usize)> {
        let mut at = start + 1;
        let node = self.deeper(|reader| {
            let (mut items, mut entries) = (Vec::new(), Vec::new());
            loop {
                at = reader.behind_blanks(at);
                let key = at;
                let colon = if close == b'}' { Some(reader.key(key)?) } else { None };
                at = colon.map_or(at, |colon| reader.behind_blanks(colon + 1));
                let (value, end) = match reader.byte(at) {
                    b'[' | b'{' | b'"' | b'\'' => reader.enclosed(at)?,
                    _ => reader.plain(at, true)?,
                };
                match colon {
                    Some(colon) => reader.add(&mut entries, key, colon, value)?,
                    None => items.push(value),
                }
                at = reader.behind_blanks(end);
                match reader.byte(at) {
                    b',' => at += 1,
                    byte if byte == close => break,
                    _ => return None,
                }
            }
            at += 1;
            let value = if close == b'}' { Yaml::Map(entries) } else { Yaml::List(items) };
            Some(Node::new(reader.span(start, at), value))
        })?;
        Some((node, at))
    }
}

#[cfg(test)]
mod tests;
