//! The texts that diagnostics point into, with their lines and with what must not be shown of them.

use std::ops::Range;
use std::sync::Arc;

use super::Place;

/// One of the texts in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u16);

impl FileId {
    /// Which of the texts it is, counted from 0.
    pub fn number(self) -> u16 {
        self.0
    }

    /// The text with this number.
    pub fn numbered(number: u16) -> Self {
        Self(number)
    }
}

/// From byte to byte in one of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// In this text.
    pub file: FileId,
    /// The first byte.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
}

impl Span {
    /// The first byte of this span alone.
    pub fn start_only(self) -> Self {
        Self { end: self.start, ..self }
    }
}

/// One text with its name.
#[derive(Debug, Clone)]
pub(super) struct Source {
    path: String,
    text: Arc<String>,
    /// Where each line begins.
    lines: Arc<Vec<usize>>,
    /// How many characters stand before every [`STRIDE`]th byte.
    counted: Arc<[usize]>,
    /// What is masked in excerpts.
    masks: Vec<Range<usize>>,
}

/// Characters are counted ahead in steps of so many bytes, so that a column far out on a line of megabytes is
/// found as quickly as any other.
const STRIDE: usize = 1024;

/// All texts that diagnostics may point into. A copy shares them.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    all: Vec<Source>,
}

impl Sources {
    /// Takes a text in; the same text from the same path once. An empty one stands for a file that couldn't be read, too.
    pub fn add(&mut self, path: impl Into<String>, text: String) -> FileId {
        let path = path.into();
        let number = |index: usize| FileId(u16::try_from(index).unwrap_or(u16::MAX));
        if let Some(known) = self.all.iter().position(|source| source.path == path && *source.text == text) {
            return number(known);
        }
        self.all.push(Source::new(path, text));
        number(self.all.len() - 1)
    }

    /// The path of a text, as the user gave it.
    pub fn path(&self, file: FileId) -> &str {
        self.get(file).map_or("", |source| source.path.as_str())
    }

    /// A text.
    pub fn text(&self, file: FileId) -> &str {
        self.get(file).map_or("", Source::text)
    }

    /// Keeps this span out of every excerpt.
    pub fn mask(&mut self, span: Span) {
        let index = usize::from(span.file.0);
        if let Some(source) = self.all.get_mut(index)
            && span.start < span.end
        {
            source.masks.push(span.start..span.end);
        }
    }

    /// A span as something to show: the file, the lines, the columns.
    pub fn place(&self, span: Span) -> Place {
        let (file, position, end) = match self.get(span.file) {
            Some(source) => {
                let start = source.position(span.start);
                let end = if span.end > span.start { source.position(span.end) } else { start };
                (source.path.clone(), start, end)
            }
            None => (String::new(), (1, 1), (1, 1)),
        };
        let ((line, column), (end_line, end_column)) = (position, end);
        Place { file, span: span.start..span.end, line, column, end_line, end_column }
    }

    /// Takes in the texts of another resolution. One that is here already is kept as it is; what is masked in either is
    /// masked.
    pub(super) fn absorb(&mut self, others: Self) {
        for (index, other) in others.all.into_iter().enumerate() {
            // Resolutions of one workspace have their texts in the same order.
            let same = |source: &&Source| source.path == other.path;
            let known = self.all.get(index).filter(same).map(|_| index);
            let known = known.or_else(|| self.all.iter().position(|source| source.path == other.path));
            match known.and_then(|index| self.all.get_mut(index)) {
                Some(known) => {
                    known.masks.extend(other.masks);
                    known.masks.sort_by_key(|mask| (mask.start, mask.end));
                    known.masks.dedup();
                }
                None => self.all.push(other),
            }
        }
    }

    /// The rest of a line, from a line and a column as [`Self::place`] tells them. None: the text has no such place.
    pub fn rest_of_line(&self, file: FileId, line: usize, column: usize) -> Option<Span> {
        let source = self.get(file)?;
        let line = source.line(line.checked_sub(1)?)?;
        let text = source.text.get(line.clone())?;
        let own = text.strip_prefix('\u{feff}').filter(|_| line.start == 0).unwrap_or(text);
        let (offset, _) = own.char_indices().nth(column.checked_sub(1)?)?;
        let start = line.start + text.len() - own.len() + offset;
        Some(Span { file, start, end: line.start + text.trim_end().len() })
    }

    /// The text with this path.
    pub(super) fn find(&self, path: &str) -> Option<&Source> {
        self.all.iter().find(|source| source.path == path)
    }

    fn get(&self, file: FileId) -> Option<&Source> {
        self.all.get(usize::from(file.0))
    }
}

impl Source {
    fn new(path: String, text: String) -> Self {
        // Counted first: a text of megabytes has a hundred thousand lines, and they'd be copied again and again.
        let mut lines = Vec::with_capacity(1 + text.bytes().filter(|byte| *byte == b'\n').count());
        lines.extend(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)));
        let mut counted = vec![0];
        let mut count = 0;
        for step in text.as_bytes().chunks(STRIDE) {
            count += characters(step);
            counted.push(count);
        }
        Self { path, text: Arc::new(text), lines: Arc::new(lines), counted: counted.into(), masks: Vec::new() }
    }

    /// The whole text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What is masked.
    pub(super) fn masks(&self) -> &[Range<usize>] {
        &self.masks
    }

    /// The line that a byte is on, from 0.
    pub(super) fn line_of(&self, byte: usize) -> usize {
        self.lines.partition_point(|begin| *begin <= byte).saturating_sub(1)
    }

    /// A line, from 0, without its break.
    pub(super) fn line(&self, line: usize) -> Option<Range<usize>> {
        let begin = *self.lines.get(line)?;
        let end = self.lines.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let end = if self.text.get(begin..end)?.ends_with('\r') { end - 1 } else { end };
        Some(begin..end)
    }

    /// Line and column of a byte, both from 1, the column in characters.
    fn position(&self, byte: usize) -> (usize, usize) {
        let line = self.line_of(byte);
        let begin = self.lines.get(line).copied().unwrap_or(0);
        // A byte order mark is no character of the first line.
        let mark = if line == 0 && self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let begin = (begin + mark).min(byte);
        let before = if byte - begin < STRIDE {
            characters(self.text.as_bytes().get(begin..byte).unwrap_or_default())
        } else {
            self.characters_before(byte) - self.characters_before(begin)
        };
        (line + 1, before + 1)
    }

    fn characters_before(&self, byte: usize) -> usize {
        let byte = byte.min(self.text.len());
        let step = byte / STRIDE;
        let rest = self.text.as_bytes().get(step * STRIDE..byte).unwrap_or_default();
        self.counted.get(step).copied().unwrap_or(0) + characters(rest)
    }
}

/// How many characters begin in a stretch of UTF-8.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(text: &str) -> (Sources, FileId) {
        let mut sources = Sources::default();
        let file = sources.add("f.yaml", text.to_owned());
        (sources, file)
    }

    #[test]
    fn columns_count_characters_from_one() {
        let (sources, file) = one("a: é\r\nnäme: x\n");
        let place = sources.place(Span { file, start: 14, end: 15 });
        assert_eq!((place.line, place.column, place.end_line, place.end_column), (2, 7, 2, 8));
        assert_eq!(place.to_string(), "f.yaml:2:7");
        let end = sources.place(Span { file, start: 16, end: 16 });
        assert_eq!((end.line, end.column), (3, 1));
        let whole = sources.place(Span { file, start: 0, end: 16 });
        assert_eq!((whole.line, whole.column, whole.end_line, whole.end_column), (1, 1, 3, 1));
    }

    #[test]
    fn a_place_leads_back_to_its_line() {
        let (sources, file) = one("\u{feff}a: é\r\nnäme: x  \n");
        for (line, column, text) in [(1, 4, "é"), (2, 1, "näme: x"), (2, 7, "x")] {
            let span = sources.rest_of_line(file, line, column).unwrap();
            assert_eq!(&sources.text(file)[span.start..span.end], text);
            let place = sources.place(span);
            assert_eq!((place.line, place.column), (line, column));
        }
        for (line, column) in [(0, 1), (1, 0), (1, 9), (9, 1)] {
            assert_eq!(sources.rest_of_line(file, line, column), None, "{line}:{column}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_column() {
        let (sources, file) = one("\u{feff}a: 1\n\u{feff}b");
        let column = |start| sources.place(Span { file, start, end: start }).column;
        assert_eq!([0, 3, 4].map(column), [1, 1, 2]);
        assert_eq!(column(11), 2, "it is one on any other line");
    }

    #[test]
    fn lines_come_without_their_break() {
        let (sources, _) = one("one\ntwo\r\n\nfour");
        let source = sources.find("f.yaml").unwrap();
        let lines: Vec<_> = (0..5).map(|line| source.line(line).map(|range| &source.text[range])).collect();
        assert_eq!(lines, [Some("one"), Some("two"), Some(""), Some("four"), None]);
    }

    proptest! {
        #[test]
        fn counting_ahead_changes_no_position(text in "[aé表\n]{0,3000}", at in 0usize..9000) {
            let at = at.min(text.len());
            let (sources, file) = one(&text);
            let place = sources.place(Span { file, start: at, end: at });
            let before = String::from_utf8_lossy(&text.as_bytes()[..at]).into_owned();
            let line = before.rsplit('\n').next().unwrap_or("");
            prop_assert_eq!(place.line, before.matches('\n').count() + 1);
            prop_assert_eq!(place.column, line.chars().count() + 1);
        }
    }
}
