//! Text for people: how many of a thing, and what may be shown of a text from outside.

/// `1 restore`, `3 restores`.
pub fn count(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
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

/// Whether a character could move a cursor, hide text or turn it round: control characters, and format characters that
/// have no shape of their own.
pub fn deceives(c: char) -> bool {
    let shapeless = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    shapeless || c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn nothing_that_moves_a_cursor_is_left(text in any::<String>()) {
            let shown = harmless(&text);
            prop_assert!(!shown.chars().any(deceives), "{shown:?}");
            prop_assert_eq!(harmless(&shown), shown);
        }
    }
}
