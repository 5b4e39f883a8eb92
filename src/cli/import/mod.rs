//! `import`: a plan from a backup's object list, or from the record of a restore.

mod backup;
mod object_list;
mod restore;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use super::exit::Exit;
use super::scaffold::Folder;
use super::terminal::Terminal;
use super::{Global, connect, files, load};
use crate::baas::Client;
use crate::diagnostic;
use crate::model::shell_word;
use crate::model::{ExecutionId, ExecutionSelector, Millis, SiteId, Slug};
use crate::plan::LONGEST_PLAN_NAME;
use backup::{Choice, Whereto};

/// The input by which an environment tells its site, as the shipped plans call it.
const SOURCE_SITE: &str = "source_site";

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl import --job 1412 -e prod                  all of the newest backup
  restorectl import --job 1412 -e prod --type database  whole databases
  restorectl import --job 1412 --execution 5002 -e prod --include 'ADW.*' \\
      --exclude '*.tmp_*' --target-site DRSITE --out plans/adw-drill.yaml
  restorectl import --restore nightly -e prod           what its record tells

Where the object list isn't ready, the service is asked to prepare it and waited
for. What can't stand in a plan that validates is left out, and listed with the
reason at the plan's end.")]
pub(super) struct Args {
    /// Environment: a name (`environments/NAME.yaml` beside the new plan, or in `plans`) or a path
    #[arg(long, short, value_name = "ENV")]
    env: String,
    /// The backup job whose objects are taken
    #[arg(long, required_unless_present = "restore")]
    job: Option<String>,
    /// Which of its executions: an id, or `latest`, the newest that completed successfully
    #[arg(long, default_value = "latest", value_name = "ID")]
    execution: String,
    /// The site that was backed up [default: the environment's input `source_site`]
    #[arg(long)]
    site: Option<String>,
    /// Take the record of this restore, by name or id, in place of an object list
    #[arg(long, value_name = "NAME", conflicts_with_all = ["Choice", "Whereto"])]
    restore: Option<String>,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    whereto: Whereto,
    /// The plan's name [default: that of the file, or like the job or the restore]
    #[arg(long, value_parser = slug)]
    name: Option<Slug>,
    /// The file to write; standard output where nothing is said
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write over the file if it is there
    #[arg(long, requires = "out")]
    force: bool,
}

impl Args {
    /// What the plan is to be called: what was said, or what its file is called.
    fn plan_name(&self) -> Option<Slug> {
        let of_file = || Slug::parse(&self.out.as_ref()?.file_stem()?.to_string_lossy()).ok();
        self.name.clone().or_else(|| of_file().filter(|name| name.as_str().len() <= LONGEST_PLAN_NAME))
    }
}

fn slug(text: &str) -> Result<Slug, String> {
    Slug::parse(text).map_err(|error| error.to_string())
}

/// A site to import from.
struct Origin {
    client: Arc<Client>,
    site: SiteId,
    /// How long between two looks at it.
    pause: Millis,
    /// Where the plan finds its schema.
    schema: Option<String>,
}

/// A plan's text, and what is to be told of it.
struct Made {
    text: String,
    told: String,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    if let Some(file) = args.out.as_ref().filter(|file| file.exists() && !args.force) {
        anyhow::bail!(files::taken(file));
    }
    let Some(origin) = origin(&args, terminal)? else { return Ok(Exit::Invalid) };
    let Made { text, told } = match &args.restore {
        Some(wanted) => restore::compose(&args, wanted, &origin, terminal).await?,
        None => backup::compose(&args, &origin, terminal).await?,
    };
    match &args.out {
        None => terminal.result(&text)?,
        Some(file) => files::write_shared(file, &text, args.force)?,
    }
    terminal.progress(&told);
    if let Some(file) = &args.out {
        let (file, env) = (shell_word(&file.display().to_string()), shell_word(&args.env));
        terminal.progress(&format!("\nnext\n  restorectl validate {file}\n  restorectl diff {file} --env {env}"));
    }
    Ok(Exit::Done)
}

/// Finds the environment and what it says; none where it has errors, which are shown then.
fn origin(args: &Args, terminal: Terminal) -> anyhow::Result<Option<Origin>> {
    let folder = args.out.as_ref().map_or_else(Folder::usual, |out| Folder::of(out));
    let resolution = load::environment(&folder.plan("plan"), &args.env)?;
    if !resolution.diagnostics.is_empty() {
        terminal.say(&diagnostic::human(&resolution.diagnostics, terminal.err().into()));
    }
    let Some(environment) = resolution.environment else { return Ok(None) };
    let site = args.site.as_deref().or_else(|| resolution.inputs.get(SOURCE_SITE)?.as_str());
    let site = site.with_context(|| {
        format!("name the site with `--site`: environment `{}` gives no input `{SOURCE_SITE}`", environment.name)
    })?;
    Ok(Some(Origin {
        client: connect::client(&environment, resolution.limits.requests_per_minute, terminal)?,
        site: SiteId::new(site),
        pause: resolution.limits.poll_interval_ms,
        schema: folder.schemas().map(|schemas| schemas.of_plan()),
    }))
}

fn selector(text: &str) -> ExecutionSelector {
    match text {
        "latest" => ExecutionSelector::Latest,
        id => ExecutionSelector::Id(ExecutionId::new(id)),
    }
}
