//! One restore that a plan asks for, with everything resolved but the backup execution.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    ExecutionSelector, JobId, JobKey, JobName, Level, Millis, ObjectName, ObjectType, QualifiedName, SiteId, Slug,
};

/// One restore of a plan, after templates, defaults and `for_each`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Unique in the plan.
    pub name: Slug,
    /// Where the data comes from.
    pub source: Source,
    /// Where it goes.
    pub target: Target,
    /// What to bring back.
    pub objects: Vec<RestoreObject>,
    /// Sent as `run_as_a_copy_job`.
    pub mode: Mode,
    /// Switches of the service.
    pub options: Options,
    /// What to do when the target may already be there.
    pub on_existing: OnExisting,
    /// Whether it may write a database of the system itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_reserved: bool,
    /// Items that must have succeeded first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Slug>,
    /// The group whose limit it counts against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// How much of its group's limit it takes.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight: u32,
    /// Higher goes first among those that may start.
    #[serde(default)]
    pub priority: i64,
    /// How long it may take from its create call.
    pub deadline_ms: Millis,
    /// A name that the plan sets itself, in place of the derived one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_name: Option<JobName>,
    /// What to verify afterwards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Where in the plan it stands.
    pub origin: Origin,
}

fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_one(weight: &u32) -> bool {
    *weight == 1
}

/// A place in a plan file, for messages that must name the line to change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The path as the user gave it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A backup job and the way to choose one of its executions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The site that was backed up.
    pub site: SiteId,
    /// The backup job there.
    pub job: JobId,
    /// Which of its executions.
    pub execution: ExecutionSelector,
}

impl Source {
    /// The job without the choice.
    pub fn key(&self) -> JobKey {
        JobKey { site: self.site.clone(), job: self.job.clone() }
    }
}

/// Where a restore goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Sent as `target_site`.
    pub site: SiteId,
    /// Sent as `restore_to_a_different_database_on_target_site`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<ObjectName>,
}

/// One object to bring back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreObject {
    /// Its type.
    pub object_type: ObjectType,
    /// Its own name.
    pub name: ObjectName,
    /// What holds it; `DBC` for a database.
    pub parent: ObjectName,
    /// The type of what holds it.
    pub parent_type: ObjectType,
    /// Names in it that stay out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<ObjectName>,
    /// Sent as `include_all`.
    pub include_all: bool,
    /// Its name at the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rename_to: Option<ObjectName>,
}

impl RestoreObject {
    /// Its name as a plan writes it: with its parent, or alone for a database.
    pub fn written(&self) -> QualifiedName {
        let parent = (self.object_type.level() == Level::Object).then(|| self.parent.clone());
        QualifiedName { parent, name: self.name.clone() }
    }
}

/// Whether the service copies or restores in the narrow sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// To any system, under any name.
    Copy,
    /// Back to where it came from.
    Restore,
}

/// Switches of the service, all off unless the plan says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Sent as `continue_job_on_access_right_violation`.
    pub continue_on_access_right_violation: bool,
    /// Sent as `skip_statstics`, spelled so on the wire.
    pub skip_statistics: bool,
    /// Sent as `skip_join_or_hash_indexes`.
    pub skip_join_or_hash_indexes: bool,
}

/// What to do when the target may already be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnExisting {
    /// Don't touch it.
    Fail,
    /// Replace it.
    Replace,
    /// Leave it and call the item done.
    Skip,
}

/// Something to verify after a restore, as the plan wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Counts the rows of a table.
    Rows(serde_json::Value),
    /// Runs a query.
    Sql(serde_json::Value),
    /// Runs a program.
    Command(serde_json::Value),
}

/// Something at the target that a restore writes: a whole database, or one object in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Touched {
    /// At this site.
    pub site: SiteId,
    /// In, or as, this database.
    pub database: ObjectName,
    /// None: the whole database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectName>,
}

impl Touched {
    /// Whether two restores that touch these must not run together.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.site == other.site
            && self.database == other.database
            && match (&self.object, &other.object) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            }
    }
}

impl std::fmt::Display for Touched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { site, database, object } = self;
        TouchedRef { site, database, object: object.as_ref() }.fmt(f)
    }
}

/// The same while its item is at hand: for those who look at very many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TouchedRef<'a> {
    /// At this site.
    pub site: &'a SiteId,
    /// In, or as, this database.
    pub database: &'a ObjectName,
    /// None: the whole database.
    pub object: Option<&'a ObjectName>,
}

impl std::fmt::Display for TouchedRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.object {
            Some(object) => write!(f, "{}.{}", self.database, object),
            None => write!(f, "{}", self.database),
        }
    }
}

impl Item {
    /// What a restore of one of its objects writes at the target.
    pub fn touched_by(&self, object: &RestoreObject) -> Touched {
        let TouchedRef { site, database, object } = self.writes(object);
        Touched { site: site.clone(), database: database.clone(), object: object.cloned() }
    }

    /// As [`Self::touched_by`], by reference.
    pub fn writes<'a>(&'a self, object: &'a RestoreObject) -> TouchedRef<'a> {
        let own = object.rename_to.as_ref().unwrap_or(&object.name);
        let (database, object) = match object.object_type.level() {
            Level::Database => (self.target.database.as_ref().unwrap_or(own), None),
            Level::Object => (self.target.database.as_ref().unwrap_or(&object.parent), Some(own)),
        };
        TouchedRef { site: &self.target.site, database, object }
    }

    /// All that it writes at the target.
    pub fn touches(&self) -> Vec<Touched> {
        self.objects.iter().map(|object| self.touched_by(object)).collect()
    }

    /// Whether an item that must succeed first brings a whole database back, so that it is there when this one starts.
    /// `find` gives the items of the plan by their names.
    pub fn made_before<'a>(&'a self, touched: &Touched, find: impl Fn(&Slug) -> Option<&'a Self>) -> bool {
        let whole = Touched { object: None, ..touched.clone() };
        let mut seen: BTreeSet<&Slug> = BTreeSet::new();
        let mut left: Vec<&Slug> = self.after.iter().collect();
        while let Some(name) = left.pop() {
            if !seen.insert(name) {
                continue;
            }
            let Some(earlier) = find(name) else { continue };
            if earlier.touches().contains(&whole) {
                return true;
            }
            left.extend(&earlier.after);
        }
        false
    }

    /// Whether one of its objects goes back over the very thing that was backed up.
    pub fn is_in_place(&self, object: &RestoreObject) -> bool {
        let (database, name) = match object.object_type.level() {
            Level::Database => (&object.name, None),
            Level::Object => (&object.parent, Some(&object.name)),
        };
        self.writes(object) == TouchedRef { site: &self.source.site, database, object: name }
    }
}
