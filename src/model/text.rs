//! Sizes, counts, commands, lines and text from outside, written the same way on every surface.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// `812 B`, `1.2 GiB`: binary units, one digit where it says something.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut tenths = u128::from(count) * 10 / 1024;
    let mut unit = "KiB";
    for next in UNITS.iter().skip(1) {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        unit = next;
    }
    if tenths >= 1000 { format!("{} {unit}", tenths / 10) } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

/// `1 restore`, `3 restores`.
pub fn count(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

/// A word as a shell takes it back, so that a command we print can be pasted.
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@' | '+' | ',' | '=');
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A text from outside with everything made visible that could move a cursor, change colours, hide or turn
/// letters round: escape sequences, control characters, bidirectional marks, zero-width characters. Line breaks
/// and tabs become one space each, so that a foreign text can't forge a line of ours.
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push(' '),
            c if deceives(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// A text as XML takes it, between tags and in quotes. It is made harmless first, so that of the characters that XML
/// can't hold at all only two are left.
pub fn xml_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Whether a character could move a cursor, hide text or turn it round: control characters, and format characters that
/// have no shape of their own.
pub fn deceives(c: char) -> bool {
    let shapeless = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    shapeless || c.is_control()
}

/// Breaks a text into lines: at spaces, not within a command in backquotes where that fits a line, and in the middle
/// of a word only where the word alone is too long.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words(text, width) {
        let needed = if line.is_empty() { word.width() } else { line.width() + 1 + word.width() };
        if needed <= width {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            if line.width() + c.width().unwrap_or(0) > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines
}

fn words(text: &str, width: usize) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut parts = text.split(' ').filter(|part| !part.is_empty()).peekable();
    while let Some(part) = parts.next() {
        let mut word = part.to_owned();
        if is_open(part) {
            let mut ahead = parts.clone();
            let mut whole = word.clone();
            let mut closed = false;
            for next in ahead.by_ref() {
                whole.push(' ');
                whole.push_str(next);
                if whole.width() > width || is_open(next) {
                    closed = whole.width() <= width;
                    break;
                }
            }
            if closed {
                word = whole;
                parts = ahead;
            }
        }
        found.push(word);
    }
    found
}

/// Whether an odd number of backquotes leaves a quotation open (or closes one).
fn is_open(part: &str) -> bool {
    part.matches('`').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_have_a_unit_that_fits() {
        for (number, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_536, "1.5 KiB"),
            (104_857_600, "100 MiB"),
            (1_288_490_189, "1.2 GiB"),
            (u64::MAX, "15.9 EiB"),
        ] {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn commands_survive_a_shell() {
        assert_eq!(shell_word("plans/dr.yaml"), "plans/dr.yaml");
        assert_eq!(shell_word("my plan.yaml"), "'my plan.yaml'");
        assert_eq!(shell_word("a'; rm -rf ~"), r"'a'\''; rm -rf ~'");
        assert_eq!(shell_word("-x"), "'-x'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn several_have_their_plural() {
        for (number, noun, text) in [(0, "error", "0 errors"), (1, "entry", "1 entry"), (2, "entry", "2 entries")] {
            assert_eq!(count(number, noun), text);
        }
    }

    #[test]
    fn what_could_deceive_becomes_visible() {
        for (text, shown) in [
            ("plain ünïcode 表", "plain ünïcode 表"),
            ("a\r\nb\tc\u{2028}d", "a b c d"),
            ("\u{1b}[31mred\u{1b}]0;title\u{7}", "\\u{1b}[31mred\\u{1b}]0;title\\u{7}"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("abc\u{202e}fdp.exe", "abc\\u{202e}fdp.exe"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("\0", "\\u{0}"),
        ] {
            assert_eq!(harmless(text), shown, "{text:?}");
        }
    }

    #[test]
    fn breaks_lines_where_people_would() {
        for (text, width, lines) in [
            ("", 10, vec![""]),
            ("one two three", 8, vec!["one two", "three"]),
            ("abcdefghij kl", 4, vec!["abcd", "efgh", "ij", "kl"]),
            ("run `a b c` now", 8, vec!["run", "`a b c`", "now"]),
            ("a `never closed b", 10, vec!["a `never", "closed b"]),
            ("表表表表", 4, vec!["表表", "表表"]),
        ] {
            let found = wrap(text, width);
            assert_eq!(found, lines, "{text} at {width}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_moves_a_cursor_is_left(text in any::<String>()) {
            let shown = harmless(&text);
            prop_assert!(!shown.chars().any(deceives), "{shown:?}");
            prop_assert_eq!(harmless(&shown), shown);
        }

        #[test]
        fn no_line_is_too_long_and_no_letter_is_lost(text in "[a-z` 表]{0,120}", width in 2usize..60) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| line.width() <= width), "{lines:?}");
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }
}
