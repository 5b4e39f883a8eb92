//! What a backup holds, by the service's list of its objects.

use std::collections::{HashMap, HashSet};

use super::suggest::nearest;
use super::{BackupObject, Level, ObjectName, ObjectType, QualifiedName, RestoreObject};

/// The objects of one backup execution. What a restore asks for is looked up here, by whoever needs to know.
#[derive(Debug, Clone)]
pub struct Contents<'a> {
    listed: &'a [BackupObject],
    by_name: HashMap<&'a ObjectName, Vec<&'a BackupObject>>,
    by_parent: HashMap<&'a ObjectName, Vec<&'a BackupObject>>,
}

impl<'a> Contents<'a> {
    /// The contents as a list shows them. None where it is empty: so a service may answer that hasn't prepared it.
    pub fn new(listed: &'a [BackupObject]) -> Option<Self> {
        if listed.is_empty() {
            return None;
        }
        let mut contents = Self { listed, by_name: HashMap::new(), by_parent: HashMap::new() };
        for entry in listed {
            contents.by_name.entry(&entry.name).or_default().push(entry);
            if let Some(parent) = &entry.parent {
                contents.by_parent.entry(parent).or_default().push(entry);
            }
        }
        Some(contents)
    }

    /// The entries that come back with an object. Empty: the backup doesn't hold it.
    ///
    /// A database's own entry may carry the sum of what is in it, so only one of the two is given.
    pub fn of(&self, object: &RestoreObject) -> Vec<&'a BackupObject> {
        let whole = object.object_type.level() == Level::Database;
        let is_itself = |entry: &&BackupObject| {
            if whole {
                entry.object_type.level() == Level::Database
            } else {
                entry.parent.as_ref().is_none_or(|parent| *parent == object.parent)
            }
        };
        let is_kept = |entry: &&BackupObject| !object.exclude.contains(&entry.name);
        let inside: Vec<&BackupObject> =
            if whole { self.inside(&object.name).filter(is_kept).collect() } else { Vec::new() };
        if inside.is_empty() {
            self.by_name.get(&object.name).into_iter().flatten().copied().filter(is_itself).collect()
        } else {
            inside
        }
    }

    /// The type that the list has for a single object, where that is another than the one that is asked for.
    pub fn other_type(&self, object: &RestoreObject) -> Option<&'a ObjectType> {
        let held = self.of(object);
        let single = object.object_type.level() == Level::Object;
        let differs = single && held.iter().all(|entry| entry.object_type != object.object_type);
        held.first().filter(|_| differs).map(|entry| &entry.object_type)
    }

    /// The names that an object leaves out although the backup holds nothing of that name in it, each with the one
    /// that was perhaps meant. Empty where the list shows nothing of what is in the object.
    pub fn excluded_in_vain<'o>(&self, object: &'o RestoreObject) -> Vec<(&'o ObjectName, Option<&'a ObjectName>)> {
        let inside: HashSet<&ObjectName> = self.inside(&object.name).map(|entry| &entry.name).collect();
        let unknown = object.exclude.iter().filter(|name| !inside.is_empty() && !inside.contains(name));
        unknown.map(|name| (name, nearest_name(name, inside.iter().copied()))).collect()
    }

    /// What was perhaps meant by an object that the backup doesn't hold, as a plan writes it.
    pub fn meant(&self, object: &RestoreObject) -> Option<String> {
        if object.object_type.level() == Level::Database {
            let databases = self.listed.iter().filter(|entry| entry.object_type.level() == Level::Database);
            let names =
                databases.map(|entry| &entry.name).chain(self.listed.iter().filter_map(|entry| entry.parent.as_ref()));
            return nearest_name(&object.name, names.filter(|name| name.folded() != "DBC")).map(ToString::to_string);
        }
        let qualified = |parent: &ObjectName, name: &ObjectName| {
            QualifiedName { parent: Some(parent.clone()), name: name.clone() }.to_string()
        };
        if let Some(name) = nearest_name(&object.name, self.inside(&object.parent).map(|entry| &entry.name)) {
            return Some(qualified(&object.parent, name));
        }
        let singles = || {
            let singles = self.listed.iter().filter(|entry| entry.object_type.level() == Level::Object);
            singles.filter_map(|entry| Some((entry.parent.as_ref()?, &entry.name)))
        };
        let elsewhere = singles().filter(|(_, name)| **name == object.name).map(|(parent, _)| parent).min();
        if let Some(parent) = elsewhere {
            return Some(qualified(parent, &object.name));
        }
        let all: Vec<String> = singles().map(|(parent, name)| qualified(parent, name)).collect();
        nearest(&qualified(&object.parent, &object.name), all.iter().map(String::as_str)).map(str::to_owned)
    }

    fn inside(&self, database: &ObjectName) -> impl Iterator<Item = &'a BackupObject> {
        self.by_parent.get(database).into_iter().flatten().copied()
    }
}

/// The nearest of some names, where one is near enough.
pub fn nearest_name<'a>(name: &ObjectName, known: impl IntoIterator<Item = &'a ObjectName>) -> Option<&'a ObjectName> {
    let known: Vec<&ObjectName> = known.into_iter().collect();
    let found = nearest(name.as_str(), known.iter().map(|name| name.as_str()))?;
    known.into_iter().find(|name| name.as_str() == found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: &str, parent: &str, name: &str) -> BackupObject {
        BackupObject {
            name: ObjectName::bare(name).unwrap(),
            object_type: ObjectType::from_wire(kind),
            parent: ObjectName::bare(parent).ok(),
            parent_type: None,
            bytes: None,
        }
    }

    fn list() -> Vec<BackupObject> {
        vec![
            entry("DATABASE", "DBC", "ADW"),
            entry("TABLE", "ADW", "customer"),
            entry("TABLE", "ADW", "orders"),
            entry("VIEW", "ADW", "totals"),
            entry("TABLE", "BANK", "accounts"),
            entry("TABLE", "", "loose"),
        ]
    }

    fn wanted(kind: &str, parent: &str, name: &str, exclude: &[&str]) -> RestoreObject {
        RestoreObject {
            object_type: ObjectType::from_wire(kind),
            name: ObjectName::bare(name).unwrap(),
            parent: ObjectName::bare(parent).unwrap(),
            parent_type: ObjectType::Database,
            exclude: exclude.iter().map(|name| ObjectName::bare(*name).unwrap()).collect(),
            include_all: true,
            rename_to: None,
        }
    }

    #[test]
    fn an_object_is_found_without_case_and_where_it_belongs() {
        let list = list();
        let contents = Contents::new(&list).unwrap();
        let names = |kind: &str, parent: &str, name: &str, exclude: &[&str]| -> Vec<String> {
            contents.of(&wanted(kind, parent, name, exclude)).iter().map(|entry| entry.name.to_string()).collect()
        };
        assert_eq!(names("TABLE", "adw", "CUSTOMER", &[]), ["customer"]);
        assert_eq!(names("TABLE", "ADW", "accounts", &[]), Vec::<String>::new());
        assert_eq!(names("TABLE", "ANY", "loose", &[]), ["loose"], "a list may not say what holds an object");
        assert_eq!(names("DATABASE", "DBC", "ADW", &["orders"]), ["customer", "totals"]);
        assert_eq!(names("DATABASE", "DBC", "ADW", &["orders", "customer", "totals"]), ["ADW"]);
        assert_eq!(names("DATABASE", "DBC", "BANK", &[]), ["accounts"], "what is in it shows that it is there");
        assert_eq!(names("DATABASE", "DBC", "customer", &[]), Vec::<String>::new());
        assert!(Contents::new(&[]).is_none());
    }

    #[test]
    fn what_was_meant_is_looked_for_nearby_first() {
        let list = list();
        let contents = Contents::new(&list).unwrap();
        for (kind, parent, name, meant) in [
            ("TABLE", "ADW", "ordres", Some("ADW.orders")),
            ("TABLE", "ADW", "accounts", Some("BANK.accounts")),
            ("TABLE", "AWD", "order", Some("ADW.orders")),
            ("DATABASE", "DBC", "BANKS", Some("BANK")),
            ("DATABASE", "DBC", "AWD", Some("ADW")),
            ("TABLE", "ADW", "inventory", None),
        ] {
            assert_eq!(contents.meant(&wanted(kind, parent, name, &[])).as_deref(), meant, "{parent}.{name}");
        }
    }

    #[test]
    fn types_and_exclusions_are_compared() {
        let list = list();
        let contents = Contents::new(&list).unwrap();
        assert_eq!(contents.other_type(&wanted("TABLE", "ADW", "totals", &[])), Some(&ObjectType::View));
        assert_eq!(contents.other_type(&wanted("VIEW", "ADW", "totals", &[])), None);
        assert_eq!(contents.other_type(&wanted("TABLE", "ADW", "nothing", &[])), None);
        let object = wanted("DATABASE", "DBC", "ADW", &["ORDERS", "custommer"]);
        let found = contents.excluded_in_vain(&object);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].0.as_str(), found[0].1.unwrap().as_str()), ("custommer", "customer"));
        assert!(contents.excluded_in_vain(&wanted("DATABASE", "DBC", "OTHER", &["x"])).is_empty());
    }
}
