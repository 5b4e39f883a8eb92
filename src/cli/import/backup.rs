//! A plan from a backup's object list.

use anyhow::Context as _;

use super::super::system::SystemClock;
use super::super::terminal::Terminal;
use super::object_list::{self, Patience};
use super::{Args, Made, Origin, selector};
use crate::baas::wire;
use crate::model::{
    BackupObject, ExecutionKey, JobId, Millis, ObjectName, ObjectType, OnExisting, QualifiedName, SiteId, Source,
    Target,
};
use crate::model::{count, harmless};
use crate::plan::{BackupImport, Grouping, Selection};
use crate::ports::{Clock as _, Site};

/// Which objects, and how they are had.
#[derive(Debug, clap::Args)]
pub(super) struct Choice {
    /// Only objects whose DATABASE.name fits this pattern (`*`, `?`, any case); repeatable
    #[arg(long, value_name = "GLOB")]
    include: Vec<String>,
    /// No objects whose DATABASE.name fits this pattern; repeatable
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Only objects of these types, like `table,view`; `database` takes databases whole
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',', value_parser = object_type)]
    types: Vec<ObjectType>,
    /// How objects are put into restores
    #[arg(long, value_enum, default_value_t)]
    group_by: GroupBy,
    /// How long to wait for the object list
    #[arg(long, default_value = "10m", value_name = "DURATION")]
    wait: Millis,
    /// Don't have the service prepare the object list
    #[arg(long)]
    no_prepare: bool,
}

/// Where the objects go.
#[derive(Debug, clap::Args)]
pub(super) struct Whereto {
    /// The site that they go to [default: the one that was backed up]
    #[arg(long, value_name = "SITE")]
    target_site: Option<String>,
    /// One other database that they all go into
    #[arg(long, value_name = "NAME", value_parser = bare)]
    target_database: Option<ObjectName>,
    /// What their names end in there; tables only
    #[arg(long, value_name = "SUFFIX")]
    rename_suffix: Option<String>,
    /// What if they are there already
    #[arg(long, value_enum, default_value_t)]
    on_existing: Existing,
    /// How long one restore may take
    #[arg(long, default_value = "6h", value_name = "DURATION", value_parser = longer_than_nothing)]
    deadline: Millis,
}

/// How objects are put into restores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum GroupBy {
    /// One restore for each database
    #[default]
    Database,
    /// One restore for each type of objects, tables first
    Type,
    /// One restore for all
    None,
}

/// What if an object is there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Existing {
    /// Refuse
    #[default]
    Fail,
    /// Replace it
    Replace,
    /// Leave it
    Skip,
}

fn bare(text: &str) -> Result<ObjectName, String> {
    match QualifiedName::parse(text) {
        Ok(QualifiedName { parent: None, name }) => Ok(name),
        Ok(_) => Err("one bare name is expected; put one that holds a dot in double quotes".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn longer_than_nothing(text: &str) -> Result<Millis, String> {
    match text.parse::<Millis>() {
        Ok(Millis(0)) => Err("it must be longer than nothing".to_owned()),
        parsed => parsed.map_err(|error| error.to_string()),
    }
}

fn object_type(text: &str) -> Result<ObjectType, std::convert::Infallible> {
    Ok(ObjectType::from_wire(text.trim()))
}

/// A plan from an object list.
///
/// # Errors
/// When the list can't be had, or gives no plan.
pub(super) async fn compose(args: &Args, origin: &Origin, terminal: Terminal) -> anyhow::Result<Made> {
    let Args { choice, whereto, .. } = args;
    let clock = SystemClock::new();
    let site = origin.site.clone();
    let job = JobId::new(args.job.clone().unwrap_or_default());
    let source = Source { site: site.clone(), job, execution: selector(&args.execution) };
    let executions = Site::executions(origin.client.as_ref(), &source.key()).await?;
    let execution = source.execution.select(&executions, clock.now()).map_err(anyhow::Error::msg);
    let execution = execution.with_context(|| format!("backup job {} at site {site}", source.job))?;
    let key = ExecutionKey { job: source.key(), execution: execution.id.clone() };
    let patience = Patience { wait: choice.wait, pause: origin.pause, prepare: !choice.no_prepare };
    let list = object_list::read(&origin.client, &clock, &key, patience, terminal).await?;
    let entries = list.len();
    let objects: Vec<BackupObject> = list.into_iter().filter_map(wire::BackupObject::into_model).collect();
    let target = Target {
        site: whereto.target_site.clone().map_or(site, SiteId::new),
        database: whereto.target_database.clone(),
    };
    let selection =
        Selection { include: choice.include.clone(), exclude: choice.exclude.clone(), types: choice.types.clone() };
    let name = args.plan_name();
    let import = BackupImport {
        schema: origin.schema.as_deref(),
        name: name.as_ref(),
        source: &source,
        execution,
        objects: &objects,
        nameless: entries - objects.len(),
        selection: &selection,
        grouping: match choice.group_by {
            GroupBy::Database => Grouping::Database,
            GroupBy::Type => Grouping::Type,
            GroupBy::None => Grouping::Whole,
        },
        target: &target,
        suffix: whereto.rename_suffix.as_deref(),
        on_existing: match whereto.on_existing {
            Existing::Fail => OnExisting::Fail,
            Existing::Replace => OnExisting::Replace,
            Existing::Skip => OnExisting::Skip,
        },
        deadline: whereto.deadline,
    };
    let made = import.compose()?;
    for pattern in &made.idle {
        terminal.say(&harmless(&format!("warning: `--exclude {pattern}` fits nothing")));
    }
    let mut told = format!("{} in {}", count(made.objects, "object"), count(made.restores, "restore"));
    if made.left_out > 0 {
        told = format!("{told}; {} left out, with the reasons at the plan's end", count(made.left_out, "object"));
    }
    let nameless = import.nameless;
    if nameless > 0 {
        told = format!("{told}; {} of the list with no usable name", count(nameless, "entry"));
    }
    Ok(Made { text: made.text, told })
}
