//! From a part of a scalar's value back to the part of the file that it was written as.
//!
//! A value isn't its text: quotes, escapes, indentation and folded lines stand between. The two are walked
//! side by side; where they don't fit each other, the value isn't what is written there (a template gave
//! it), and there is no such part.

use std::ops::Range;

use crate::diagnostic::{Sources, Span};

/// The place of a part of a scalar's value, given in bytes of the value. None: the scalar at `span` isn't
/// written as this value.
pub(super) fn part(sources: &Sources, span: Span, value: &str, part: &Range<usize>) -> Option<Span> {
    let text = sources.text(span.file);
    let written = text.get(span.start..span.end)?;
    let found = within(block(text.get(..span.start)?), written, value, part)?;
    Some(Span { file: span.file, start: span.start + found.start, end: span.start + found.end })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    /// With the number of spaces that its lines are indented by.
    Literal(usize),
    Folded(usize),
}

/// The style of a block scalar whose first line begins behind this text. Its mark (`|` or `>`) stands on the line
/// before, and isn't part of it.
fn block(before: &str) -> Option<Style> {
    let indent = before.len() - before.trim_end_matches(' ').len();
    let above = before.trim_end_matches(' ').strip_suffix('\n')?.trim_end();
    let line = above.rsplit('\n').next()?;
    let line = line.split(" #").next()?.trim_end();
    let header = line.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    match header.strip_suffix(['|', '>'])?.chars().next_back() {
        None | Some(' ') if header.ends_with('|') => Some(Style::Literal(indent)),
        None | Some(' ') => Some(Style::Folded(indent)),
        Some(_) => None,
    }
}

/// The part of the written text that a part of the value comes from.
fn within(block: Option<Style>, written: &str, value: &str, part: &Range<usize>) -> Option<Range<usize>> {
    let (style, begin, end) = match block {
        Some(style) => (style, 0, written.len()),
        None => flow(written)?,
    };
    let mut walk = Walk { written: written.get(..end)?, style, at: begin };
    let (mut start, mut stop) = (None, None);
    let mut rest = value.char_indices().peekable();
    while let Some((offset, c)) = rest.next() {
        walk.skip_silent();
        if offset == part.start {
            start = Some(walk.at);
        }
        if offset == part.end {
            stop = Some(walk.at);
        }
        if walk.is_break() && matches!(c, ' ' | '\n') && !matches!(style, Style::Literal(_)) {
            walk.skip_breaks();
            while c == '\n' && rest.next_if(|(_, next)| *next == '\n').is_some() {}
        } else if walk.at >= walk.written.len() && matches!(style, Style::Literal(_) | Style::Folded(_)) && c == '\n' {
            // The last line break, which belongs to no line that is shown.
        } else {
            walk.take(c)?;
        }
    }
    let end = walk.at;
    walk.skip_silent();
    let rest = walk.written.get(walk.at..)?;
    if !rest.trim().is_empty() {
        return None;
    }
    let start = start.or((part.start == value.len()).then_some(end))?;
    let stop = stop.or((part.end == value.len()).then_some(end))?;
    (start <= stop).then_some(start..stop)
}

/// The style of anything else, and where its content begins and ends.
fn flow(written: &str) -> Option<(Style, usize, usize)> {
    let quote = written.chars().next()?;
    let style = match quote {
        '"' => Style::Double,
        '\'' => Style::Single,
        _ => return Some((Style::Plain, 0, written.len())),
    };
    let end = written.len().checked_sub(1)?;
    (end >= 1 && written.ends_with(quote)).then_some((style, 1, end))
}

struct Walk<'a> {
    written: &'a str,
    style: Style,
    at: usize,
}

impl Walk<'_> {
    fn rest(&self) -> &str {
        self.written.get(self.at..).unwrap_or("")
    }

    fn skip_indent(&mut self, most: usize) {
        let spaces = self.rest().bytes().take(most).take_while(|byte| *byte == b' ').count();
        self.at += spaces;
    }

    /// Passes over what stands for nothing: an escaped line break.
    fn skip_silent(&mut self) {
        while self.style == Style::Double {
            let rest = self.rest();
            let Some(after) = rest.strip_prefix("\\\n").or_else(|| rest.strip_prefix("\\\r\n")) else { return };
            self.at += rest.len() - after.trim_start_matches([' ', '\t']).len();
        }
    }

    /// Whether a line ends here, with nothing but blanks before its end.
    fn is_break(&self) -> bool {
        let rest = match self.style {
            Style::Literal(_) | Style::Folded(_) => self.rest(),
            _ => self.rest().trim_start_matches([' ', '\t']),
        };
        rest.starts_with(['\n', '\r'])
    }

    /// Passes over line breaks, empty lines, and the next line's indentation.
    fn skip_breaks(&mut self) {
        match self.style {
            Style::Literal(indent) | Style::Folded(indent) => {
                while self.rest().starts_with(['\n', '\r']) {
                    self.at += 1;
                    if !self.rest().starts_with(['\n', '\r']) {
                        self.skip_indent(indent);
                    }
                }
            }
            _ => self.at += self.rest().len() - self.rest().trim_start().len(),
        }
    }

    /// Takes what is written for a character of the value.
    fn take(&mut self, c: char) -> Option<()> {
        let rest = self.rest();
        let mut chars = rest.chars();
        let first = chars.next()?;
        let taken = match self.style {
            Style::Double if first == '\\' => {
                let (decoded, length) = escape(rest.get(1..)?)?;
                (decoded == c).then_some(1 + length)?
            }
            Style::Single if first == '\'' => (c == '\'' && chars.next() == Some('\'')).then_some(2)?,
            Style::Literal(_) if first == '\r' && c == '\n' => 2,
            _ => (first == c).then_some(first.len_utf8())?,
        };
        self.at += taken;
        if let (Style::Literal(indent), '\n') = (self.style, c) {
            self.skip_indent(indent);
        }
        Some(())
    }
}

/// What an escape stands for, and how many bytes it has after its backslash.
fn escape(rest: &str) -> Option<(char, usize)> {
    let first = rest.chars().next()?;
    let hex = |digits: usize| {
        let code = u32::from_str_radix(rest.get(1..=digits)?, 16).ok()?;
        Some((char::from_u32(code)?, 1 + digits))
    };
    let decoded = match first {
        'x' => return hex(2),
        'u' => return hex(4),
        'U' => return hex(8),
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        same @ (' ' | '"' | '/' | '\\') => same,
        _ => return None,
    };
    Some((decoded, first.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::findings::Findings;
    use crate::plan::limits::LoaderLimits;
    use crate::plan::load::{Privacy, load};

    /// Reads a document whose key `a` holds a scalar with the word `here` in it, and gives what is written there.
    fn found(document: &str, word: &str) -> Option<String> {
        let (mut sources, mut findings) = (Sources::default(), Findings::new());
        let limits = LoaderLimits::default();
        let root = load("f", document.into(), Privacy::Open, &limits, &mut sources, &mut findings).unwrap();
        let node = root.get("a").unwrap();
        let value = node.as_str().unwrap();
        let at = value.find(word).unwrap();
        let span = part(&sources, node.span, value, &(at..at + word.len()))?;
        Some(document[span.start..span.end].to_owned())
    }

    #[test]
    fn in_every_style() {
        for document in [
            "a: x here y\n",
            "a: here\n",
            "a: x\n  y here\n  z\n",
            "a: x\n\n\n  here\n",
            "a: 'it''s here'\n",
            "a: 'x\n\n  here '\n",
            "a: \"x\\t\\u00e9 \\\"here\\\"\"\n",
            "a: \"x \\\n   here\"\n",
            "a: \"x\n   here\n\n y\"\n",
            "a: |\n  x\n    y\n\n  here\n  z\n",
            "a: |-\n  x\n  here",
            "a: |+\n  here\n\n\nb: 1\n",
            "a: >\n  x\n  y\n\n  here\n  z\n",
            "a: >-\n  x\n    more\n  here\n",
            "a: é here\n",
            "a: |\r\n  x\r\n  here\r\n",
            "{a: x here, b: 1}",
        ] {
            assert_eq!(found(document, "here").as_deref(), Some("here"), "{document:?}");
        }
        assert_eq!(found("a: \"x\\u0068ere\"\n", "here").as_deref(), Some("\\u0068ere"));
        assert_eq!(found("a: 'x''y'\n", "'y").as_deref(), Some("''y"));
    }

    #[test]
    fn what_is_not_written_there_is_not_found() {
        assert_eq!(within(None, "{{x}}", "here", &(0..4)), None);
        assert_eq!(within(None, "'here", "here", &(0..4)), None);
        assert_eq!(within(None, "here and more", "here", &(0..4)), None);
        assert_eq!(within(None, "", "here", &(0..4)), None);
        assert_eq!(within(None, "\"\\q\"", "q", &(0..1)), None);
    }

    proptest::proptest! {
        #[test]
        fn any_texts_end(written in "[|>'\"]?[ab \\n\\\\'\"]{0,12}", value in "[ab \\n'\"]{0,12}", at in 0usize..12) {
            for block in [None, Some(Style::Literal(1)), Some(Style::Folded(1))] {
                let _ = within(block, &written, &value, &(at..at + 1));
            }
        }
    }
}
