//! Text for a terminal: wrapped, aligned, coloured where asked. All text goes through [`harmless`] here, so no caller
//! can forget it.

use unicode_width::UnicodeWidthStr as _;

use super::standing::Mark;
use super::wording::{Zone, harmless};
use crate::model::wrap;

/// How a terminal wants its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to write colours.
    pub colour: bool,
    /// How many columns there are; fewer than 40 are taken as 40.
    pub width: usize,
    /// Where moments are told.
    pub zone: Zone,
}

impl Default for Style {
    fn default() -> Self {
        Self { colour: false, width: 80, zone: Zone::UTC }
    }
}

/// What a text means. The words must say the same: colour is never the only sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular.
    Plain,
    /// A heading.
    Strong,
    /// What can be passed over.
    Faint,
    /// As wanted.
    Good,
    /// Not as wanted.
    Bad,
    /// Not decided, or to be looked at.
    Open,
}

impl From<Mark> for Tone {
    fn from(mark: Mark) -> Self {
        match mark {
            Mark::Good => Self::Good,
            Mark::Bad => Self::Bad,
            Mark::Open => Self::Open,
            Mark::Untried => Self::Faint,
        }
    }
}

impl Style {
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Plain => "",
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Bad => "1;31",
            Tone::Open => "33",
        };
        if self.colour && !code.is_empty() && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// A cell of a table.
#[derive(Debug, Clone)]
pub struct Cell {
    text: String,
    tone: Tone,
    right: bool,
    whole: bool,
}

impl Cell {
    /// A cell with this text.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self { text: harmless(text.as_ref()), tone: Tone::Plain, right: false, whole: false }
    }

    /// The same in a tone.
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    /// A name or an id that people copy or search for: its column is never narrowed.
    pub fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// Numbers stand to the right.
    pub(super) fn right(mut self) -> Self {
        self.right = true;
        self
    }
}

/// A page of terminal text under construction.
#[derive(Debug)]
pub struct Screen {
    out: String,
    style: Style,
}

const NARROWEST: usize = 40;
const GAP: usize = 2;
/// Words up to this width are not broken to narrow a column.
const LONG_WORD: usize = 16;

impl Screen {
    /// An empty page.
    pub fn new(style: Style) -> Self {
        Self { out: String::new(), style: Style { width: style.width.max(NARROWEST), ..style } }
    }

    /// Where this page tells moments.
    pub(super) fn zone(&self) -> Zone {
        self.style.zone
    }

    /// A moment, as this page tells it.
    pub(super) fn moment(&self, at: jiff::Timestamp) -> String {
        self.style.zone.moment(at)
    }

    /// The text.
    pub fn finish(self) -> String {
        self.out
    }

    /// An empty line, unless the page is empty or ends with one.
    pub fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A paragraph.
    pub fn text(&mut self, indent: usize, tone: Tone, text: &str) {
        self.labelled(indent, "", 0, tone, text);
    }

    /// A paragraph that hangs behind a label.
    pub(super) fn field(&mut self, indent: usize, label: &str, column: usize, text: &str) {
        self.labelled(indent, label, column, Tone::Plain, text);
    }

    /// As [`Screen::field`], in a tone.
    pub(super) fn labelled(&mut self, indent: usize, label: &str, column: usize, tone: Tone, text: &str) {
        let hang = indent + column;
        let label = harmless(label);
        for (index, line) in wrap(&harmless(text), self.style.width.saturating_sub(hang)).iter().enumerate() {
            let lead = if index == 0 { label.as_str() } else { "" };
            let gap =
                if line.is_empty() { 0 } else { column.saturating_sub(lead.width()).max(usize::from(column > 0)) };
            self.out.push_str(&" ".repeat(if lead.is_empty() && line.is_empty() { 0 } else { indent }));
            self.out.push_str(&self.style.paint(tone, lead));
            self.out.push_str(&" ".repeat(gap));
            self.out.push_str(&self.style.paint(tone, line));
            self.out.push('\n');
        }
    }

    /// Rows under headings. Columns that don't fit are narrowed, the widest first, and their text is wrapped.
    pub fn table(&mut self, indent: usize, headings: &[&str], rows: &[Vec<Cell>]) {
        let mut widths: Vec<usize> = headings.iter().map(|heading| heading.width()).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        let whole = |index: usize| rows.iter().filter_map(|row| row.get(index)).any(|cell| cell.whole);
        let least: Vec<usize> = headings
            .iter()
            .enumerate()
            .map(|(index, heading)| {
                let cells = rows.iter().filter_map(|row| row.get(index));
                let longest = cells.flat_map(|cell| cell.text.split(' ')).map(|word| word.width()).max();
                if whole(index) { usize::MAX } else { heading.width().max(longest.unwrap_or(0).min(LONG_WORD)) }
            })
            .collect();
        let spare = self.style.width.saturating_sub(indent + GAP * widths.len().saturating_sub(1));
        while widths.iter().sum::<usize>() > spare {
            let shrinkable = widths.iter_mut().zip(&least).filter(|(width, least)| **width > **least);
            let Some((widest, _)) = shrinkable.max_by_key(|(width, _)| **width) else { break };
            *widest -= 1;
        }
        let head: Vec<Cell> = headings
            .iter()
            .enumerate()
            .map(|(index, heading)| {
                let right = rows.first().and_then(|row| row.get(index)).is_some_and(|cell| cell.right);
                Cell { text: (*heading).to_owned(), tone: Tone::Faint, right, whole: false }
            })
            .collect();
        if headings.iter().any(|heading| !heading.is_empty()) {
            self.row(indent, &widths, &head);
        }
        for row in rows {
            self.row(indent, &widths, row);
        }
    }

    fn row(&mut self, indent: usize, widths: &[usize], row: &[Cell]) {
        let cells: Vec<Vec<String>> = row.iter().zip(widths).map(|(cell, width)| wrap(&cell.text, *width)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        for index in 0..height {
            let mut line = " ".repeat(indent);
            let mut blank = 0;
            for ((lines, cell), width) in cells.iter().zip(row).zip(widths) {
                let text = lines.get(index).map_or("", String::as_str);
                let room = width.saturating_sub(text.width());
                blank += if cell.right { room } else { 0 };
                if !text.is_empty() {
                    line.push_str(&" ".repeat(blank));
                    line.push_str(&self.style.paint(cell.tone, text));
                    blank = 0;
                }
                blank += if cell.right { 0 } else { room } + GAP;
            }
            self.out.push_str(line.trim_end_matches(' '));
            self.out.push('\n');
        }
    }
}

/// A text filled up with spaces to a number of columns.
pub(super) fn pad(text: &str, width: usize, right: bool) -> String {
    let fill = " ".repeat(width.saturating_sub(text.width()));
    if right { fill + text } else { text.to_owned() + &fill }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_keep_columns_aligned() {
        let mut screen = Screen::new(Style::default());
        let row = |name: &str| vec![Cell::new(name), Cell::new("7").right(), Cell::new("end")];
        screen.table(0, &["name", "took", ""], &[row("表"), row("plain")]);
        assert_eq!(screen.finish(), "name   took\n表        7  end\nplain     7  end\n");
    }

    #[test]
    fn colours_are_written_only_where_asked() {
        let text = |colour| {
            let mut screen = Screen::new(Style { colour, ..Style::default() });
            screen.text(0, Tone::Bad, "lost");
            screen.finish()
        };
        assert_eq!(text(false), "lost\n");
        assert_eq!(text(true), "\u{1b}[1;31mlost\u{1b}[0m\n");
    }
}
