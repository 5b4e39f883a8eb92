//! A plain value as YAML that every tool reads the same from, and that no terminal obeys.

use std::borrow::Cow;

use serde_json::Value;

use crate::model::deceives;

/// A resolved plan as YAML, written so that every tool reads the same from it.
pub fn render_yaml(document: &Value) -> String {
    let plain = document.to_string();
    if !plain.contains("\\t") && !plain.chars().any(needs_number) {
        return written(document);
    }
    // The writer puts a text in double quotes if there is a noncharacter in it, and writes that by its number. So a
    // noncharacter goes in before each number that we want, with a sign that no text of the document has behind one.
    let mut signs = (0usize..).map(|n| format!("{n}:"));
    let sign = signs.find(|sign| !plain.contains(&format!("{WRITTEN_MARK}{sign}"))).unwrap_or_default();
    let text = written(&with_numbers(document, &sign));
    let begin = format!("{WRITTEN_MARK}{sign}");
    let mut pieces = text.split(&begin);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (number, rest) = piece.split_once(';').unwrap_or((piece, ""));
        out.push_str(if number.len() > 4 { "\\U" } else { "\\u" });
        out.push_str(number);
        out.push_str(rest);
    }
    out
}

/// A character that no text may hold, and how it is written.
const MARK: char = '\u{fffe}';
const WRITTEN_MARK: &str = "\\uFFFE";

/// Whether a character would be written as it is, and shouldn't. Control characters are written by their numbers anyway,
/// and line breaks and tabs have forms of their own.
fn needs_number(c: char) -> bool {
    c == MARK || (deceives(c) && !c.is_control())
}

fn written(document: &Value) -> String {
    // JSON's values are all that goes in, so there is nothing that couldn't be written.
    let text = serde_saphyr::to_string(document).unwrap_or_default();
    if text.ends_with('\n') { text } else { text + "\n" }
}

/// The same value, with marked numbers for the characters that need one.
fn with_numbers(value: &Value, sign: &str) -> Value {
    match value {
        Value::String(text) => Value::String(numbered(text, sign).into_owned()),
        Value::Array(items) => items.iter().map(|item| with_numbers(item, sign)).collect(),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| (numbered(key, sign).into_owned(), with_numbers(value, sign));
            Value::Object(entries.iter().map(entry).collect())
        }
        other => other.clone(),
    }
}

fn numbered<'a>(text: &'a str, sign: &str) -> Cow<'a, str> {
    // Lines that begin with a tab would stand in a block, where some tools take the tab for indentation.
    let tabs = text.contains('\n') && (text.starts_with('\t') || text.contains("\n\t"));
    let needs_number = |c: char| needs_number(c) || (tabs && c == '\t');
    if !text.chars().any(needs_number) {
        return Cow::Borrowed(text);
    }
    let one = |c: char| match u32::from(c) {
        _ if !needs_number(c) => c.to_string(),
        number @ 0..=0xffff => format!("{MARK}{sign}{number:04X};"),
        number => format!("{MARK}{sign}{number:08X};"),
    };
    Cow::Owned(text.chars().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_could_deceive_is_written_by_its_number() {
        let document = json!({
            "a\u{202e}": "x\u{1b}[31m\u{9b}",
            "b": "two\nlines",
            "c": ["\u{e0041}", "é", "\u{200b}\n\\uFFFE0:202E;", "\u{fffe}", "\n\ta\t"],
        });
        let text = render_yaml(&document);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                r#""a\u202E": "x\e[31m\x9B""#,
                "b: |-",
                "  two",
                "  lines",
                "c:",
                r#"- "\U000E0041""#,
                "- é",
                r#"- "\u200B\n\\uFFFE0:202E;""#,
                r#"- "\uFFFE""#,
                r#"- "\n\u0009a\u0009""#,
            ]
        );
        assert_eq!(serde_yaml::from_str::<Value>(&text).unwrap(), document);
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_something_harmless(
            key in any::<String>(),
            text in any::<String>(),
            odd in "[a\\\\\"'\u{202e}\u{200b}\u{fffe}\u{7f}\n\t :#;-]{0,12}",
        ) {
            let document = json!({key: text, "odd": [odd]});
            let written = render_yaml(&document);
            prop_assert!(!written.chars().any(|c| !matches!(c, '\n' | '\t') && deceives(c)), "{written:?}");
            let read: Value = serde_yaml::from_str(&written).unwrap();
            prop_assert_eq!(read, document, "{}", written);
        }
    }
}
