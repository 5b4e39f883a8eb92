//! Which objects come back in one restore.

use std::collections::HashMap;

use super::backup::Candidate;
use super::naming::Names;
use crate::model::{Level, ObjectName, ObjectType};

/// How objects are put into restores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Grouping {
    /// One restore for each database.
    #[default]
    Database,
    /// One restore for each type; those of tables go first, because views, indexes and code refer to tables.
    Type,
    /// One restore for all.
    Whole,
}

/// The objects of one restore.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// What they have in common.
    pub(super) label: String,
    /// The restore's name.
    pub(super) name: String,
    /// The restores it waits for.
    pub(super) after: Vec<String>,
    /// The objects.
    pub(super) objects: Vec<Candidate>,
}

/// What the objects of one restore have in common.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Database(ObjectName),
    Type(ObjectType),
    All,
}

impl Key {
    fn of(candidate: &Candidate, grouping: Grouping) -> Self {
        let object = &candidate.object;
        match (grouping, object.object_type.level()) {
            (Grouping::Database, Level::Database) => Self::Database(object.name.clone()),
            (Grouping::Database, Level::Object) => Self::Database(object.parent.clone()),
            (Grouping::Type, _) => Self::Type(object.object_type.clone()),
            (Grouping::Whole, _) => Self::All,
        }
    }

    fn label(&self) -> String {
        match self {
            Self::Database(name) => format!("`{name}`"),
            Self::Type(kind) => kind.to_string(),
            Self::All => "everything selected".to_owned(),
        }
    }

    /// The restore's name, and what it is like where that gives no name.
    fn name(&self) -> (&str, &'static str) {
        match self {
            Self::Database(name) => (name.as_str(), "database"),
            Self::Type(kind) => (kind.wire(), "type"),
            Self::All => ("all", "all"),
        }
    }
}

/// Puts objects into restores, in the order in which each restore's first object stands.
pub(super) fn group(candidates: Vec<Candidate>, grouping: Grouping) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut index: HashMap<Key, usize> = HashMap::new();
    let mut names = Names::default();
    for candidate in candidates {
        let key = Key::of(&candidate, grouping);
        let at = match index.get(&key) {
            Some(at) => *at,
            None => {
                let (like, otherwise) = key.name();
                let name = names.like(like, otherwise);
                groups.push(Group { label: key.label(), name, after: Vec::new(), objects: Vec::new() });
                index.insert(key, groups.len() - 1);
                groups.len() - 1
            }
        };
        if let Some(group) = groups.get_mut(at) {
            group.objects.push(candidate);
        }
    }
    groups
}

/// Lets what refers to tables wait for them, where types are apart.
pub(super) fn order(groups: &mut [Group], grouping: Grouping) {
    if grouping != Grouping::Type {
        return;
    }
    let tables = |group: &Group| {
        let first = group.objects.first().map(|candidate| &candidate.object.object_type);
        matches!(first, Some(ObjectType::Table | ObjectType::QueueTable))
    };
    let first: Vec<String> = groups.iter().filter(|group| tables(group)).map(|group| group.name.clone()).collect();
    groups.iter_mut().filter(|group| !tables(group)).for_each(|group| group.after.clone_from(&first));
}
