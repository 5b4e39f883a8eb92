//! Foreign texts in Markdown. Whatever stands in a name or a reason, it draws no table, no link, no heading and no tag, and
//! calls nobody.

use crate::model::harmless;

/// The longest text of a cell, in characters; a service's message may be of any length.
const LONGEST: usize = 600;

/// A text as itself.
pub(super) fn text(raw: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in clipped(raw).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // At a word's begin it would call somebody.
            '@' if !before.is_alphanumeric() => out.push_str("`@`"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '-' | '.' | '!' | '|' | '~'
            | '$' => {
                // A dash or a dot means something at the begin of a line only.
                if !matches!(c, '-' | '.' | '+' | '(' | ')') || out.is_empty() {
                    out.push('\\');
                }
                out.push(c);
            }
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// A text as code. Bars are escaped, because a table cuts its cells before it looks for code.
pub(super) fn code(raw: &str) -> String {
    let raw = clipped(raw).replace('|', "\\|");
    let longest = raw.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let gap = if raw.starts_with('`') || raw.ends_with('`') { " " } else { "" };
    if raw.is_empty() { String::new() } else { format!("{fence}{gap}{raw}{gap}{fence}") }
}

/// Prose; what stands in paired backquotes is code.
pub(super) fn prose(raw: &str) -> String {
    let raw = clipped(raw);
    if !raw.matches('`').count().is_multiple_of(2) {
        return text(&raw);
    }
    let parts = raw.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { code(part) } else { text(part) }).collect()
}

fn clipped(raw: &str) -> String {
    let raw = harmless(raw);
    match raw.char_indices().nth(LONGEST) {
        // An even number of backquotes must stay even, so that what follows isn't taken for code.
        Some((end, _)) => format!("{}\u{2026}", raw.get(..end).unwrap_or_default().replace('`', "'")),
        None => raw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn foreign_texts_stay_texts() {
        for (raw, expected) in [
            ("a|b", "a\\|b"),
            ("<b>&", "&lt;b&gt;&amp;"),
            ("ask @dba, or me@here", "ask `@`dba, or me@here"),
            ("[x](y) *z*", "\\[x\\](y) \\*z\\*"),
            ("- one", "\\- one"),
            ("two\n# three", "two \\# three"),
        ] {
            assert_eq!(text(raw), expected);
        }
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(prose("run `a|b` of <x>"), "run `a\\|b` of &lt;x&gt;");
        assert_eq!(prose("one ` alone"), "one \\` alone");
        assert!(prose(&"`x` ".repeat(1000)).len() < 2000);
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_cell(raw in any::<String>()) {
            for made in [text(&raw), code(&raw), prose(&raw)] {
                prop_assert!(!made.contains('\n') && !made.contains('\r'));
                let bars = made.match_indices('|').filter(|(at, _)| !made[..*at].ends_with('\\')).count();
                prop_assert_eq!(bars, 0, "{}", made);
            }
            // In code, which `code` closes whatever it holds, a tag is no tag.
            prop_assert!(!text(&raw).contains('<'));
        }
    }
}
