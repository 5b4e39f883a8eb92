//! Markdown under construction. Structure is ours; foreign text comes in by one gate, and stays text there: also in a table's
//! cell, and for the services that make links, pictures, formulas and calls for people's attention of what isn't markup.

use crate::report::wording::harmless;

/// A piece of a Markdown document.
#[derive(Debug, Default)]
pub(super) struct Markdown {
    out: String,
}

impl Markdown {
    pub(super) fn finish(self) -> String {
        self.out
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// Markup that was written down in this source.
    pub(super) fn fixed(&mut self, markup: &'static str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// Another piece.
    pub(super) fn piece(&mut self, piece: Self) -> &mut Self {
        self.out.push_str(&piece.out);
        self
    }

    /// A text; what stands in pairs of backquotes becomes code.
    pub(super) fn prose(&mut self, text: &str) -> &mut Self {
        let text = harmless(text);
        let paired = text.matches('`').count().is_multiple_of(2);
        if !paired {
            self.words(&text);
            return self;
        }
        for (index, part) in text.split('`').enumerate() {
            if index % 2 == 1 { self.code_of(part) } else { self.words(part) }
        }
        self
    }

    /// A name, or anything else that must be read to the letter.
    pub(super) fn code(&mut self, text: &str) -> &mut Self {
        self.code_of(&harmless(text));
        self
    }

    /// A row of a table.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> &mut Self {
        for cell in cells {
            self.fixed("| ");
            match cell {
                Cell::Code(text) => self.code(text),
                Cell::Prose(text) => self.prose(text),
            };
            self.fixed(" ");
        }
        self.fixed("|\n")
    }

    /// Text outside of code, word by word: one that somebody's Markdown could make something of becomes code.
    fn words(&mut self, text: &str) {
        for (index, word) in text.split(' ').enumerate() {
            if index > 0 && !self.out.ends_with([' ', '\n']) {
                self.out.push(' ');
            }
            if is_special(word) {
                self.code_of(word);
                continue;
            }
            // What could begin a list, a heading's line or a number of a list.
            let begins = word.starts_with(['-', '+', '=']);
            let numbers = word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with(['.', ')']);
            let last = word.chars().count().saturating_sub(1);
            for (at, c) in word.chars().enumerate() {
                if begins && at == 0 || numbers && at == last {
                    self.out.push('\\');
                    self.out.push(c);
                } else {
                    self.escaped(c);
                }
            }
        }
    }

    fn escaped(&mut self, c: char) {
        match c {
            '&' => self.out.push_str("&amp;"),
            '<' => self.out.push_str("&lt;"),
            '>' => self.out.push_str("&gt;"),
            // These end cells, or change what follows, whatever stands before them.
            '|' | '\\' | '`' => self.out.push_str(&format!("&#{};", u32::from(c))),
            '*' | '_' | '[' | ']' | '~' => {
                self.out.push('\\');
                self.out.push(c);
            }
            c => self.out.push(c),
        }
    }

    /// Code between backquotes where that can hold it, and else between tags. Two of the first must not touch.
    fn code_of(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if text.contains(['`', '|', '\\', '<', '>']) || self.out.ends_with('`') {
            self.out.push_str("<code>");
            for c in text.chars() {
                match c {
                    c if c.is_alphanumeric() || c == ' ' => self.out.push(c),
                    c => self.out.push_str(&format!("&#{};", u32::from(c))),
                }
            }
            self.out.push_str("</code>");
        } else {
            self.out.push_str(&format!("`{text}`"));
        }
    }
}

/// Whether somebody's Markdown makes a link, a call for attention, a formula or a picture of a word that isn't markup.
fn is_special(word: &str) -> bool {
    let picture = word.split(':').skip(1).any(|part| part.starts_with(|c: char| c.is_alphabetic() || "+-".contains(c)));
    word.contains(['@', '#', '$'])
        || word.contains("://")
        || word.to_ascii_lowercase().contains("www.")
        || picture && word.matches(':').count() > 1
}

/// A cell of a table.
#[derive(Debug, Clone)]
pub(super) enum Cell<'a> {
    /// To the letter.
    Code(&'a str),
    /// Words, with code in backquotes.
    Prose(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> String {
        let mut built = Markdown::default();
        built.prose(text);
        built.finish()
    }

    #[test]
    fn foreign_texts_stay_texts() {
        for (text, markdown) in [
            ("it comes after `orders`, which failed", "it comes after `orders`, which failed"),
            ("2 of 3 streams failed", "2 of 3 streams failed"),
            ("a|b", "a&#124;b"),
            ("`a|b`", "<code>a&#124;b</code>"),
            ("one ` alone", "one &#96; alone"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("ask @org/team", "ask `@org/team`"),
            ("`a`@org", "`a`<code>&#64;org</code>"),
            ("see #12 and http://x.example", "see `#12` and `http://x.example`"),
            ("[x](y) ![z](w)", "\\[x\\](y) !\\[z\\](w)"),
            ("**ALL** _SUCCEEDED_", "\\*\\*ALL\\*\\* \\_SUCCEEDED\\_"),
            ("one\n# two\r\n- three", "one `#` two \\- three"),
            ("\u{202e}\u{1b}[2J", "&#92;u{202e}&#92;u{1b}\\[2J"),
            ("$x$ :tada: &amp;", "`$x$` `:tada:` &amp;amp;"),
            ("a\\|b", "a&#92;&#124;b"),
            ("at 03:12:07Z, sub-tasks of 1.5 GiB", "at 03:12:07Z, sub-tasks of 1.5 GiB"),
            ("1. - + ===", "1\\. \\- \\+ \\==="),
        ] {
            assert_eq!(written(text), markdown, "{text:?}");
        }
    }

    /// Takes away what is ours of a piece: code, entities and escaped letters. What stays could be markup.
    fn bare(markdown: &str) -> String {
        let mut rest = markdown;
        let mut out = String::new();
        while let Some(c) = rest.chars().next() {
            if let Some((_, after)) = rest.strip_prefix('`').and_then(|inner| inner.split_once('`')) {
                rest = after;
            } else if let Some((inner, after)) = rest.strip_prefix("<code>").and_then(|r| r.split_once("</code>")) {
                assert!(!inner.contains('<'), "{inner}");
                rest = after;
            } else if let Some((_, after)) = rest.strip_prefix('&').and_then(|inner| inner.split_once(';')) {
                rest = after;
            } else if let Some(after) = rest.strip_prefix('\\') {
                rest = &after[1..];
            } else {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        out
    }

    proptest! {
        #[test]
        fn nothing_of_a_text_is_markup(text in "([a-c |`@#$*_<>&\\\\\\[\\]():!~\\n\\r\\u{202e}.-]|\\PC){0,40}", code in any::<bool>()) {
            let mut built = Markdown::default();
            if code { built.code(&text) } else { built.prose(&text) };
            let built = built.finish();
            prop_assert!(!built.contains(['|', '\n', '\r', '\u{202e}']), "{}", built);
            let left = bare(&built);
            prop_assert!(!left.contains(['`', '<', '>', '&', '*', '_', '[', ']', '@', '#', '$', '~', '\\']), "{} of {}", left, built);
        }
    }
}
