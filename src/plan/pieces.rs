//! Large plans are read in pieces: the list of restores is cut between its elements, and each piece is
//! read alone, so that a plan of a hundred thousand restores never stands in memory as one tree, and
//! several processors can read it.
//!
//! A cut only looks at how lines are indented, and may be wrong about it: a text in quotes can hold
//! anything, and an alias can refer to another piece. Then a piece can't be read alone, or isn't what it
//! should be, and the whole text is read as one instead. So a cut can cost time, and never changes what
//! a plan means or which problems are found.

use std::ops::Range;

/// How many bytes a piece has at least.
const PIECE: usize = 256 << 10;

/// A list of restores, cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pieces {
    /// From the first element's line to the line behind the last one.
    pub(super) list: Range<usize>,
    /// Where the key `restores` stands.
    pub(super) key: usize,
    pub(super) pieces: Vec<Piece>,
}

/// Some elements that follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) bytes: Range<usize>,
    /// The index of its first element in the list.
    pub(super) first: usize,
    /// How many elements it should have.
    pub(super) count: usize,
    /// It is the whole list.
    pub(super) is_all: bool,
}

/// Cuts the block list under the top-level key `restores` into pieces of at least `size` bytes. None: there
/// is no such list, or the text has something that makes lines a bad guide.
pub(super) fn cut(text: &str, size: usize) -> Option<Pieces> {
    let mut lines = Lines { text, at: 0 };
    let mut key = None;
    for (at, line) in lines.by_ref() {
        if is_marker(line) && at > 0 {
            return None;
        }
        let rest = line.strip_prefix("restores:").map(str::trim_start);
        if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('#')) {
            key = Some(at);
            break;
        }
    }
    let key = key?;
    let (mut indent, mut elements) = (None, Vec::new());
    let mut end = None;
    for (at, line) in lines {
        let content = line.trim_start_matches(' ');
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if is_marker(line) {
            return None;
        }
        let spaces = line.len() - content.len();
        let is_element = content == "-" || content.starts_with("- ");
        match indent {
            None if is_element => indent = Some(spaces),
            None => return None,
            Some(own) if spaces > own => continue,
            Some(own) if spaces == own && is_element => {}
            Some(_) if spaces == 0 => {
                end = Some(at);
                break;
            }
            Some(_) => return None,
        }
        elements.push(at);
    }
    let end = end.unwrap_or(text.len());
    let list = *elements.first()?..end;
    let mut pieces: Vec<Piece> = Vec::new();
    for (index, start) in elements.iter().copied().enumerate() {
        match pieces.last_mut().filter(|piece| start - piece.bytes.start < size) {
            Some(piece) => piece.count += 1,
            None => pieces.push(Piece { bytes: start..end, first: index, count: 1, is_all: false }),
        }
    }
    if let [only] = pieces.as_mut_slice() {
        only.is_all = true;
    }
    let starts: Vec<usize> = pieces.iter().skip(1).map(|piece| piece.bytes.start).collect();
    pieces.iter_mut().zip(starts).for_each(|(piece, next)| piece.bytes.end = next);
    Some(Pieces { list, key, pieces })
}

/// Cuts a text of at least so many bytes.
pub(super) fn cut_large(text: &str, from: usize) -> Option<Pieces> {
    if text.len() < from { None } else { cut(text, PIECE.min(from)) }
}

/// Document markers and directives change what lines mean.
fn is_marker(line: &str) -> bool {
    line.starts_with("---") || line.starts_with("...") || line.starts_with('%')
}

/// Lines with the offset of their first byte, without their breaks.
struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let (line, taken) = match rest.find('\n') {
            Some(end) => (rest.get(..end)?, end + 1),
            None => (rest, rest.len()),
        };
        self.at += taken;
        Some((start, line.strip_suffix('\r').unwrap_or(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_elements_and_keeps_what_follows() {
        let text = "version: 1\nrestores: # all\n\n  # first\n  - name: a\n    x:\n      - y\n\n  - name: b\n  -\n    name: c\nlimits: {}\n";
        let cut = cut(text, 1).unwrap();
        assert!(text[cut.list.clone()].starts_with("  - name: a") && text[cut.list.end..].starts_with("limits"));
        let pieces: Vec<&str> = cut.pieces.iter().map(|piece| &text[piece.bytes.clone()]).collect();
        assert_eq!(pieces, ["  - name: a\n    x:\n      - y\n\n", "  - name: b\n", "  -\n    name: c\n"]);
        assert_eq!(
            cut.pieces.iter().map(|piece| (piece.first, piece.count)).collect::<Vec<_>>(),
            [(0, 1), (1, 1), (2, 1)]
        );
        let one = super::cut(text, 1000).unwrap();
        assert_eq!((one.pieces.len(), one.pieces[0].count), (1, 3));
    }

    #[test]
    fn zero_indentation_ends_at_the_next_key() {
        let text = "restores:\n- a: 1\n  b: 2\n- a: 2\nname: x\n";
        let cut = cut(text, 1).unwrap();
        assert_eq!(cut.pieces.len(), 2);
        assert_eq!(&text[cut.list.end..], "name: x\n");
    }

    #[test]
    fn what_lines_tell_badly_is_not_cut() {
        for text in [
            "",
            "restores: [a]\n",
            "restores:\n",
            "restores:\n  a: 1\n",
            "restores:\n  - a\n---\nb: 1\n",
            "restores:\n  - a\n...\n",
            "restores:\n    - a\n  - b\n",
            "  restores:\n    - a\n",
        ] {
            assert_eq!(cut(text, 1), None, "{text}");
        }
    }
}
