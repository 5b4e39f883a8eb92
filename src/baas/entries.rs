//! Lists of records, read one by one within bounds: a body of legal size may still hold more than memory should.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::fault::Fault;
use super::wire;

/// The memory that the records of one list may take, their texts aside: those are no longer than the body.
const MOST_BYTES: usize = 128 * 1024 * 1024;

/// A record that comes in lists.
pub(super) trait Entry: DeserializeOwned {
    /// The memory that it takes, its texts aside.
    fn weight(&self) -> usize {
        size_of::<Self>()
    }

    /// Whether it tells anything that somebody could look for.
    fn tells(&self) -> bool {
        true
    }
}

impl Entry for wire::Restore {
    fn weight(&self) -> usize {
        let texts = self.errors.len() + self.warnings.len() + self.restored_objects_status.len();
        let tasks = self.restore_execution_sub_tasks.len();
        size_of::<Self>() + texts * size_of::<String>() + tasks * size_of::<wire::SubTask>()
    }

    /// A restore is found by its name, or by the id that was given for it.
    fn tells(&self) -> bool {
        self.restore_job_name.is_some() || self.restore_execution_id.is_some()
    }
}

impl Entry for wire::Job {}
impl Entry for wire::Execution {}
// Also without a name: how many of those there are is told.
impl Entry for wire::BackupObject {}

impl Entry for wire::Database {
    fn tells(&self) -> bool {
        self.name.is_some()
    }
}

/// A record as a JSON object. What is derived would also take an array, and give its values to the fields by their order.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

/// A list; null counts as an empty one. Entries that tell nothing are left out, unless there are no others.
pub(super) struct List<T> {
    entries: Vec<T>,
    /// Whether there was more than may be taken.
    overflows: bool,
}

impl<T> List<T> {
    /// Its entries, if they are all there are.
    pub(super) fn whole(self) -> Result<Vec<T>, Fault> {
        match self.overflows {
            true => Err(Fault::TooMany { entries: self.entries.len() }),
            false => Ok(self.entries),
        }
    }
}

impl<'de, T: Entry> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListReader(PhantomData))
    }
}

struct ListReader<T>(PhantomData<T>);

impl<'de, T: Entry> Visitor<'de> for ListReader<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(List { entries: Vec::new(), overflows: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        let (mut bytes, mut silent) = (0usize, 0usize);
        while let Some(Object(entry)) = list.next_element::<Object<T>>()? {
            if !entry.tells() {
                silent = silent.saturating_add(1);
                continue;
            }
            bytes = bytes.saturating_add(entry.weight());
            if bytes > MOST_BYTES {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(List { entries, overflows: true });
            }
            entries.push(entry);
        }
        if entries.is_empty() && silent > 0 {
            // Not the same as an empty list, which says that there is nothing.
            return Err(A::Error::custom(format_args!("none of its {silent} entries has a name")));
        }
        Ok(List { entries, overflows: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<wire::Restore>, String> {
        serde_json::from_str::<List<wire::Restore>>(text).map(|list| list.entries).map_err(|error| error.to_string())
    }

    #[test]
    fn a_list_is_a_list_of_objects() {
        assert_eq!(read("null"), Ok(Vec::new()));
        assert_eq!(read("[{\"restore_job_name\": \"x\"}, {}, {\"status\": \"SUCCESSFUL\"}]").unwrap().len(), 1);
        assert_eq!(read("[{\"restore_execution_id\": 7}]").unwrap().len(), 1);
        for odd in [
            "[{}]",
            "[{\"error\": \"busy\"}]",
            "{}",
            "\"x\"",
            "7",
            "[null]",
            "[\"x\"]",
            "[[\"x\", 1, 2, \"SUCCESSFUL\"]]",
        ] {
            assert!(read(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn what_does_not_fit_is_not_taken_for_the_whole() {
        let many = vec!["{\"restore_job_name\":\"a\"}"; MOST_BYTES / size_of::<wire::Restore>() + 1].join(",");
        let list: List<wire::Restore> = serde_json::from_str(&format!("[{many}]")).unwrap();
        assert!(list.overflows);
    }
}
