//! Names of objects, as plans write them.

use crate::model::{NameError, ObjectName, QualifiedName};

use super::node::{Node, Yaml};
use super::parse::scalar::plain;
use super::rule;
use super::typed::Reader;

/// A name that stands alone, quoted as in SQL or not.
pub(super) fn bare_name(node: &Node, steps: &[&str], reader: &mut Reader<'_>) -> Option<ObjectName> {
    let QualifiedName { parent, name } = qualified(node, steps, reader)?;
    let Some(parent) = parent else { return Some(name) };
    let message = format!("one bare name is expected here, without `{parent}.`");
    let hint = match steps.last() {
        Some(&"rename_to") => {
            format!("write `{name}`; another database is named by `target: {{database: {parent}}}`")
        }
        Some(&"database") => {
            let dotted = in_yaml(&format!("\"{}.{}\"", parent.as_str(), name.as_str()));
            format!("write the database alone, like `{parent}`, or `{dotted}` where the dot belongs to its name")
        }
        _ => format!("write `{name}`; a name that holds a dot stands in double quotes"),
    };
    reader.wrong_with(rule::OBJECT_NAME, node, steps, message, hint);
    None
}

/// A name, with its parent or alone.
pub(super) fn qualified(node: &Node, steps: &[&str], reader: &mut Reader<'_>) -> Option<QualifiedName> {
    let text = reader.text(node, steps)?;
    let name = match QualifiedName::parse(text) {
        Ok(name) => name,
        Err(error) => {
            let width = text.get(error.offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            let message = format!("`{text}` is not an object's name: {error}");
            let part = error.offset..error.offset + width;
            let found = reader.draft_at(rule::OBJECT_NAME, node, steps, part, message);
            let hint = made_by_template(reader.written(node), &error).or_else(|| hint(text, &error));
            reader.report(found.maybe_hint(hint));
            return None;
        }
    };
    for part in name.parent.iter().chain([&name.name]) {
        if let Some(what) = part.lookalike() {
            let found = reader.draft(rule::LOOKALIKE, node, steps, format!("the name `{part}` {what}"));
            reader.report(found.hint("type the name again, unless it is called so at the site").warning());
        }
    }
    Some(name)
}

/// What to write where a template gave a name that wants quotes: the quotes go around the template.
fn made_by_template(written: &str, error: &NameError) -> Option<String> {
    if !written.contains("{{") || error.meant.is_none() {
        return None;
    }
    let (database, name) = written.trim_matches(['"', '\'']).split_once('.').unwrap_or(("DATABASE", "{{item}}"));
    let quoted = format!("`'{database}.\"{name}\"'`");
    Some(format!("if what the template gives is right, let it read {quoted}; the outer quotes are YAML's"))
}

/// What to write in place of a text that is no name.
fn hint(text: &str, error: &NameError) -> Option<String> {
    if text.contains([',', ';']) {
        return Some("give each name an entry of its own".to_owned());
    }
    if text.contains(['{', '}']) {
        return Some("a template has two braces on each side, like `{{name}}`".to_owned());
    }
    if let Some(dotted) = two_parts(text) {
        let whole = error.meant.as_deref().map(|meant| format!("; if it is all one name, `{}`", in_yaml(meant)));
        return Some(format!("write `{dotted}`{}", whole.unwrap_or_default()));
    }
    if let Some(meant) = &error.meant {
        let written = in_yaml(meant);
        let outer = if written == *meant { "" } else { "; the outer quotes are YAML's, and no part of the name" };
        return Some(format!("let it read `{written}`{outer}"));
    }
    let (before, after) = text.split_at_checked(error.offset)?;
    if after.starts_with(['*', '%', '?']) && !text.contains('.') && text.len() > 1 {
        return Some("write the name out; there are no patterns".to_owned());
    }
    if after.starts_with(['*', '%', '?']) {
        let database = before.split_once('.').map_or("NAME", |(database, _)| database);
        return Some(format!("name each object, or write `database: {database}` for everything in it"));
    }
    if after.is_empty() || after.starts_with('.') {
        return Some("write `DATABASE.name`".to_owned());
    }
    match before.trim_end_matches('.').split_once('.') {
        Some((first, second)) if !text.contains('"') => {
            let dotted = in_yaml(&format!("\"{first}.{second}\".{after}"));
            Some(format!("a database and a name are enough; where a dot belongs to a name, it is like `{dotted}`"))
        }
        _ => None,
    }
}

/// A database and a name that something else than a dot parts.
fn two_parts(text: &str) -> Option<String> {
    let (database, name) = text.split_once([' ', '/', ':'])?;
    let alone = |part: &str| QualifiedName::parse(part).is_ok_and(|name| name.parent.is_none());
    (alone(database) && alone(name)).then(|| format!("{database}.{name}"))
}

/// A name as a YAML scalar: in single quotes where YAML would read it as something else.
fn in_yaml(name: &str) -> String {
    let begins = name.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$'));
    if begins && !name.contains('"') && matches!(plain(name), Ok(Yaml::String(_))) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "''"))
    }
}
