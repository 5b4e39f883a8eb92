//! Readers for fields whose form the service doesn't promise.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serializer, de::DeserializeOwned};
use serde_json::Value;

/// A text, number or flag as text; null and empty as none.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(to_text(Value::deserialize(deserializer)?).filter(|text| !text.is_empty()))
}

/// A list of texts; null as empty, null elements left out, anything else in its JSON form.
pub(super) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Array(values) => values.into_iter().filter_map(to_text).collect(),
        other => to_text(other).into_iter().collect(),
    })
}

/// A list; null as empty, null elements left out.
pub(super) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let list = Option::<Vec<Option<T>>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(list.into_iter().flatten().collect())
}

/// The largest number that every JSON reader keeps exactly: 2^53 - 1, eight pebibytes.
const MOST: u64 = 9_007_199_254_740_991;

/// A number of bytes, as number or text; anything else as none.
pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    Ok(number.filter(|bytes| *bytes <= MOST))
}

/// A flag; anything else as none.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_bool())
}

/// A moment in RFC 3339; without a zone it is taken as UTC; anything else as none.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Value::String(text) = Value::deserialize(deserializer)? else {
        return Ok(None);
    };
    let text = text.trim();
    let utc = || {
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    Ok(text.parse().ok().or_else(utc))
}

/// An id that is a number on the wire wherever it can be one.
pub(super) fn number<S: Serializer>(id: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    match id {
        None => serializer.serialize_none(),
        Some(text) => match text.parse::<u64>() {
            Ok(number) => serializer.serialize_u64(number),
            Err(_) => serializer.serialize_str(text),
        },
    }
}

fn to_text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}
