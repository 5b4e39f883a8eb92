//! `render`: a plan as it resolves, where each of its values comes from, and how environments differ.

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde_json::Value;

use super::exit::Exit;
use super::load::{self, Given};
use super::terminal::Terminal;
use super::{Global, OutputFormat};
use crate::diagnostic;
use crate::model::{count, harmless};
use crate::plan::{self, Difference, Resolution, Workspace};

/// Arguments of `render`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl render plans/dr-weekly.yaml --env prod --input suffix=_drill
  restorectl render plans/dr-weekly.yaml --env prod --show-origin      where every value comes from
  restorectl render plans/dr-weekly.yaml --env staging --env prod      what is different between the two

With two environments, what the plan is in the first stands behind `-`, in the
second behind `+`, as in a difference of files. The exit code is 0 either way.")]
pub(super) struct Args {
    /// The plan
    plan: PathBuf,
    /// Environment: a name (`environments/NAME.yaml` beside the plan) or a path; two show their difference
    #[arg(long, short, value_name = "ENV")]
    env: Vec<String>,
    #[command(flatten)]
    given: Given,
    /// Say behind every value where it comes from: plan, environment, `--input`, or what holds by default
    #[arg(long)]
    show_origin: bool,
    /// How to print it; as JSON for programs
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let mut read = load::reader(args.given.limits());
    let mut workspace = load::workspace(&args.given, &mut read);
    if args.show_origin {
        workspace.keep_origins();
    }
    let environments: Vec<Option<&str>> = match args.env.as_slice() {
        [] => vec![None],
        [one] => vec![Some(one)],
        [one, two] if !args.show_origin => vec![Some(one), Some(two)],
        [_, _] => bail!("`--show-origin` tells of one environment: leave one `--env` out"),
        more => bail!("`--env` is given {} times: two environments can be compared, no more", more.len()),
    };
    let mut made = Vec::new();
    for environment in environments {
        let resolution = resolved(&mut workspace, &args.plan, environment, &args.given, terminal)?;
        match resolution.rendered() {
            Some(rendered) => made.push((resolution, rendered)),
            None => return Ok(Exit::Invalid),
        }
    }
    let text = match (made.as_slice(), args.format) {
        ([(resolution, rendered)], OutputFormat::Human) if args.show_origin => {
            plan::annotated(&plan::render_yaml(rendered), &resolution.origins)
        }
        ([(_, rendered)], OutputFormat::Human) => plan::render_yaml(rendered),
        ([(resolution, rendered)], OutputFormat::Json) => json(&one(resolution, rendered, args.show_origin))?,
        ([(_, first), (_, second)], OutputFormat::Human) => difference(&args.env, &plan::between(first, second)),
        ([(_, first), (_, second)], OutputFormat::Json) => json(&differences(&plan::between(first, second)))?,
        _ => String::new(),
    };
    terminal.result(&text)?;
    Ok(Exit::Done)
}

/// Resolves the plan and shows what was found.
fn resolved(
    workspace: &mut Workspace<'_>,
    plan: &Path,
    environment: Option<&str>,
    given: &Given,
    terminal: Terminal,
) -> anyhow::Result<Resolution> {
    let environment = environment.map(|name| load::environment_path(plan, name));
    let resolution = load::resolve(workspace, plan, environment.as_deref(), &given.inputs)?;
    if !resolution.diagnostics.is_empty() {
        terminal.say(&diagnostic::human(&resolution.diagnostics, terminal.err().into()));
    }
    Ok(resolution)
}

fn json(value: &Value) -> anyhow::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// The resolved plan, and where its values come from where that was asked for.
fn one(resolution: &Resolution, rendered: &Value, with_origins: bool) -> Value {
    if !with_origins {
        return rendered.clone();
    }
    let origins = resolution.origins.iter().map(|origin| {
        let inputs = origin.inputs.iter().map(|(name, place)| (name.clone(), Value::String(place.to_string())));
        serde_json::json!({
            "pointer": origin.pointer,
            "place": origin.place.as_ref().map(ToString::to_string),
            "inputs": inputs.collect::<serde_json::Map<_, _>>(),
        })
    });
    serde_json::json!({"plan": rendered, "origins": origins.collect::<Vec<_>>()})
}

fn differences(all: &[Difference]) -> Value {
    all.iter().map(|one| serde_json::json!({"path": one.path, "first": one.first, "second": one.second})).collect()
}

/// What differs, a value at a time.
fn difference(environments: &[String], all: &[Difference]) -> String {
    let [first, second] = environments else { return String::new() };
    let mut text = format!("- {}\n+ {}\n", harmless(first), harmless(second));
    for Difference { path, first, second } in all {
        text.push_str(&format!("\n{}\n", harmless(&path.join(" › "))));
        for (sign, value) in [('-', first), ('+', second)] {
            if let Some(value) = value {
                for line in plan::render_yaml(value).lines() {
                    text.push_str(&format!("  {sign} {}\n", harmless(line)));
                }
            }
        }
    }
    match all.len() {
        0 => text.push_str("\nno difference\n"),
        some => text.push_str(&format!("\n{} different\n", count(some, "value"))),
    }
    text
}
