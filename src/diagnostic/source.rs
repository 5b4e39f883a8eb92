//! The texts that diagnostics point into, with their lines and with what must not be shown of them.

use std::ops::Range;

use super::Place;

/// One of the texts in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

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

#[derive(Debug, Clone)]
struct Source {
    path: String,
    text: String,
    /// Where each line begins.
    lines: Vec<usize>,
    /// What is masked in excerpts.
    masks: Vec<Range<usize>>,
}

/// All texts of one resolution.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    all: Vec<Source>,
}

/// A piece of one line, safe to show, and where the marked part is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) text: String,
    pub(super) marked: Range<usize>,
}

/// How many bytes of a line are shown around a place at most, to either side.
const WINDOW: usize = 160;
/// What stands for a masked text, whatever its length.
const MASK: &str = "********";

impl Sources {
    /// Takes a text in.
    pub fn add(&mut self, path: impl Into<String>, text: String) -> FileId {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.all.push(Source { path: path.into(), text, lines, masks: Vec::new() });
        FileId(u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX))
    }

    /// The path of a text, as the user gave it.
    pub fn path(&self, file: FileId) -> &str {
        self.get(file).map_or("", |source| source.path.as_str())
    }

    /// A text.
    pub fn text(&self, file: FileId) -> &str {
        self.get(file).map_or("", |source| source.text.as_str())
    }

    /// Keeps this span out of every excerpt.
    pub fn mask(&mut self, span: Span) {
        let index = usize::try_from(span.file.0).unwrap_or(usize::MAX);
        if let Some(source) = self.all.get_mut(index)
            && span.start < span.end
        {
            source.masks.push(span.start..span.end);
        }
    }

    /// A span as something to show: the file, the line, the column.
    pub fn place(&self, span: Span) -> Place {
        let Some(source) = self.get(span.file) else {
            return Place { file: String::new(), span: span.start..span.end, line: 1, column: 1 };
        };
        let line = source.line_of(span.start);
        let begin = source.lines.get(line).copied().unwrap_or(0);
        let before = source.text.get(begin..span.start).unwrap_or("");
        Place {
            file: source.path.clone(),
            span: span.start..span.end,
            line: line + 1,
            column: before.trim_start_matches('\u{feff}').chars().count() + 1,
        }
    }

    /// The rest of a line, from a line and a column as [`Self::place`] tells them. None: the text has no such place.
    pub fn rest_of_line(&self, file: FileId, line: usize, column: usize) -> Option<Span> {
        let source = self.get(file)?;
        let begin = *source.lines.get(line.checked_sub(1)?)?;
        let text = source.text.get(begin..)?.lines().next()?;
        let own = text.trim_start_matches('\u{feff}');
        let (offset, _) = own.char_indices().nth(column.checked_sub(1)?)?;
        let start = begin + text.len() - own.len() + offset;
        Some(Span { file, start, end: begin + text.trim_end().len() })
    }

    /// The line that a place begins on, cut to what a terminal can show, with secrets masked. None:
    /// the place is in no text that we have.
    pub(super) fn excerpt(&self, place: &Place) -> Option<Excerpt> {
        let source = self.all.iter().find(|source| source.path == place.file)?;
        let text = source.text.as_str();
        let line = place.line.checked_sub(1)?;
        let begin = *source.lines.get(line)?;
        let end = source.lines.get(line + 1).map_or(text.len(), |next| next - 1);
        let end = if text.get(begin..end)?.ends_with('\r') { end - 1 } else { end };
        let start = place.span.start.clamp(begin, end);
        let stop = place.span.end.clamp(start, end);
        let mut from = begin.max(start.saturating_sub(WINDOW));
        let mut to = end.min(stop.min(start.saturating_add(WINDOW)).saturating_add(WINDOW));
        while !text.is_char_boundary(from) {
            from -= 1;
        }
        while !text.is_char_boundary(to) {
            to += 1;
        }
        Some(source.masked(from..to, start..stop.min(to)))
    }

    fn get(&self, file: FileId) -> Option<&Source> {
        self.all.get(usize::try_from(file.0).ok()?)
    }
}

impl Source {
    /// The line that a byte is on, from 0.
    fn line_of(&self, byte: usize) -> usize {
        self.lines.partition_point(|begin| *begin <= byte).saturating_sub(1)
    }

    /// A stretch of the text with masks in place, and where `marked` went.
    fn masked(&self, window: Range<usize>, marked: Range<usize>) -> Excerpt {
        let mut masks: Vec<Range<usize>> = Vec::new();
        for mask in &self.masks {
            let cut = mask.start.max(window.start)..mask.end.min(window.end);
            if !cut.is_empty() {
                masks.push(cut);
            }
        }
        masks.sort_by_key(|mask| mask.start);
        let mut shown = String::new();
        // Where the two ends of the mark went: the start to the left of a mask, the end to its right.
        let (mut start, mut end) = (None, None);
        let mut at = window.start;
        for mask in masks.iter().chain(std::iter::once(&(window.end..window.end))) {
            if at < mask.start || mask.is_empty() {
                let kept = at..mask.start;
                let inside = |byte: usize| byte.checked_sub(kept.start).filter(|_| byte <= kept.end);
                start = start.or(inside(marked.start).filter(|_| marked.start < kept.end).map(|n| shown.len() + n));
                end = end.or(inside(marked.end).filter(|_| marked.end > kept.start).map(|n| shown.len() + n));
                shown.push_str(self.text.get(kept).unwrap_or(""));
            }
            if at < mask.end && !mask.is_empty() {
                start = start.or((marked.start < mask.end).then_some(shown.len()));
                shown.push_str(MASK);
                end = end.or((marked.end <= mask.end && marked.end > at).then_some(shown.len()));
                at = mask.end;
            }
        }
        let start = start.unwrap_or(shown.len());
        Excerpt { marked: start..end.unwrap_or(start).clamp(start, shown.len()), text: shown }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, range: Range<usize>, masks: &[(usize, usize)]) -> (String, String) {
        let mut sources = Sources::default();
        let file = sources.add("f.yaml", text.to_owned());
        for (start, end) in masks.iter().copied() {
            sources.mask(Span { file, start, end });
        }
        let place = sources.place(Span { file, start: range.start, end: range.end });
        let excerpt = sources.excerpt(&place).unwrap();
        (excerpt.text.clone(), excerpt.text[excerpt.marked].to_owned())
    }

    #[test]
    fn columns_count_characters_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("f.yaml", "a: é\r\nnäme: x\n".to_owned());
        let place = sources.place(Span { file, start: 14, end: 15 });
        assert_eq!((place.line, place.column), (2, 7));
        assert_eq!(place.to_string(), "f.yaml:2:7");
        let end = sources.place(Span { file, start: 16, end: 16 });
        assert_eq!((end.line, end.column), (3, 1));
    }

    #[test]
    fn a_place_leads_back_to_its_line() {
        let mut sources = Sources::default();
        let file = sources.add("f.yaml", "\u{feff}a: é\r\nnäme: x  \n".to_owned());
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
    fn an_excerpt_is_one_line_without_its_break() {
        assert_eq!(excerpt("one\ntwo: x\r\nthree", 4..30, &[]), ("two: x".into(), "two: x".into()));
        assert_eq!(excerpt("", 0..0, &[]), (String::new(), String::new()));
    }

    #[test]
    fn a_mask_hides_text_and_its_length() {
        let text = "password: hunter2 # x";
        assert_eq!(excerpt(text, 10..17, &[(10, 17)]), ("password: ******** # x".into(), "********".into()));
        assert_eq!(excerpt(text, 0..8, &[(10, 17)]), ("password: ******** # x".into(), "password".into()));
        assert_eq!(excerpt(text, 18..19, &[(10, 17)]), ("password: ******** # x".into(), "#".into()));
        assert_eq!(excerpt(text, 0..21, &[(10, 17), (12, 15)]).0, "password: ******** # x");
        assert_eq!(excerpt(text, 12..15, &[(10, 17)]).0, "password: ******** # x");
    }

    #[test]
    fn a_very_long_line_is_cut_around_the_place() {
        let text = "é".repeat(5000);
        let (shown, marked) = excerpt(&text, 4000..4002, &[]);
        assert!(shown.len() < 400, "{}", shown.len());
        assert_eq!(marked, "é");
    }
}
