//! One object of a restore: its type, its name, and what holds it.

use crate::model::{Level, ObjectName, ObjectType, RestoreObject};

use super::node::{Node, Yaml};
use super::rule;
use super::typed::Reader;
use super::typed_item::{bare_name, qualified};

/// What an object is before its switches are read.
pub(super) struct Identity {
    pub(super) object_type: ObjectType,
    pub(super) name: ObjectName,
    pub(super) parent: ObjectName,
    parent_type: ObjectType,
}

/// Reads one entry of `objects`.
pub(super) fn object(node: &Node, index: &str, reader: &mut Reader<'_>) -> Option<RestoreObject> {
    if node.is_broken() {
        return None;
    }
    let typed = ObjectType::keys().find_map(|key| Some((key, node.get(key)?)));
    let identity = match (typed, node.get("object")) {
        (Some((key, value)), _) => by_key(key, value, index, reader),
        (None, Some(other)) => by_type(other, index, reader),
        (None, None) => None,
    };
    let exclude = match node.get("exclude") {
        None => Some(Vec::new()),
        Some(list) if list.is_broken() => None,
        Some(list) => {
            let names = list.items().iter().enumerate();
            let read =
                |(at, name): (usize, &Node)| bare_name(name, &["objects", index, "exclude", &at.to_string()], reader);
            names.map(read).collect::<Vec<_>>().into_iter().collect()
        }
    };
    let include_all = match node.get("include_all").map(|flag| &flag.value) {
        None => Some(true),
        Some(Yaml::Bool(flag)) => Some(*flag),
        Some(_) => None,
    };
    let rename_to = node.get("rename_to").map(|name| bare_name(name, &["objects", index, "rename_to"], reader));
    let identity = identity?;
    if let Some(list) = node.get("exclude").filter(|list| !list.items().is_empty())
        && identity.object_type.level() != Level::Database
        && !matches!(identity.object_type, ObjectType::Other(_))
    {
        let message = format!("`exclude` has a meaning for databases only; this is a {}", identity.object_type);
        reader.wrong_with(rule::CONTRADICTION, list, &["objects", index, "exclude"], message, "remove it");
    }
    Some(RestoreObject {
        object_type: identity.object_type,
        name: identity.name,
        parent: identity.parent,
        parent_type: identity.parent_type,
        exclude: exclude?,
        include_all: include_all?,
        rename_to: rename_to.map_or(Some(None), |name| name.map(Some))?,
    })
}

fn dbc() -> Option<ObjectName> {
    ObjectName::bare("DBC").ok()
}

/// `table: DATABASE.name` and its kin.
pub(super) fn by_key(key: &str, value: &Node, index: &str, reader: &mut Reader<'_>) -> Option<Identity> {
    let steps = ["objects", index, key];
    let object_type = ObjectType::from_key(key)?;
    let name = qualified(value, &steps, reader)?;
    let parent = match (&object_type, name.parent) {
        (whole, None) if whole.level() == Level::Database => dbc()?,
        (whole, Some(parent)) if whole.level() == Level::Database => {
            let message = format!("a {key} is named alone, without `{parent}.`");
            let hint = format!("write `{key}: {}`, or `table: {parent}.{}` if a table is meant", name.name, name.name);
            reader.wrong_with(rule::OBJECT_NAME, value, &steps, message, hint);
            return None;
        }
        (_, Some(parent)) => parent,
        (_, None) => {
            let message = format!("the database that holds `{}` is missing", name.name);
            let hint = format!("write `DATABASE.{}`", name.name);
            reader.wrong_with(rule::OBJECT_NAME, value, &steps, message, hint);
            return None;
        }
    };
    Some(Identity { object_type, name: name.name, parent, parent_type: ObjectType::Database })
}

/// `object: {type, name, parent, parent_type}`.
fn by_type(other: &Node, index: &str, reader: &mut Reader<'_>) -> Option<Identity> {
    if other.is_broken() {
        return None;
    }
    let step = |key: &'static str| ["objects", index, "object", key];
    let type_node = other.get("type")?;
    let object_type = ObjectType::from_wire(reader.text(type_node, &step("type"))?);
    if let ObjectType::Other(unknown) = &object_type {
        let message = format!("nothing is known here about objects of the type `{unknown}`; it is sent as it is");
        let known =
            ObjectType::keys().map(|key| ObjectType::from_key(key).map_or(String::new(), |t| t.wire().to_owned()));
        let known: Vec<String> = known.collect();
        let hint = super::suggest::did_you_mean(unknown, known.iter().map(String::as_str))
            .unwrap_or_else(|| "compare it with `object_type` in the backup's object list".to_owned());
        let found = reader.draft(rule::UNKNOWN_TYPE, type_node, &step("type"), message).warning();
        reader.report(found.hint(hint));
    }
    let name_node = other.get("name")?;
    let name = qualified(name_node, &step("name"), reader)?;
    let given = match other.get("parent") {
        Some(node) => Some(bare_name(node, &step("parent"), reader)?),
        None => None,
    };
    let parent = match (given, name.parent) {
        (Some(_), Some(_)) => {
            let message = "the parent stands both in `name` and in `parent`";
            reader.wrong_with(rule::CONTRADICTION, name_node, &step("name"), message, "keep one of them");
            return None;
        }
        (Some(parent), None) | (None, Some(parent)) => parent,
        (None, None) if object_type.level() == Level::Database => dbc()?,
        (None, None) => {
            let message = format!("the database that holds `{}` is missing", name.name);
            reader.wrong_with(rule::OBJECT_NAME, name_node, &step("name"), message, "add `parent: DATABASE`");
            return None;
        }
    };
    let parent_type = match other.get("parent_type") {
        Some(node) => ObjectType::from_wire(reader.text(node, &step("parent_type"))?),
        None => ObjectType::Database,
    };
    Some(Identity { object_type, name: name.name, parent, parent_type })
}
