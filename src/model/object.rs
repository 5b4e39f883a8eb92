//! Object types: an open set in which the known ones have rules.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The type of a backed-up object, as `object_type` has it on the wire.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectType {
    /// A database or user with all that it holds.
    Database,
    /// A user with all that it holds; the same as a database for every rule.
    User,
    /// A table.
    Table,
    /// A queue table.
    QueueTable,
    /// A view.
    View,
    /// A macro.
    Macro,
    /// A stored procedure.
    StoredProcedure,
    /// An external procedure.
    ExternalProcedure,
    /// An aggregate function.
    AggregateFunction,
    /// A scalar function.
    StandardFunction,
    /// A table function.
    TableFunction,
    /// A JAR of an external routine.
    Jar,
    /// A join index.
    JoinIndex,
    /// A hash index.
    HashIndex,
    /// A trigger.
    Trigger,
    /// A type that we don't know: passed through as it is, with a warning.
    Other(String),
}

/// Whether a restore names a whole database or single objects in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A whole database.
    Database,
    /// A single object.
    Object,
}

/// The wire name and the plan's key for every known type.
const KNOWN: [(ObjectType, &str, &str); 15] = [
    (ObjectType::Database, "DATABASE", "database"),
    (ObjectType::User, "USER", "user"),
    (ObjectType::Table, "TABLE", "table"),
    (ObjectType::QueueTable, "QUEUE_TABLE", "queue_table"),
    (ObjectType::View, "VIEW", "view"),
    (ObjectType::Macro, "MACRO", "macro"),
    (ObjectType::StoredProcedure, "STORED_PROCEDURE", "stored_procedure"),
    (ObjectType::ExternalProcedure, "EXTERNAL_PROCEDURE", "external_procedure"),
    (ObjectType::AggregateFunction, "AGGREGATE_FUNCTION", "aggregate_function"),
    (ObjectType::StandardFunction, "STANDARD_FUNCTION", "standard_function"),
    (ObjectType::TableFunction, "TABLE_FUNCTION", "table_function"),
    (ObjectType::Jar, "JAR", "jar"),
    (ObjectType::JoinIndex, "JOIN_INDEX", "join_index"),
    (ObjectType::HashIndex, "HASH_INDEX", "hash_index"),
    (ObjectType::Trigger, "TRIGGER", "trigger"),
];

impl ObjectType {
    /// The type that the wire calls `text`, without regard to case.
    pub fn from_wire(text: &str) -> Self {
        let known = KNOWN.iter().find(|(_, wire, _)| wire.eq_ignore_ascii_case(text));
        known.map_or_else(|| Self::Other(text.to_owned()), |(kind, _, _)| kind.clone())
    }

    /// The type that a plan's key names, like `stored_procedure`.
    pub fn from_key(key: &str) -> Option<Self> {
        KNOWN.iter().find(|(_, _, known)| *known == key).map(|(kind, _, _)| kind.clone())
    }

    /// The keys that a plan may use, in the order in which people look for them.
    pub fn keys() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|(_, _, key)| *key)
    }

    /// The name on the wire.
    pub fn wire(&self) -> &str {
        match self {
            Self::Other(text) => text,
            known => KNOWN.iter().find(|(kind, _, _)| kind == known).map_or("", |(_, wire, _)| wire),
        }
    }

    /// Whether it stands for a whole database.
    pub fn level(&self) -> Level {
        match self {
            Self::Database | Self::User => Level::Database,
            _ => Level::Object,
        }
    }

    /// Whether a single object of this type may come back under another name. None: not known.
    pub fn renames_singly(&self) -> Option<bool> {
        match self {
            Self::Table | Self::QueueTable | Self::Database | Self::User => Some(true),
            Self::Other(_) => None,
            _ => Some(false),
        }
    }
}

impl fmt::Display for ObjectType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wire())
    }
}

impl Serialize for ObjectType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.wire())
    }
}

impl<'de> Deserialize<'de> for ObjectType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_wire(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_type_has_one_wire_name_and_one_key() {
        for (kind, wire, key) in &KNOWN {
            assert_eq!(kind.wire(), *wire);
            assert_eq!(ObjectType::from_wire(&wire.to_lowercase()), *kind);
            assert_eq!(ObjectType::from_key(key).as_ref(), Some(kind));
        }
        assert_eq!(ObjectType::from_wire("GLOP_SET").wire(), "GLOP_SET");
    }
}
