//! Which objects of a backup are meant.

use std::collections::{BTreeMap, HashSet};

use super::ComposeError;
use crate::model::count;
use crate::model::{BackupObject, Level, ObjectName, ObjectType, glob};

/// How many databases are named where nothing fits.
const SHOWN: usize = 12;

/// Which objects of a backup are meant: what fits an `include` or, where there are none, everything; less what fits
/// an `exclude`.
///
/// Patterns are globs on `DATABASE.name` without quotes and without case; for a whole database, on its name alone.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// What is in.
    pub include: Vec<String>,
    /// What is out all the same. Where a whole database is in, this is what stays out of it.
    pub exclude: Vec<String>,
    /// Which types of objects. Where empty, all; and of databases only those whose contents the list doesn't show,
    /// because the contents of the others are meant.
    pub types: Vec<ObjectType>,
}

/// One object that is meant.
#[derive(Debug, Clone)]
pub(super) struct Chosen<'a> {
    /// The object.
    pub(super) object: &'a BackupObject,
    /// What stays out of it.
    pub(super) without: Vec<ObjectName>,
}

/// What a selection came to.
#[derive(Debug)]
pub(super) struct Choice<'a> {
    /// What is meant, in the list's order.
    pub(super) objects: Vec<Chosen<'a>>,
    /// Patterns of `exclude` that fit nothing.
    pub(super) idle: Vec<String>,
}

/// A glob and whether it has fitted anything.
struct Pattern<'a> {
    text: &'a str,
    folded: String,
    fitted: bool,
}

impl Pattern<'_> {
    fn fits(&mut self, object: &BackupObject) -> bool {
        let name = object.name.folded();
        let alone = is_database(object) && glob::fits(&self.folded, &name);
        let parent = object.parent.as_ref().map(ObjectName::folded).unwrap_or_default();
        let fits = alone || glob::fits(&self.folded, &format!("{parent}.{name}"));
        self.fitted |= fits;
        fits
    }
}

fn patterns(texts: &[String]) -> Vec<Pattern<'_>> {
    texts.iter().map(|text| Pattern { text, folded: text.to_uppercase(), fitted: false }).collect()
}

/// Whether any fits. Each is tried, so that those that never fit show.
fn any_fits(patterns: &mut [Pattern<'_>], object: &BackupObject) -> bool {
    let mut any = false;
    for pattern in patterns {
        any |= pattern.fits(object);
    }
    any
}

fn is_database(object: &BackupObject) -> bool {
    object.object_type.level() == Level::Database
}

impl Selection {
    /// The objects of a list that are meant.
    ///
    /// # Errors
    /// When nothing is, or a type or an `include` fits nothing: it may be misspelt.
    pub(super) fn choose<'a>(&self, list: &'a [BackupObject]) -> Result<Choice<'a>, ComposeError> {
        if list.is_empty() {
            return Err(ComposeError::new("the object list is empty, so there is nothing to make a plan of"));
        }
        if let Some(kind) = self.types.iter().find(|kind| !list.iter().any(|object| object.object_type == **kind)) {
            return Err(ComposeError::new(format!("there is no {kind} in the backup; it holds {}", holds(list))));
        }
        let with_contents: HashSet<&ObjectName> =
            list.iter().filter(|object| !is_database(object)).filter_map(|object| object.parent.as_ref()).collect();
        let of_type = |object: &&BackupObject| match self.types.as_slice() {
            [] => !is_database(object) || !with_contents.contains(&object.name),
            types => types.contains(&object.object_type),
        };
        let (mut include, mut exclude) = (patterns(&self.include), patterns(&self.exclude));
        let mut objects: Vec<Chosen<'a>> = Vec::new();
        for object in list.iter().filter(of_type) {
            let included = any_fits(&mut include, object) || include.is_empty();
            let excluded = any_fits(&mut exclude, object);
            if included && !excluded {
                objects.push(Chosen { object, without: Vec::new() });
            }
        }
        if let Some(pattern) = include.iter().find(|pattern| !pattern.fitted) {
            let message = format!(
                "`{}` fits nothing; a pattern is tried on DATABASE.name without quotes, and the backup holds {}",
                pattern.text,
                holds(list)
            );
            return Err(ComposeError::new(message));
        }
        if objects.is_empty() {
            return Err(ComposeError::new("everything that was selected is excluded too, so nothing is left"));
        }
        within_databases(&mut objects, list, &mut exclude);
        let idle = exclude.iter().filter(|pattern| !pattern.fitted).map(|pattern| pattern.text.to_owned());
        Ok(Choice { objects, idle: idle.collect() })
    }
}

/// Where a whole database is meant, its objects need no mention of their own, and what is excluded stays out of it.
fn within_databases(objects: &mut Vec<Chosen<'_>>, list: &[BackupObject], exclude: &mut [Pattern<'_>]) {
    let whole: HashSet<ObjectName> =
        objects.iter().filter(|one| is_database(one.object)).map(|one| one.object.name.clone()).collect();
    if whole.is_empty() {
        return;
    }
    let inside =
        |object: &BackupObject| !is_database(object) && object.parent.as_ref().is_some_and(|p| whole.contains(p));
    objects.retain(|one| !inside(one.object));
    for object in list.iter().filter(|object| inside(object)) {
        if any_fits(exclude, object) {
            let holds =
                |one: &&mut Chosen<'_>| is_database(one.object) && Some(&one.object.name) == object.parent.as_ref();
            objects.iter_mut().filter(holds).for_each(|one| one.without.push(object.name.clone()));
        }
    }
}

/// What a list holds, by database.
fn holds(list: &[BackupObject]) -> String {
    let mut databases: Vec<(&ObjectName, BTreeMap<&str, usize>)> = Vec::new();
    let mut index: std::collections::HashMap<&ObjectName, usize> = std::collections::HashMap::new();
    for object in list {
        let database = if is_database(object) { Some(&object.name) } else { object.parent.as_ref() };
        let Some(database) = database else { continue };
        let at = *index.entry(database).or_insert_with(|| {
            databases.push((database, BTreeMap::new()));
            databases.len() - 1
        });
        if let Some((_, types)) = databases.get_mut(at)
            && !is_database(object)
        {
            *types.entry(object.object_type.wire()).or_default() += 1;
        }
    }
    let shown = databases.iter().take(SHOWN).map(|(database, types)| {
        let types: Vec<String> = types.iter().map(|(kind, number)| format!("{number} {kind}")).collect();
        if types.is_empty() { format!("`{database}`") } else { format!("`{database}` ({})", types.join(", ")) }
    });
    let mut shown: Vec<String> = shown.collect();
    if databases.len() > SHOWN {
        shown.push(format!("{} more", count(databases.len() - SHOWN, "database")));
    }
    shown.join(", ")
}
