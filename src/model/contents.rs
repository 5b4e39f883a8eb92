//! What a backup holds, by the service's list of its objects.

use super::suggest::nearest;
use super::{BackupObject, Level, ObjectName, ObjectType, QualifiedName, RestoreObject};

/// The objects of one backup execution. What a restore asks for is looked up here, by whoever needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'a>(&'a [BackupObject]);

impl<'a> Contents<'a> {
    /// The contents as a list shows them. None where it is empty: so a service may answer that hasn't prepared it.
    pub fn new(listed: &'a [BackupObject]) -> Option<Self> {
        (!listed.is_empty()).then_some(Self(listed))
    }

    /// The entries that come back with an object. Empty: the backup doesn't hold it.
    ///
    /// A database's own entry may carry the sum of what is in it, so only one of the two is given.
    pub fn of(self, object: &RestoreObject) -> Vec<&'a BackupObject> {
        let whole = object.object_type.level() == Level::Database;
        let is_itself = |entry: &&BackupObject| {
            let here = if whole {
                entry.object_type.level() == Level::Database
            } else {
                entry.parent.as_ref().is_none_or(|parent| *parent == object.parent)
            };
            here && entry.name == object.name
        };
        let is_inside = |entry: &&BackupObject| {
            whole && entry.parent.as_ref() == Some(&object.name) && !object.exclude.contains(&entry.name)
        };
        let inside: Vec<&BackupObject> = self.0.iter().filter(is_inside).collect();
        if inside.is_empty() { self.0.iter().filter(is_itself).collect() } else { inside }
    }

    /// The type that the list has for a single object, where that is another than the one that is asked for.
    pub fn other_type(self, object: &RestoreObject) -> Option<&'a ObjectType> {
        let held = self.of(object);
        let single = object.object_type.level() == Level::Object;
        let differs = single && held.iter().all(|entry| entry.object_type != object.object_type);
        held.first().filter(|_| differs).map(|entry| &entry.object_type)
    }

    /// The names that an object leaves out although the backup holds nothing of that name in it, each with the one
    /// that was perhaps meant. Empty where the list shows nothing of what is in the object.
    pub fn excluded_in_vain<'o>(self, object: &'o RestoreObject) -> Vec<(&'o ObjectName, Option<&'a ObjectName>)> {
        let inside = self.inside(&object.name);
        let unknown = object.exclude.iter().filter(|name| !inside.is_empty() && !inside.contains(name));
        unknown.map(|name| (name, nearest_name(name, inside.iter().copied()))).collect()
    }

    /// What was perhaps meant by an object that the backup doesn't hold, as a plan writes it.
    pub fn meant(self, object: &RestoreObject) -> Option<String> {
        if object.object_type.level() == Level::Database {
            let databases = self.0.iter().filter(|entry| entry.object_type.level() == Level::Database);
            let names =
                databases.map(|entry| &entry.name).chain(self.0.iter().filter_map(|entry| entry.parent.as_ref()));
            return nearest_name(&object.name, names.filter(|name| name.folded() != "DBC")).map(ToString::to_string);
        }
        let qualified = |parent: &ObjectName, name: &ObjectName| {
            QualifiedName { parent: Some(parent.clone()), name: name.clone() }.to_string()
        };
        if let Some(name) = nearest_name(&object.name, self.inside(&object.parent)) {
            return Some(qualified(&object.parent, name));
        }
        let singles = || {
            let singles = self.0.iter().filter(|entry| entry.object_type.level() == Level::Object);
            singles.filter_map(|entry| Some((entry.parent.as_ref()?, &entry.name)))
        };
        let elsewhere = singles().filter(|(_, name)| **name == object.name).map(|(parent, _)| parent).min();
        if let Some(parent) = elsewhere {
            return Some(qualified(parent, &object.name));
        }
        let all: Vec<String> = singles().map(|(parent, name)| qualified(parent, name)).collect();
        nearest(&qualified(&object.parent, &object.name), all.iter().map(String::as_str)).map(str::to_owned)
    }

    fn inside(self, database: &ObjectName) -> Vec<&'a ObjectName> {
        self.0.iter().filter(|entry| entry.parent.as_ref() == Some(database)).map(|entry| &entry.name).collect()
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
