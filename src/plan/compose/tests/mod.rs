//! What is composed, as people see it and as it resolves.

mod backup;
mod first;
mod properties;
mod record;
mod selection;

use crate::model::{
    BackupExecution, BackupObject, ExecutionId, ExecutionSelector, JobId, Millis, ObjectName, ObjectType, OnExisting,
    Plan, RestoreStatus, SiteId, Slug, Source, Target,
};
use crate::plan::{
    BackupImport, Composed, Grouping, LoaderLimits, Request, Resolution, Selection, SourceFile, resolve,
};

/// Everything that an import takes, owned.
#[derive(Debug, Clone)]
struct Case {
    name: Option<Slug>,
    source: Source,
    execution: BackupExecution,
    objects: Vec<BackupObject>,
    selection: Selection,
    grouping: Grouping,
    target: Target,
    suffix: Option<String>,
    on_existing: OnExisting,
}

fn name(text: &str) -> ObjectName {
    ObjectName::bare(text).unwrap()
}

fn listed(kind: &str, parent: &str, own: &str, bytes: Option<u64>) -> BackupObject {
    BackupObject {
        name: name(own),
        object_type: ObjectType::from_wire(kind),
        parent: Some(name(parent)),
        parent_type: Some(ObjectType::Database),
        bytes,
    }
}

impl Case {
    fn new(objects: Vec<BackupObject>) -> Self {
        Self {
            name: None,
            source: Source {
                site: SiteId::new("A"),
                job: JobId::new("1412"),
                execution: ExecutionSelector::Id(ExecutionId::new("5002")),
            },
            execution: BackupExecution {
                id: ExecutionId::new("5002"),
                status: RestoreStatus("SUCCESSFUL".to_owned()),
                start_time: None,
                end_time: Some("2026-11-15T21:07:59Z".parse().unwrap()),
                bytes: None,
            },
            objects,
            selection: Selection::default(),
            grouping: Grouping::Database,
            target: Target { site: SiteId::new("A"), database: None },
            suffix: None,
            on_existing: OnExisting::Fail,
        }
    }

    fn at_site(mut self, site: &str) -> Self {
        self.target.site = SiteId::new(site);
        self
    }

    fn in_database(mut self, database: &str) -> Self {
        self.target.database = Some(name(database));
        self
    }

    fn suffix(mut self, suffix: &str) -> Self {
        self.suffix = Some(suffix.to_owned());
        self
    }

    fn select(mut self, include: &[&str], exclude: &[&str], types: &[&str]) -> Self {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        let types = types.iter().map(|kind| ObjectType::from_wire(kind)).collect();
        self.selection = Selection { include: owned(include), exclude: owned(exclude), types };
        self
    }

    fn compose(&self) -> Result<Composed, String> {
        let import = BackupImport {
            schema: Some("../schema/plan.schema.json"),
            name: self.name.as_ref(),
            source: &self.source,
            execution: &self.execution,
            objects: &self.objects,
            nameless: 0,
            selection: &self.selection,
            grouping: self.grouping,
            target: &self.target,
            suffix: self.suffix.as_deref(),
            on_existing: self.on_existing,
            deadline: Millis::from_secs(6 * 3600),
        };
        import.compose().map_err(|error| error.to_string())
    }
}

/// Holds a text to the golden of that name.
macro_rules! assert_golden {
    ($name:expr, $text:expr) => {
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!($name, $text);
        })
    };
}
use assert_golden;

fn resolution(text: &str) -> Resolution {
    let plan = SourceFile { path: "plan.yaml".to_owned(), bytes: text.as_bytes().to_vec() };
    let now = jiff::Timestamp::UNIX_EPOCH;
    let request = Request { plan: &plan, environment: None, inputs: &[], now, limits: LoaderLimits::default() };
    resolve(request, &mut |_, _| Err("no such file".to_owned()))
}

/// The plan that a text resolves to, without a finding.
#[track_caller]
fn clean(text: &str) -> Plan {
    let resolution = resolution(text);
    let found = crate::diagnostic::human(&resolution.diagnostics, crate::diagnostic::Look::default());
    assert!(resolution.diagnostics.is_empty(), "{found}\n{text}");
    resolution.plan.unwrap()
}
