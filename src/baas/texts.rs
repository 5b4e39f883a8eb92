//! Texts whose form and length the service doesn't promise.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Of a longer text, the beginning is kept, in bytes.
const LONGEST: usize = 16 * 1024;

/// Of a longer list of texts, the first are kept, and the rest is counted.
const MOST: usize = 1000;

/// A text, number or flag as text; null and empty as none; anything else in its JSON form.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let mut written = Written::default();
    let told = Writer(&mut written, Place::Outermost).deserialize(deserializer)?;
    Ok(told.then(|| written.ended()).filter(|text| !text.is_empty()))
}

/// A list of texts; null as empty, null elements left out, anything else in its JSON form.
pub(super) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_any(ListReader)
}

/// A text that grows up to a limit.
#[derive(Default)]
struct Written {
    text: String,
    full: bool,
}

impl Written {
    fn push(&mut self, more: &str) {
        let room = LONGEST.saturating_sub(self.text.len());
        let mut end = room.min(more.len());
        while !more.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        self.full |= end < more.len();
        self.text.push_str(more.get(..end).unwrap_or(""));
    }

    fn push_json(&mut self, text: &str) {
        // What has no room is cut before it is written, so that nothing large is written first.
        let mut end = text.len().min(LONGEST);
        while !text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        self.full |= end < text.len();
        self.push(&serde_json::to_string(text.get(..end).unwrap_or("")).unwrap_or_default());
    }

    fn ended(mut self) -> String {
        if self.full {
            self.text.push_str("...");
        }
        self.text
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The value itself: texts stand without quotes, and null is nothing.
    Outermost,
    /// Inside of another.
    Inside,
}

/// Writes a value down; whether it was anything but null.
struct Writer<'a>(&'a mut Written, Place);

impl<'de> DeserializeSeed<'de> for Writer<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Writer<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        if self.1 == Place::Inside {
            self.0.push("null");
        }
        Ok(false)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<bool, E> {
        self.0.push(if flag { "true" } else { "false" });
        Ok(true)
    }

    fn visit_u64<E>(self, number: u64) -> Result<bool, E> {
        self.0.push(&number.to_string());
        Ok(true)
    }

    fn visit_i64<E>(self, number: i64) -> Result<bool, E> {
        self.0.push(&number.to_string());
        Ok(true)
    }

    fn visit_f64<E>(self, number: f64) -> Result<bool, E> {
        self.0.push(&serde_json::Value::from(number).to_string());
        Ok(true)
    }

    fn visit_str<E>(self, text: &str) -> Result<bool, E> {
        match self.1 {
            Place::Outermost => self.0.push(text),
            Place::Inside => self.0.push_json(text),
        }
        Ok(true)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        self.0.push("[");
        let mut first = true;
        while !self.0.full {
            let before = self.0.text.len();
            if !first {
                self.0.push(",");
            }
            if list.next_element_seed(Writer(&mut *self.0, Place::Inside))?.is_none() {
                self.0.text.truncate(before);
                self.0.push("]");
                return Ok(true);
            }
            first = false;
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        self.0.push("{");
        let mut first = true;
        while !self.0.full {
            let before = self.0.text.len();
            if !first {
                self.0.push(",");
            }
            if map.next_key_seed(Writer(&mut *self.0, Place::Inside))?.is_none() {
                self.0.text.truncate(before);
                self.0.push("}");
                return Ok(true);
            }
            self.0.push(":");
            map.next_value_seed(Writer(&mut *self.0, Place::Inside))?;
            first = false;
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(true)
    }
}

struct ListReader;

impl<'de> Visitor<'de> for ListReader {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut kept = Vec::new();
        loop {
            let mut written = Written::default();
            match list.next_element_seed(Writer(&mut written, Place::Outermost))? {
                None => return Ok(kept),
                Some(true) => kept.push(written.ended()),
                Some(false) => {}
            }
            if kept.len() == MOST {
                break;
            }
        }
        let mut more = 0u64;
        while list.next_element::<IgnoredAny>()?.is_some() {
            more = more.saturating_add(1);
        }
        if more > 0 {
            kept.push(format!("... and {more} more"));
        }
        Ok(kept)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(vec![flag.to_string()])
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(vec![number.to_string()])
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(vec![number.to_string()])
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(vec![serde_json::Value::from(number).to_string()])
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let mut written = Written::default();
        written.push(text);
        Ok(vec![written.ended()])
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut written = Written::default();
        Writer(&mut written, Place::Outermost).visit_map(map)?;
        Ok(vec![written.ended()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::{Value, json};

    #[derive(Deserialize)]
    struct One(#[serde(deserialize_with = "text")] Option<String>);

    #[derive(Deserialize)]
    struct Many(#[serde(deserialize_with = "texts")] Vec<String>);

    fn one(value: &str) -> Option<String> {
        serde_json::from_str::<One>(value).unwrap().0
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((".{0,4}", inner), 0..5)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_no_text_stands_in_its_json_form(value in value()) {
            let expected = match &value {
                Value::Null => None,
                Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
                other => Some(other.to_string()),
            };
            prop_assert_eq!(one(&value.to_string()), expected);
        }
    }

    #[test]
    fn long_texts_and_long_lists_are_cut_and_say_so() {
        for long in [json!("ä".repeat(LONGEST)), json!(vec![7; LONGEST]), json!([["x".repeat(2 * LONGEST)]])] {
            let text = one(&long.to_string()).unwrap();
            assert!(text.ends_with("...") && text.len() <= LONGEST + 3, "{}", text.len());
        }
        let list: Many = serde_json::from_str(&json!(vec!["x"; MOST + 5]).to_string()).unwrap();
        assert_eq!((list.0.len(), list.0[MOST].as_str()), (MOST + 1, "... and 5 more"));
        let list: Many = serde_json::from_str(&json!(vec!["x"; MOST]).to_string()).unwrap();
        assert_eq!(list.0.len(), MOST);
    }
}
