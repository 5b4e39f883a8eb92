//! Pieces of a text as a terminal can show them: cut to its width, secrets masked, nothing in them that a terminal would
//! obey.

use std::borrow::Cow;
use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

use super::source::Source;
use super::{Place, Sources};
use crate::model::harmless;

/// Some lines, and where the marked part is in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) text: String,
    pub(super) marked: Range<usize>,
}

/// What stands for a masked text, whatever its length.
const MASK: &str = "********";
/// What stands where a line is cut.
const CUT: &str = "…";
/// What stands for a tab.
const TAB: &str = "    ";
/// A place over more lines than this is marked on its first line alone.
const TALLEST: usize = 50;
/// However narrow the terminal is, so many columns are shown.
const NARROWEST: usize = 20;

impl Sources {
    /// The lines that a place is on, each cut to `width` columns. None: there is nothing to show of it.
    pub(super) fn excerpt(&self, place: &Place, width: usize) -> Option<Excerpt> {
        let source = self.find(&place.file).filter(|source| !source.text().is_empty())?;
        let width = width.max(NARROWEST);
        let first = place.line.checked_sub(1)?;
        let line = Line::new(source, first)?;
        let start = line.boundary(place.span.start.clamp(line.range.start, line.range.end));
        let marked = source.text().get(start..place.span.end).unwrap_or("");
        // Line breaks behind the last visible character are nothing to look at.
        let end = if marked.contains('\n') { start + marked.trim_end().len() } else { start + marked.len() };
        let last = source.line_of(end);
        if last <= first || last - first > TALLEST {
            return Some(line.cut(start..end.min(line.range.end), width));
        }
        let Excerpt { mut text, marked } = line.cut(start..line.range.end, width);
        let mut behind = marked.end;
        for number in first + 1..=last {
            text.push('\n');
            let line = Line::new(source, number)?;
            let focus = if number == last { end } else { line.range.start };
            let next = line.cut(focus..focus, width);
            behind = text.len() + next.marked.start;
            text.push_str(&next.text);
        }
        Some(Excerpt { text, marked: marked.start..behind })
    }
}

/// One line with what is masked of it.
struct Line<'a> {
    text: &'a str,
    range: Range<usize>,
    masks: Vec<Range<usize>>,
}

/// What is shown for one character or one mask.
struct Shown<'a> {
    text: Cow<'a, str>,
    columns: usize,
    /// The byte behind it in the source.
    end: usize,
}

impl<'a> Line<'a> {
    fn new(source: &'a Source, number: usize) -> Option<Self> {
        let range = source.line(number)?;
        let mut masks: Vec<Range<usize>> = Vec::new();
        for mask in source.masks() {
            let cut = mask.start.max(range.start)..mask.end.min(range.end);
            if !cut.is_empty() {
                masks.push(cut);
            }
        }
        masks.sort_by_key(|mask| mask.start);
        masks.dedup_by(|next, known| {
            let touches = next.start <= known.end;
            if touches {
                known.end = known.end.max(next.end);
            }
            touches
        });
        Some(Self { text: source.text(), range, masks })
    }

    /// The line with `focus` marked, as much of it as fits: the beginning of what is marked first, then what is behind
    /// it, then what is before it.
    fn cut(&self, focus: Range<usize>, width: usize) -> Excerpt {
        let inside = |byte: usize| self.masks.iter().find(|mask| mask.start < byte && byte < mask.end);
        let start = inside(focus.start).map_or(focus.start, |mask| mask.start);
        let end = inside(focus.end).map_or(focus.end, |mask| mask.end);
        let (before, behind) = (self.before(start, width), self.behind(start, width));
        let room = width.saturating_sub(columns(&behind)).max(width / 4);
        let (before, cut_before) = fit(before, room);
        let room = width.saturating_sub(columns(&before) + usize::from(cut_before));
        let (behind, cut_behind) = fit(behind, room);

        let mut text = if cut_before { CUT.to_owned() } else { String::new() };
        text.extend(before.iter().rev().map(|shown| shown.text.as_ref()));
        let mut marked = text.len()..text.len();
        for shown in &behind {
            text.push_str(&shown.text);
            if shown.end <= end {
                marked.end = text.len();
            }
        }
        if cut_behind {
            text.push_str(CUT);
            if behind.last().is_none_or(|last| last.end < end) && start < end {
                marked.end = text.len();
            }
        }
        Excerpt { text, marked }
    }

    /// What is shown from a byte on, a little more than fits.
    fn behind(&self, mut at: usize, width: usize) -> Vec<Shown<'a>> {
        let (mut all, mut wide) = (Vec::new(), 0);
        while wide <= width && at < self.range.end {
            let mask = self.masks.iter().find(|mask| mask.contains(&at)).map(|mask| mask.end);
            let next = mask.or_else(|| Some(at + self.text.get(at..)?.chars().next()?.len_utf8()));
            let Some(next) = next else { break };
            let shown = self.shown(at..next, mask.is_some());
            wide += shown.columns;
            all.push(shown);
            at = next;
        }
        all
    }

    /// What is shown before a byte, from right to left, a little more than fits.
    fn before(&self, mut at: usize, width: usize) -> Vec<Shown<'a>> {
        let (mut all, mut wide) = (Vec::new(), 0);
        while wide <= width && at > self.range.start {
            let mask = self.masks.iter().find(|mask| mask.start < at && at <= mask.end).map(|mask| mask.start);
            let next = mask.or_else(|| Some(at - self.text.get(..at)?.chars().next_back()?.len_utf8()));
            let Some(next) = next else { break };
            let shown = self.shown(next..at, mask.is_some());
            wide += shown.columns;
            all.push(shown);
            at = next;
        }
        all
    }

    fn shown(&self, range: Range<usize>, masked: bool) -> Shown<'a> {
        let end = range.end;
        let text: Cow<'a, str> = match self.text.get(range).unwrap_or("") {
            _ if masked => MASK.into(),
            "\t" => TAB.into(),
            text => harmless(text).into(),
        };
        // A mark that stands over another letter takes no column, but must not be had in any number either.
        Shown { columns: text.width().max(1), text, end }
    }

    /// The byte, or the one before it where a character begins.
    fn boundary(&self, mut byte: usize) -> usize {
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        byte
    }
}

fn columns(all: &[Shown<'_>]) -> usize {
    all.iter().map(|shown| shown.columns).sum()
}

/// As many as there is room for, and whether some had to go; then there is room for a sign that says so.
fn fit(mut all: Vec<Shown<'_>>, room: usize) -> (Vec<Shown<'_>>, bool) {
    let cut = columns(&all) > room;
    while cut && !all.is_empty() && columns(&all) >= room {
        all.pop();
    }
    (all, cut)
}

#[cfg(test)]
mod tests {
    use super::super::Span;
    use super::*;

    /// The text that is shown, and the part that is marked.
    fn excerpt(text: &str, range: Range<usize>, masks: &[(usize, usize)], width: usize) -> (String, String) {
        let mut sources = Sources::default();
        let file = sources.add("f.yaml", text.to_owned());
        for (start, end) in masks.iter().copied() {
            sources.mask(Span { file, start, end });
        }
        let place = sources.place(Span { file, start: range.start, end: range.end });
        let excerpt = sources.excerpt(&place, width).unwrap();
        (excerpt.text.clone(), excerpt.text[excerpt.marked].to_owned())
    }

    fn pair(text: &str, marked: &str) -> (String, String) {
        (text.to_owned(), marked.to_owned())
    }

    #[test]
    fn a_place_shows_the_lines_that_it_is_on() {
        let text = "one\ntwo: x\r\nthree\nfour";
        assert_eq!(excerpt(text, 4..7, &[], 80), pair("two: x", "two"));
        assert_eq!(excerpt(text, 9..17, &[], 80), pair("two: x\nthree", "x\nthree"));
        assert_eq!(excerpt(text, 9..18, &[], 80), pair("two: x\nthree", "x\nthree"), "a break alone adds no line");
        assert_eq!(excerpt(text, 9..12, &[], 80), pair("two: x", "x"));
        assert_eq!(excerpt(text, 18..22, &[], 80), pair("four", "four"));
        assert_eq!(excerpt(text, 22..22, &[], 80), pair("four", ""));
        assert_eq!(excerpt("a\n", 2..2, &[], 80), pair("", ""));
        let mut sources = Sources::default();
        let file = sources.add("f", String::new());
        assert_eq!(sources.excerpt(&sources.place(Span { file, start: 0, end: 0 }), 80), None);
    }

    #[test]
    fn a_place_over_very_many_lines_is_marked_on_its_first() {
        let text = "x\n".repeat(1000);
        assert_eq!(excerpt(&text, 0..1999, &[], 80), pair("x", "x"));
        assert_eq!(excerpt(&text, 0..100, &[], 80).0.lines().count(), 50);
    }

    #[test]
    fn a_mask_hides_text_and_its_length() {
        let text = "password: hunter2 # x";
        let all = "password: ******** # x";
        assert_eq!(excerpt(text, 10..17, &[(10, 17)], 80), pair(all, "********"));
        assert_eq!(excerpt(text, 0..8, &[(10, 17)], 80), pair(all, "password"));
        assert_eq!(excerpt(text, 18..19, &[(10, 17)], 80), pair(all, "#"));
        assert_eq!(excerpt(text, 0..21, &[(10, 17), (12, 15)], 80), pair(all, all));
        assert_eq!(excerpt(text, 12..15, &[(10, 17)], 80), pair(all, "********"));
        assert_eq!(excerpt(text, 12..15, &[(10, 13), (13, 17)], 80), pair(all, "********"));
        let lines = "password: |\n  hunter2\n  hunter3\n";
        assert_eq!(excerpt(lines, 10..31, &[(12, 32)], 80).0, "password: |\n********\n********");
    }

    #[test]
    fn a_long_line_is_cut_to_the_width_around_the_place() {
        let text = format!("{}MARK{}", "a".repeat(3000), "b".repeat(3000));
        let (shown, marked) = excerpt(&text, 3000..3004, &[], 40);
        assert_eq!(shown, format!("…{}MARK{}…", "a".repeat(9), "b".repeat(25)));
        assert_eq!(marked, "MARK");
        assert_eq!(excerpt(&text, 0..2, &[], 30), (format!("{}…", "a".repeat(29)), "aa".into()));
        assert_eq!(excerpt(&text, 6003..6004, &[], 30), (format!("…{}", "b".repeat(29)), "b".into()));
        let (shown, marked) = excerpt(&text, 2990..3100, &[], 40);
        assert_eq!(shown, format!("…{}{}…", "a".repeat(9), "a".repeat(10) + "MARK" + &"b".repeat(15)));
        assert_eq!(marked, "a".repeat(10) + "MARK" + &"b".repeat(15) + "…");
        let secret = format!("{}: hunter2 hunter2", "k".repeat(300));
        assert!(!excerpt(&secret, 300..301, &[(302, 317)], 30).0.contains("hunter"));
    }

    #[test]
    fn wide_letters_count_twice_and_no_letter_is_cut_in_two() {
        let text = "表".repeat(1000);
        let (shown, marked) = excerpt(&text, 1500..1503, &[], 40);
        assert!(shown.width() <= 40, "{shown}");
        assert_eq!(marked, "表");
        let (shown, marked) = excerpt("e\u{301}".repeat(5000).as_str(), 0..3, &[], 40);
        assert!(shown.chars().count() <= 40, "{shown}");
        assert_eq!(marked, "e\u{301}");
    }

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        assert_eq!(excerpt("\ta: \u{1b}[2J x", 1..2, &[], 80), pair("    a: \\u{1b}[2J x", "a"));
        assert_eq!(excerpt("a: \u{202e}b\u{9b}c\rd", 3..6, &[], 80), pair("a: \\u{202e}b\\u{9b}c d", "\\u{202e}"));
    }
}
