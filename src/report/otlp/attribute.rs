//! Attributes and moments as OTLP writes them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::report::wording::harmless;

/// Of a longer text, the beginning is sent.
const LONGEST: usize = 1000;

/// A list of attributes; no key may come twice.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Attributes(Vec<Value>);

impl Attributes {
    pub(super) fn text(self, key: &str, value: &str) -> Self {
        self.with(key, json!({"stringValue": short(value)}))
    }

    pub(super) fn maybe_text(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    pub(super) fn number(self, key: &str, value: u64) -> Self {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        self.with(key, json!({"intValue": value.to_string()}))
    }

    pub(super) fn maybe_number(self, key: &str, value: Option<u64>) -> Self {
        match value {
            Some(value) => self.number(key, value),
            None => self,
        }
    }

    pub(super) fn flag(self, key: &str, value: bool) -> Self {
        self.with(key, json!({"boolValue": value}))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.0.push(json!({"key": key, "value": value}));
        self
    }
}

/// A text from outside, made harmless for whoever shows it, and cut.
pub(super) fn short(text: &str) -> String {
    let text = harmless(text);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// A moment; none lies before 1970.
pub(super) fn nanoseconds(at: Timestamp) -> String {
    at.as_nanosecond().max(0).to_string()
}
