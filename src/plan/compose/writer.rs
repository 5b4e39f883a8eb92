//! YAML as people write it: comments, empty lines between sections, one entry a line.
//!
//! Only the layout is ours. Every scalar is written by the YAML library, so that there is one set of quoting rules; and
//! all lists and maps are blocks, because readers differ in what may stand unquoted between brackets.

use serde_json::{Map, Value};

use crate::model::{harmless, wrap};

/// How wide comments are, with their indentation.
const WIDTH: usize = 100;

/// Where remarks begin behind short entries.
const REMARKS: usize = 34;

/// Writes a document line by line.
#[derive(Debug, Default)]
pub(super) struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    /// What was written.
    pub(super) fn finish(self) -> String {
        self.text
    }

    /// An empty line.
    pub(super) fn gap(&mut self) {
        self.text.push('\n');
    }

    /// A line of a comment, as it is. The text must be ours, or YAML on one line.
    pub(super) fn comment_line(&mut self, text: &str) {
        let line = format!("# {text}");
        self.line(line.trim_end());
    }

    /// A paragraph of a comment, broken where it is wide. Foreign text in it can't end the comment or hide anything.
    pub(super) fn comment(&mut self, text: &str) {
        let room = WIDTH.saturating_sub(2 * self.depth + 2);
        wrap(&harmless(text), room).iter().for_each(|line| self.comment_line(line));
    }

    /// A key and its value, whatever that is.
    pub(super) fn entry(&mut self, key: &str, value: &Value) {
        match value {
            Value::Object(map) if !map.is_empty() => self.section(key, |writer| writer.entries(map)),
            Value::Array(items) if !items.is_empty() => self.section(key, |writer| {
                items.iter().for_each(|item| writer.element(|writer| writer.item(item)));
            }),
            _ => self.line(&format!("{key}: {}", scalar(value))),
        }
    }

    /// Several keys with their values.
    pub(super) fn entries(&mut self, map: &Map<String, Value>) {
        map.iter().for_each(|(key, value)| self.entry(key, value));
    }

    /// A key and a scalar, with a remark behind it.
    pub(super) fn remarked(&mut self, key: &str, value: &Value, remark: &str) {
        let entry = format!("{key}: {}", scalar(value));
        let room = REMARKS.saturating_sub(2 * self.depth + 2);
        self.line(&format!("{entry:room$}  # {}", harmless(remark)));
    }

    /// `key:` with what belongs to it below.
    pub(super) fn section(&mut self, key: &str, body: impl FnOnce(&mut Self)) {
        self.line(&format!("{key}:"));
        self.indented(body);
    }

    /// An element of a list: the first line that `body` writes carries the dash.
    pub(super) fn element(&mut self, body: impl FnOnce(&mut Self)) {
        let dash = self.text.len() + 2 * self.depth;
        self.indented(body);
        if self.text.get(dash..).is_some_and(|rest| rest.starts_with("  ")) {
            self.text.replace_range(dash..dash + 2, "- ");
        }
    }

    /// What follows a dash.
    fn item(&mut self, value: &Value) {
        match value {
            Value::Object(map) if !map.is_empty() => self.entries(map),
            _ => self.line(&scalar(value)),
        }
    }

    fn indented(&mut self, body: impl FnOnce(&mut Self)) {
        self.depth += 1;
        body(self);
        self.depth -= 1;
    }

    fn line(&mut self, text: &str) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
        self.text.push_str(text);
        self.text.push('\n');
    }
}

/// A scalar on one line.
fn scalar(value: &Value) -> String {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    // A scalar of JSON is all that goes in, so there is nothing that couldn't be written.
    serde_saphyr::to_string_with_options(value, options).unwrap_or_default().trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::LoaderLimits;
    use crate::plan::findings::Findings;
    use crate::plan::load::{Privacy, load};
    use proptest::prelude::*;
    use serde_json::json;

    fn read(text: &str) -> Value {
        let mut findings = Findings::new();
        let mut sources = crate::diagnostic::Sources::default();
        let limits = LoaderLimits::default();
        let node = load("written", text.as_bytes().to_vec(), Privacy::Open, &limits, &mut sources, &mut findings);
        assert!(!findings.has_errors(), "{text}");
        node.unwrap().to_json()
    }

    #[test]
    fn a_document_reads_as_it_is_laid_out() {
        let mut writer = Writer::default();
        writer.comment("one two");
        writer.entry("version", &json!(1));
        writer.gap();
        writer.section("restores", |writer| {
            writer.comment(&"word ".repeat(40));
            writer.element(|writer| {
                writer.remarked("name", &json!("a"), "a remark\nthat would go on");
                writer.section("objects", |writer| {
                    writer.element(|writer| {
                        writer.entries(json!({"table": "D.t", "rename_to": "u"}).as_object().unwrap())
                    });
                    writer.element(|writer| writer.entry("object", &json!({"type": "A, B", "flags": [1, "no"]})));
                });
            });
        });
        let text = writer.finish();
        insta::assert_snapshot!(text);
        let expected = json!({"version": 1, "restores": [{"name": "a", "objects": [
            {"table": "D.t", "rename_to": "u"}, {"object": {"type": "A, B", "flags": [1, "no"]}}
        ]}]});
        assert_eq!(read(&text), expected);
    }

    proptest! {
        #[test]
        fn any_text_comes_back_in_every_position(
            texts in proptest::collection::vec(any::<String>().prop_map(|text| text.replace('\0', "")), 1..4),
            odd in r#"[ \t\n\r\u{85}\u{2028}\u{feff}\u{202e}'":{}\[\],&*#?|<>=!%@`~\\a1-]{0,12}"#,
        ) {
            for text in texts.iter().chain([&odd]) {
                let map = json!({"scalar": text, "map": {"a": text, "b": [text, {"c": text, "d": 1}]}, "list": [text]});
                let mut writer = Writer::default();
                writer.comment(text);
                writer.element(|writer| {
                    writer.entries(map.as_object().unwrap());
                    writer.remarked("again", &json!(text), text);
                });
                let text_of_all = writer.finish();
                let mut expected = map.clone();
                expected["again"] = json!(text);
                prop_assert_eq!(read(&text_of_all), json!([expected]), "{}", text_of_all);
                let oracle: Value = serde_yaml::from_str(&text_of_all).unwrap();
                prop_assert_eq!(oracle, json!([expected]), "{}", text_of_all);
            }
        }
    }
}
