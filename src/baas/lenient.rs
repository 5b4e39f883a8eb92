//! Readers for fields whose form the service doesn't promise. They take whatever comes, and no more of it than is good.

use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use serde::Serializer;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

pub(super) use super::texts::{text, texts};

/// More sub-tasks of one restore than this are counted into one.
const MOST_TASKS: usize = 10_000;

/// A part that is left out where it isn't an object.
struct Piece<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Piece<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PieceReader(PhantomData)).map(Self)
    }
}

struct PieceReader<T>(PhantomData<T>);

/// Everything that a visitor doesn't look into comes to nothing.
macro_rules! nothing_else {
    ($nothing:expr; $($visit:ident($kind:ty)),*) => {
        $(fn $visit<E>(self, _: $kind) -> Result<Self::Value, E> { Ok($nothing) })*

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($nothing)
        }
    };
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for PieceReader<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    nothing_else!(None; visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }
}

/// An object; anything else as none.
pub(super) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(PieceReader(PhantomData))
}

/// A list of objects; elements that are none left out, and anything but a list as empty. What is too much for it is told to
/// the last one that is kept, by `join`.
fn objects<'de, D, T>(deserializer: D, most: usize, join: fn(&mut T, T)) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Reader<T>(usize, fn(&mut T, T));
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("anything")
        }

        nothing_else!(Vec::new(); visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut kept = Vec::new();
            while let Some(Piece(piece)) = list.next_element::<Piece<T>>()? {
                let full = kept.len() >= self.0;
                match (piece, kept.last_mut().filter(|_| full)) {
                    (None, _) => {}
                    (Some(piece), Some(last)) => (self.1)(last, piece),
                    (Some(piece), None) => kept.push(piece),
                }
            }
            Ok(kept)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Vec::new())
        }
    }
    deserializer.deserialize_any(Reader(most, join))
}

/// The sub-tasks of a restore.
pub(super) fn tasks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<super::wire::SubTask>, D::Error> {
    objects(deserializer, MOST_TASKS, super::wire::SubTask::join)
}

/// A value without anything in it.
enum Scalar {
    Number(u64),
    Flag(bool),
    Text(String),
    Other,
}

/// Longer texts are no number and no time.
const LONGEST_SCALAR: usize = 100;

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            nothing_else!(Scalar::Other; visit_f64(f64));

            fn visit_bool<E>(self, flag: bool) -> Result<Scalar, E> {
                Ok(Scalar::Flag(flag))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(u64::try_from(number).map_or(Scalar::Other, Scalar::Number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                let text = text.trim();
                Ok(if text.len() > LONGEST_SCALAR { Scalar::Other } else { Scalar::Text(text.to_owned()) })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// The largest number that every JSON reader keeps exactly: 2^53 - 1, eight pebibytes.
const MOST: u64 = 9_007_199_254_740_991;

/// A number of bytes, as number or text; anything else as none.
pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = match Scalar::deserialize(deserializer)? {
        Scalar::Number(number) => Some(number),
        Scalar::Text(text) => text.parse().ok(),
        Scalar::Flag(_) | Scalar::Other => None,
    };
    Ok(number.filter(|bytes| *bytes <= MOST))
}

/// A flag; anything else as none.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Scalar::deserialize(deserializer)? {
        Scalar::Flag(flag) => Some(flag),
        _ => None,
    })
}

/// A moment in RFC 3339; without a zone it is taken as UTC; anything else as none.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Scalar::Text(text) = Scalar::deserialize(deserializer)? else {
        return Ok(None);
    };
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
