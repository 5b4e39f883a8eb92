//! HTML under construction. Tags and attribute names are ours, fixed when this is compiled; all else is escaped. There
//! is no way to put a foreign text in unescaped.

use serde::Serialize;

use crate::report::wording::harmless;

/// Attributes of an element: names are fixed, values are escaped.
pub(in crate::report) type Attributes<'a> = &'a [(&'static str, &'a str)];

/// A piece of a page.
#[derive(Debug, Default)]
pub(in crate::report) struct Markup {
    out: String,
}

/// A piece of a page that only [`Markup`] makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Piece(String);

impl Markup {
    pub(in crate::report) fn finish(self) -> String {
        self.out
    }

    /// Markup that was written down in this source.
    pub(in crate::report) fn fixed(&mut self, markup: &'static str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// A piece of a page that was made here before, so that all in it is escaped.
    pub(in crate::report) fn piece(&mut self, piece: &Piece) -> &mut Self {
        self.out.push_str(&piece.0);
        self
    }

    /// What was made, to be put into a page later.
    pub(in crate::report) fn cut(self) -> Piece {
        Piece(self.out)
    }

    /// A text, made harmless and escaped.
    pub(in crate::report) fn text(&mut self, text: &str) -> &mut Self {
        self.escaped(&harmless(text));
        self
    }

    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                c => self.out.push(c),
            }
        }
    }

    /// A start tag.
    pub(in crate::report) fn open(&mut self, tag: &'static str, attributes: Attributes<'_>) -> &mut Self {
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.text(value);
            self.out.push('"');
        }
        self.out.push('>');
        self
    }

    /// An end tag, on a line of its own in the source.
    pub(in crate::report) fn close(&mut self, tag: &'static str) -> &mut Self {
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push_str(">\n");
        self
    }

    /// An element that holds a text.
    pub(in crate::report) fn element(
        &mut self,
        tag: &'static str,
        attributes: Attributes<'_>,
        text: &str,
    ) -> &mut Self {
        self.open(tag, attributes).text(text).close(tag)
    }

    /// An element that holds prose; what stands in backquotes becomes code. A lone backquote stays what it is.
    pub(in crate::report) fn prose(&mut self, tag: &'static str, attributes: Attributes<'_>, text: &str) -> &mut Self {
        self.open(tag, attributes);
        let mut parts = text.split('`').peekable();
        let paired = text.matches('`').count().is_multiple_of(2);
        let mut code = false;
        while let Some(part) = parts.next() {
            if code && paired {
                self.fixed("<code>").text(part).fixed("</code>");
            } else {
                self.text(part);
                if !paired && parts.peek().is_some() {
                    self.text("`");
                }
            }
            code = !code;
        }
        self.close(tag)
    }

    /// A fact of a description list; nothing where there is none.
    pub(in crate::report) fn fact(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.fixed("<div>").element("dt", &[], name).prose("dd", &[], value).close("div");
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn foreign_texts_stay_texts() {
        let mut markup = Markup::default();
        markup.element("p", &[("title", "\"><script>")], "<b>&'\u{202e}");
        assert_eq!(markup.finish(), "<p title=\"&quot;&gt;&lt;script&gt;\">&lt;b&gt;&amp;&#39;\\u{202e}</p>\n");
    }

    #[test]
    fn only_paired_backquotes_become_code() {
        for (text, markup) in [
            ("run `a b` now", "<p>run <code>a b</code> now</p>\n"),
            ("`a`", "<p><code>a</code></p>\n"),
            ("one ` alone", "<p>one ` alone</p>\n"),
            ("`<i>`", "<p><code>&lt;i&gt;</code></p>\n"),
        ] {
            let mut built = Markup::default();
            built.prose("p", &[], text);
            assert_eq!(built.finish(), markup, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_can_leave_its_element(text in any::<String>()) {
            let mut markup = Markup::default();
            markup.prose("p", &[("title", &text)], &text);
            let built = markup.finish();
            let tags = built.replace("<code>", "").replace("</code>", "");
            prop_assert_eq!(tags.matches('<').count(), 2, "{}", built);
            prop_assert_eq!(tags.matches('"').count(), 2, "{}", built);
        }
    }
}
