//! A plan from the object list of a backup.
//!
//! What can't stand in a plan that validates is left out and listed at the end, with the reason. Which objects that
//! are isn't decided here a second time: the plan is composed, resolved, and what is found in an object takes it out.

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::grouping::{Group, Grouping, group, order};
use super::selection::{Chosen, Selection};
use super::{ComposeError, findings};
use crate::model::count;
use crate::model::{
    BackupExecution, BackupObject, Level, Millis, ObjectName, ObjectType, OnExisting, RestoreObject, Slug, Source,
    Target,
};
use crate::plan::pointer::Pointer;
use crate::plan::render;

/// How often what is found is taken out. Each time takes something out, and what is left is found in the first.
const PASSES: usize = 4;

/// How many reasons are given where nothing can stand in a plan.
const SHOWN: usize = 20;

/// What to make a plan of.
#[derive(Debug, Clone)]
pub struct BackupImport<'a> {
    /// Where editors find the schema, as seen from the plan's file.
    pub schema: Option<&'a str>,
    /// The plan's name; like the job's where none.
    pub name: Option<&'a Slug>,
    /// The site, the job, and what the plan is to say about the execution.
    pub source: &'a Source,
    /// The execution whose objects these are.
    pub execution: &'a BackupExecution,
    /// Its objects.
    pub objects: &'a [BackupObject],
    /// How many entries of the list have no usable name.
    pub nameless: usize,
    /// Which of them are meant.
    pub selection: &'a Selection,
    /// How they are put into restores.
    pub grouping: Grouping,
    /// Where they go.
    pub target: &'a Target,
    /// What their names end in there.
    pub suffix: Option<&'a str>,
    /// What if they are there already.
    pub on_existing: OnExisting,
    /// How long one restore may take.
    pub deadline: Millis,
}

/// A plan that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// Its text.
    pub text: String,
    /// How many restores it has.
    pub restores: usize,
    /// How many objects they name.
    pub objects: usize,
    /// How many objects were meant and are not in it.
    pub left_out: usize,
    /// Patterns of `exclude` that fit nothing.
    pub idle: Vec<String>,
}

/// An object on its way into the plan.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// As the plan names it.
    pub(super) object: RestoreObject,
    /// Its size.
    pub(super) bytes: Option<u64>,
}

/// An object that is meant and isn't in the plan.
#[derive(Debug)]
pub(super) struct LeftOut {
    /// As it would stand in `objects`.
    pub(super) entry: Map<String, Value>,
    /// What speaks against it.
    pub(super) why: String,
}

impl LeftOut {
    fn new(object: &RestoreObject, why: String) -> Self {
        Self { entry: entry(object), why }
    }
}

/// What the list shows of objects by their database and name.
struct Known<'a> {
    /// All of it.
    backed_up: HashSet<(&'a ObjectName, &'a ObjectName)>,
    /// What is in the plan so far, and its type.
    named: HashMap<(ObjectName, ObjectName), &'a ObjectType>,
}

/// An object's entry in `objects`, with nothing that holds by default.
pub(super) fn entry(object: &RestoreObject) -> Map<String, Value> {
    let mut entry = render::identity(object);
    if !object.exclude.is_empty() {
        entry.insert("exclude".into(), object.exclude.iter().map(render::name).collect());
    }
    if let Some(renamed) = &object.rename_to {
        entry.insert("rename_to".into(), render::name(renamed));
    }
    entry
}

impl BackupImport<'_> {
    /// Composes the plan.
    ///
    /// # Errors
    /// When nothing is selected, nothing that is selected can stand in a plan, or the plan as a whole wouldn't do.
    pub fn compose(&self) -> Result<Composed, ComposeError> {
        let choice = self.selection.choose(self.objects)?;
        let mut left_out = Vec::new();
        let mut groups = group(self.candidates(&choice.objects, &mut left_out), self.grouping);
        for _ in 0..PASSES {
            order(&mut groups, self.grouping);
            let found = self.found(&groups);
            if found.is_empty() {
                break;
            }
            take_out(&mut groups, &found, &mut left_out);
        }
        if groups.is_empty() {
            let mut reasons: Vec<String> =
                left_out.iter().take(SHOWN).map(|one| format!("\n  - {}", one.why)).collect();
            if left_out.len() > SHOWN {
                reasons.push(format!("\n  - and so for {} more", count(left_out.len() - SHOWN, "object")));
            }
            let message = format!("nothing that was selected can stand in a plan:{}", reasons.concat());
            return Err(ComposeError::new(message));
        }
        let text = self.sketch(&groups, &left_out).write();
        if let Some(found) = findings(&text).iter().next() {
            return Err(ComposeError::new(format!("such a plan would not be sound: {}", found.message)));
        }
        Ok(Composed {
            text,
            restores: groups.len(),
            objects: groups.iter().map(|group| group.objects.len()).sum(),
            left_out: left_out.len(),
            idle: choice.idle,
        })
    }

    /// What is chosen, under the names that it gets; without what the list alone shows to be no good.
    fn candidates(&self, chosen: &[Chosen<'_>], left_out: &mut Vec<LeftOut>) -> Vec<Candidate> {
        let parents = self.objects.iter().filter_map(|object| Some((object.parent.as_ref()?, &object.name)));
        let mut known = Known { backed_up: parents.collect(), named: HashMap::new() };
        let mut candidates = Vec::with_capacity(chosen.len());
        for one in chosen {
            match self.candidate(one, &mut known) {
                Ok(candidate) => candidates.push(candidate),
                Err(one) => left_out.push(one),
            }
        }
        candidates
    }

    fn candidate<'a>(&self, chosen: &Chosen<'a>, known: &mut Known<'a>) -> Result<Candidate, LeftOut> {
        let listed = chosen.object;
        let mut object = self.object(listed, &chosen.without)?;
        match known.named.entry((object.parent.clone(), object.name.clone())) {
            Slot::Vacant(slot) => drop(slot.insert(&listed.object_type)),
            Slot::Occupied(first) => {
                let why = format!("the list has `{}.{}` before, as {}", object.parent, object.name, first.get());
                return Err(LeftOut::new(&object, why));
            }
        }
        if let Some(suffix) = self.suffix {
            let renamed = ObjectName::bare(format!("{}{suffix}", object.name.as_str()));
            let renamed = renamed.map_err(|error| {
                LeftOut::new(&object, format!("`{}` can't end in `{suffix}`: {error}", object.name))
            })?;
            object.rename_to = Some(renamed);
        }
        match self.goes_over(&object, &known.backed_up) {
            Some(other) => {
                Err(LeftOut::new(&object, format!("it would go over `{other}`, another object of the backup")))
            }
            None => Ok(Candidate { object, bytes: listed.bytes }),
        }
    }

    /// An object of the list as the plan names it.
    fn object(&self, listed: &BackupObject, without: &[ObjectName]) -> Result<RestoreObject, LeftOut> {
        let above = match listed.object_type.level() {
            Level::Database => ObjectName::bare("DBC").ok(),
            Level::Object => None,
        };
        let Some(parent) = listed.parent.clone().or(above) else {
            let why = format!("the list doesn't say which database holds `{}`", listed.name);
            let described = json!({"type": listed.object_type, "name": render::name(&listed.name)});
            return Err(LeftOut { entry: Map::from_iter([("object".to_owned(), described)]), why });
        };
        Ok(RestoreObject {
            object_type: listed.object_type.clone(),
            name: listed.name.clone(),
            parent,
            parent_type: listed.parent_type.clone().unwrap_or(ObjectType::Database),
            exclude: without.to_vec(),
            include_all: true,
            rename_to: None,
        })
    }

    /// Another object of the same site's backup that a copy would replace, unless that is allowed.
    fn goes_over(&self, object: &RestoreObject, backed_up: &HashSet<(&ObjectName, &ObjectName)>) -> Option<String> {
        if self.target.site != self.source.site
            || self.on_existing == OnExisting::Replace
            || object.object_type.level() == Level::Database
        {
            return None;
        }
        let database = self.target.database.as_ref().unwrap_or(&object.parent);
        let name = object.rename_to.as_ref().unwrap_or(&object.name);
        let itself = *database == object.parent && *name == object.name;
        (!itself && backed_up.contains(&(database, name))).then(|| format!("{database}.{name}"))
    }

    /// What resolving the plan finds in each object, by its restore and its place there. What is wrong with an object
    /// alone comes first: what is wrong between two may be gone with one of them.
    fn found(&self, groups: &[Group]) -> BTreeMap<(usize, usize), String> {
        let (mut alone, mut between) = (BTreeMap::new(), BTreeMap::new());
        for diagnostic in findings(&self.sketch(groups, &[]).write()).iter() {
            let steps = Pointer::from_text(diagnostic.pointer.clone()).steps();
            let [restores, restore, objects, object, ..] = steps.as_slice() else { continue };
            if let ("restores", Ok(restore), "objects", Ok(object)) =
                (restores.as_str(), restore.parse(), objects.as_str(), object.parse())
            {
                let hint = diagnostic.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
                let why = format!("{}{hint} ({})", diagnostic.message, diagnostic.rule);
                let found = if diagnostic.related.is_empty() { &mut alone } else { &mut between };
                found.entry((restore, object)).or_insert(why);
            }
        }
        if alone.is_empty() { between } else { alone }
    }
}

/// Takes objects out of their restores, and restores without objects out of the plan.
fn take_out(groups: &mut Vec<Group>, found: &BTreeMap<(usize, usize), String>, left_out: &mut Vec<LeftOut>) {
    for (at, group) in groups.iter_mut().enumerate() {
        let mut index = 0;
        group.objects.retain(|candidate| {
            let why = found.get(&(at, index));
            index += 1;
            left_out.extend(why.map(|why| LeftOut::new(&candidate.object, why.clone())));
            why.is_none()
        });
    }
    groups.retain(|group| !group.objects.is_empty());
}
