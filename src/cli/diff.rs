//! `diff`: a plan against the site, or a saved changeset against another.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::choosing::Choosing;
use super::difference::{Bench, Extent};
use super::exit::{Exit, Misuse};
use super::load::{self, Binding, Loaded};
use super::outputs::{self, Outputs};
use super::system::SystemClock;
use super::terminal::Terminal;
use super::{Global, apply, connect, files};
use crate::changeset::Changeset;
use crate::model::{Action, Shard};
use crate::report::{Preview, Style};
use crate::{changeset, diagnostic, report};

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl diff plans/dr-weekly.yaml -e sim
  restorectl diff plans/dr-weekly.yaml -e prod --save change.json   save it for approval
  restorectl diff plans/dr-weekly.yaml -e prod --detailed-exitcode  exit with 3 where something is to be done
  restorectl diff plans/dr-weekly.yaml -e prod --shard 1/3          the first of three parts
  restorectl diff plans/dr-weekly.yaml -e prod --only 'banking-*' --only-failed
  restorectl diff plans/dr-weekly.yaml -e prod --format markdown --out comment.md --format html --out diff.html
  restorectl diff approved.json now.json                            how two saved changesets differ

`--out FILE` with no --format before it saves the changeset, as --save does, unless
FILE ends in .md, .html or .txt.")]
pub(super) struct Args {
    /// The plan; or a saved changeset, to compare it with another
    #[arg(value_name = "PLAN-or-CHANGESET")]
    plan: PathBuf,
    /// Another saved changeset
    #[arg(value_name = "CHANGESET")]
    other: Option<PathBuf>,
    #[command(flatten)]
    binding: Binding,
    /// Save the changeset for `apply`
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Exit with 3 where changes are pending, with 4 where nothing is but some are refused
    #[arg(long)]
    detailed_exitcode: bool,
    /// Restore again what is there already, as a new generation
    #[arg(long)]
    again: bool,
    /// Compare one shard alone: I/N is the I-th of N parts, as `apply --shard` carries it out
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    #[command(flatten)]
    choosing: Choosing,
    #[command(flatten)]
    outputs: Outputs<Format>,
}

/// A format of the difference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For the terminal.
    #[default]
    Human,
    /// For a pull request: never more than a comment holds.
    #[value(alias = "md")]
    Markdown,
    /// For programs; its schema is `restorectl schema diff`.
    Json,
    /// One page that needs no network.
    Html,
}

impl outputs::Format for Format {
    fn by_ending(ending: &str) -> Option<Self> {
        match ending {
            "md" | "markdown" => Some(Self::Markdown),
            "html" | "htm" => Some(Self::Html),
            "json" => Some(Self::Json),
            "txt" => Some(Self::Human),
            _ => None,
        }
    }

    fn stands_alone(named: Option<Self>) -> bool {
        matches!(named, None | Some(Self::Json))
    }
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let save = saved_as(&args)?;
    if let Some(before) = changeset_in(&args.plan)? {
        return compare(&before, &args, save, terminal);
    }
    if let Some(other) = &args.other {
        return Err(Misuse(format!(
            "`{}` is no saved changeset, so it can't be compared with `{}`: name one plan, or two changesets that `restorectl diff --save` wrote",
            args.plan.display(),
            other.display()
        ))
        .into());
    }
    let Some(loaded) = resolved(&args.plan, &args.binding, terminal)? else {
        return Ok(Exit::Invalid);
    };
    let choice = args.choosing.of(&loaded.plan)?;
    let bench = Bench {
        client: connect::client(&loaded.environment, loaded.plan.limits.requests_per_minute, terminal)?,
        store: connect::store(global).await?,
        clock: SystemClock::new(),
        waits: None,
    };
    let extent = Extent { again: args.again, shard: args.shard, choice };
    let found = bench.diff(&loaded, &extent).await?;
    let preview = bench.preview(&found).await?;
    args.outputs.write(terminal, |format, style| text(&preview, format, style))?;
    let made = &found.made;
    if let Some(path) = save {
        let (digest, text) = changeset::save(made)?;
        files::write_private(path, text.as_bytes())?;
        terminal.progress(&format!(
            "saved as `{}` (the file's digest is {digest}), valid until {}; carry it out with `restorectl apply {}`",
            path.display(),
            terminal.err().zone.moment(made.expires_at),
            path.display()
        ));
    }
    Ok(match args.detailed_exitcode {
        true if made.has_changes() => Exit::Pending,
        true if made.count(Action::Blocked) > 0 => Exit::RestoresFailed,
        _ => Exit::Done,
    })
}

/// Where the changeset is saved: `--save`, or `--out` where no format is meant.
fn saved_as(args: &Args) -> anyhow::Result<Option<&Path>> {
    let mut all = args.save.iter().chain(args.outputs.alone()).map(PathBuf::as_path);
    let first = all.next();
    if let (Some(first), Some(second)) = (first, all.next()) {
        return Err(Misuse(format!(
            "the changeset is saved once, as `{}` or as `{}`: write `--format json` before an `--out` that is meant for a format",
            first.display(),
            second.display()
        ))
        .into());
    }
    Ok(first)
}

/// A preview in a format.
fn text(preview: &Preview, format: Format, style: Style) -> anyhow::Result<String> {
    Ok(match format {
        Format::Human => report::preview_human(preview, style),
        Format::Markdown => report::preview_markdown(preview),
        Format::Json => report::preview_json(preview)?,
        Format::Html => report::preview_html(preview),
    })
}

/// The saved changeset in a file; none where the file is something else, or isn't there.
fn changeset_in(path: &Path) -> anyhow::Result<Option<Changeset>> {
    // A plan that can't be read is told of by whoever resolves it.
    let Ok(bytes) = files::read(path, files::LARGEST) else { return Ok(None) };
    Ok(apply::loaded(path, bytes)?.map(|(made, _)| made))
}

/// Shows how another changeset differs from the first.
fn compare(before: &Changeset, args: &Args, save: Option<&Path>, terminal: Terminal) -> anyhow::Result<Exit> {
    let first = args.plan.display();
    let Some(path) = &args.other else {
        return Err(Misuse(format!(
            "`{first}` is a saved changeset: name another one to compare it with, or carry it out with `restorectl apply {first}`"
        ))
        .into());
    };
    let alone = args.binding.env.is_none()
        && args.binding.given.inputs.is_empty()
        && !args.again
        && args.shard.is_none()
        && args.choosing.choice().is_all()
        && save.is_none();
    if !alone {
        return Err(Misuse(
            "two saved changesets are compared as they are: leave out `--env`, `--input`, `--again`, `--shard`, `--only`, `--exclude`, `--only-failed` and `--save`".to_owned(),
        )
        .into());
    }
    let bytes = files::read(path, files::LARGEST)?;
    let loaded = apply::loaded(path, bytes)?;
    let (after, _) = loaded.with_context(|| {
        format!("`{}` is no saved changeset: `restorectl diff PLAN --env ENV --save FILE` writes one", path.display())
    })?;
    args.outputs.write(terminal, |format, style| {
        Ok(match format {
            Format::Human => report::changes_human(before, &after, style),
            Format::Markdown => report::changes_markdown(before, &after),
            Format::Json => report::changes_json(before, &after)?,
            Format::Html => {
                return Err(
                    Misuse("two changesets are compared in the formats human, markdown and json".to_owned()).into()
                );
            }
        })
    })?;
    let differs = !changeset::Comparison::of(before, &after).is_empty();
    Ok(if args.detailed_exitcode && differs { Exit::Pending } else { Exit::Done })
}

/// A plan that resolved without an error, with its warnings shown; none where it has errors, which are shown then.
pub(super) fn resolved(plan: &Path, binding: &Binding, terminal: Terminal) -> anyhow::Result<Option<Loaded>> {
    let name = binding
        .env
        .as_ref()
        .ok_or_else(|| Misuse("name the environment with `--env NAME`: it says which site to talk to".to_owned()))?;
    let environment = load::runnable(plan, name)?;
    let resolution = load::load(plan, Some(&environment), binding)?;
    if !resolution.diagnostics.is_empty() {
        terminal.say(&diagnostic::human(&resolution.diagnostics, terminal.err().into()));
    }
    let (Some(found), Some(mut environment)) = (resolution.plan, resolution.environment) else {
        return Ok(None);
    };
    // A changeset may be carried out from another folder.
    for path in environment.paths_mut() {
        *path = std::path::absolute(&path)?.display().to_string();
    }
    let inputs = binding.given.inputs.iter().cloned().collect();
    Ok(Some(Loaded { plan: found, file: plan.display().to_string(), inputs, environment }))
}
