//! Where a slip really is. The parser stops where the text makes no sense to it any more, which is often a line below
//! the one that must be changed.

use std::ops::Range;

use granit_parser::ErrorKind;

/// How a key is written.
const FORM: &str = "write `KEY: VALUE`";

/// What must be changed, what is wrong there, and what to do.
pub(in crate::plan) type Slip = (Range<usize>, &'static str, &'static str);

/// Looks for the slip around the place where the parser stopped. None: it is right there.
pub(in crate::plan) fn slip(kind: &ErrorKind, text: &str, at: usize) -> Option<Slip> {
    if matches!(kind, ErrorKind::InvalidTrailingDoubleQuotedScalar) {
        return never_closed(text, at);
    }
    let own = Line::around(text, at)?;
    if own.text.starts_with("```") {
        return Some((own.range(3), "this fence belongs to Markdown, not to YAML", "remove the line"));
    }
    if own.text.starts_with("//") || own.text.starts_with("-- ") {
        return Some((own.range(2), "this is no comment", "begin a comment with `#`"));
    }
    match kind {
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::InvalidIndentation
        | ErrorKind::InvalidDocumentEnd
        | ErrorKind::ExpectedDocumentStart
        | ErrorKind::MissingDocumentEndBeforeDirective => {}
        _ => return None,
    }
    let above = own.above(text);
    let above = above.as_ref();
    above
        .and_then(Line::without_space)
        .or_else(|| own.without_space())
        .or_else(|| own.without_colon())
        // A line of a text that goes over several is set in deeper.
        .or_else(|| above.filter(|above| above.indent <= own.indent)?.without_colon())
        .or_else(|| own.misplaced(above?))
}

/// The quote that was closed where the next text begins: a quote that isn't closed on its line runs on to that.
fn never_closed(text: &str, at: usize) -> Option<Slip> {
    let before = text.get(..at)?;
    let close = before.rfind('"')?;
    let mut open = before.get(..close)?.rfind('"')?;
    while before.get(..open)?.ends_with('\\') {
        open = before.get(..open)?.rfind('"')?;
    }
    let goes_on = before.get(open..close)?.contains('\n');
    goes_on.then_some((open..open + 1, "this quote isn't closed on its line", "end the text with the same quote"))
}

/// A line that holds something, without its indentation.
struct Line<'a> {
    text: &'a str,
    start: usize,
    /// In blanks.
    indent: usize,
}

impl<'a> Line<'a> {
    /// The line that a place is on.
    fn around(text: &'a str, at: usize) -> Option<Self> {
        let begin = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
        Self::at(text, begin)
    }

    fn at(text: &'a str, begin: usize) -> Option<Self> {
        let whole = text.get(begin..)?.lines().next().unwrap_or("");
        let content = whole.trim_start_matches(' ');
        let indent = whole.len() - content.len();
        Some(Self { text: content.trim_end(), start: begin + indent, indent })
    }

    /// The nearest line above it that holds something but a comment.
    fn above(&self, text: &'a str) -> Option<Self> {
        let mut end = self.start.checked_sub(self.indent)?;
        loop {
            end = end.checked_sub(1)?;
            let begin = text.get(..end)?.rfind('\n').map_or(0, |end| end + 1);
            let line = Self::at(text, begin)?;
            if !line.text.is_empty() && !line.text.starts_with('#') {
                return Some(line);
            }
            end = begin;
        }
    }

    fn range(&self, length: usize) -> Range<usize> {
        self.start..self.start + length.min(self.text.len())
    }

    /// What it holds behind the dashes that begin it, and where that begins.
    fn entry(&self) -> (&'a str, usize) {
        let mut rest = self.text;
        while let Some(inner) = rest.strip_prefix("- ") {
            rest = inner.trim_start_matches(' ');
        }
        (rest, self.start + self.text.len() - rest.len())
    }

    /// What could be a key: its length, what stands behind it, and where it begins.
    fn key(&self) -> Option<(usize, &'a str, usize)> {
        let (entry, start) = self.entry();
        let end = entry.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-')).unwrap_or(entry.len());
        entry.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(())?;
        Some((end, entry.get(end..)?, start))
    }

    /// A space that isn't there.
    fn without_space(&self) -> Option<Slip> {
        let (entry, start) = self.entry();
        let dashed = entry.strip_prefix('-');
        if dashed
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '"' | '\'' | '{')))
        {
            return Some((start..start + 1, "a space is missing behind this `-`", "write `- ` before an entry"));
        }
        let (length, rest, start) = self.key()?;
        let value = rest.strip_prefix(':').filter(|value| !value.is_empty() && !value.starts_with([' ', '/', ':']));
        value.map(|_| (start + length..start + length + 1, "a space is missing behind this `:`", FORM))
    }

    /// A colon that isn't there.
    fn without_colon(&self) -> Option<Slip> {
        // An entry of a list needs none.
        let (length, rest, start) = self.key().filter(|(.., start)| *start == self.start)?;
        let none = rest.is_empty() || rest.starts_with(' ') && !rest.contains(": ") && !rest.ends_with(':');
        none.then(|| (start..start + length + rest.len(), "a `:` is missing here", FORM))
    }

    /// How it stands to the line above it.
    fn misplaced(&self, above: &Self) -> Option<Slip> {
        let whole = self.range(self.text.len());
        let (entry, start) = above.entry();
        let column = above.indent + (start - above.start);
        let has_value = entry.contains(": ") && !entry.ends_with(['|', '>', ':', '-', '+']);
        let is_dash = self.text.starts_with("- ");
        if is_dash && self.text.ends_with(':') {
            let hint = "remove the `-`; or set it in as far as the list that it belongs to";
            return Some((self.range(1), "an entry of a list stands here, in the middle of a map", hint));
        }
        if has_value && self.indent > column {
            let message = "this line is set in deeper than the one above it, which has its value already";
            return Some((whole, message, "set it in as far as what it belongs to"));
        }
        if above.indent > 0 && self.indent == 0 && column == above.indent && above.above_is_nothing() {
            return Some((
                above.range(above.text.len()),
                "this line is set in, and those below it aren't",
                "set all of them in alike",
            ));
        }
        None
    }

    /// Whether it is the first line.
    fn above_is_nothing(&self) -> bool {
        self.start == self.indent
    }
}

#[cfg(test)]
mod tests {
    use granit_parser::Parser;

    #[test]
    fn the_slip_is_told_where_it_is() {
        for (text, slip, words) in [
            ("a: \"b\nc: \"d\"\n", "\"b", "isn't closed on its line"),
            ("a: 1\nb: \"it\\\"s\nc: \"d\"\n", "\"it", "isn't closed on its line"),
            ("version:1\nname: x\n", ":1", "behind this `:`"),
            ("limits:\n  a:2\n  # told\n\n  b: 3\n", ":2", "behind this `:`"),
            ("- name:a\n  b: 1\n", ":a", "behind this `:`"),
            ("a:\n  -name: b\n   c: d\n", "-name", "behind this `-`"),
            ("a: 1\nversion 1\nname: x\n", "version 1", "a `:` is missing"),
            ("a:\n  - name: b\n    objects\n      - c: d\n", "objects", "a `:` is missing"),
            ("a: 1\n  b: 2\n", "b: 2", "set in deeper"),
            ("- name: a\n     b: 2\n", "b: 2", "set in deeper"),
            ("  version: 1\nname: x\n", "version: 1", "set in, and those below"),
            ("a:\n  - name: b\n    c: d\n  e: 1\n", "", ""),
            ("r:\n  - name: b\n    mode: c\n  - objects:\n      - t: x\n    after: 1\n", "", ""),
            ("a: 1\n// b\nc: d\n", "//", "no comment"),
            ("a: 1\n```\nc: d\n", "```", "Markdown"),
            ("a: http://b\n  c: d\n", "c: d", "set in deeper"),
        ] {
            let error = Parser::new_from_str(text).find_map(Result::err);
            let found =
                error.and_then(|error| super::slip(error.kind(), text, error.marker().byte_offset().unwrap_or(0)));
            match found {
                Some((range, message, _)) => {
                    assert_ne!(slip, "", "{text}: {message}");
                    assert!(
                        text[range.start..].starts_with(slip) && message.contains(words),
                        "{text}: {range:?} {message}"
                    );
                }
                None => assert_eq!(slip, "", "{text}"),
            }
        }
    }
}
