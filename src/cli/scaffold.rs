//! Where a new plan belongs: its folder, the environments beside it, and the schema that editors take.

use std::path::{Path, PathBuf};

use super::{discover, load};
use crate::plan;

/// Where plans are when nothing is said, as for `validate`.
const PLANS: &str = "plans";

/// The schemas, by the names of their files.
const SCHEMAS: [(&str, &str); 2] =
    [("plan.schema.json", plan::PLAN_SCHEMA), ("environment.schema.json", plan::ENVIRONMENT_SCHEMA)];

/// A folder of plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folder(PathBuf);

/// Where the schemas are, as seen from a folder of plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schemas(&'static str);

impl Schemas {
    /// What the first line of a plan says.
    pub(super) fn of_plan(self) -> String {
        format!("{}/plan.schema.json", self.0)
    }

    /// What the first line of an environment says.
    pub(super) fn of_environment(self) -> String {
        format!("../{}/environment.schema.json", self.0)
    }
}

impl Folder {
    /// The folder that a plan's file is in.
    pub(super) fn of(plan: &Path) -> Self {
        Self(plan.parent().unwrap_or(Path::new("")).to_owned())
    }

    /// A folder by its path.
    pub(super) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The usual one: `plans` where that is there or nothing is yet, else the folder that we are in.
    pub(super) fn usual() -> Self {
        let here = !Path::new(PLANS).is_dir() && Path::new("environments").is_dir();
        Self(PathBuf::from(if here { "" } else { PLANS }))
    }

    /// The file of a plan in it.
    pub(super) fn plan(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.yaml"))
    }

    /// The file of an environment, named or as a path.
    pub(super) fn environment(&self, name: &str) -> PathBuf {
        load::environment_path(&self.plan("plan"), name)
    }

    /// Whether it has an environment.
    pub(super) fn has_environments(&self) -> bool {
        !discover::environment_names(&self.plan("plan")).is_empty()
    }

    /// The schemas that are there: in the folder or beside it.
    pub(super) fn schemas(&self) -> Option<Schemas> {
        ["schema", "../schema"].into_iter().map(Schemas).find(|place| self.0.join(place.of_plan()).is_file())
    }

    /// The schemas to write where there are none, with what is in them.
    pub(super) fn new_schemas(&self) -> (Schemas, Vec<(PathBuf, &'static str)>) {
        let place = Schemas("schema");
        (place, SCHEMAS.map(|(name, text)| (self.0.join(place.0).join(name), text)).to_vec())
    }
}
