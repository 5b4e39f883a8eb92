//! `explain`: why a rule is there and how to mend what breaks it, with an example.

mod markdown;
mod page;

use std::path::Path;

use serde_json::{Map, Value, json};

use super::exit::Exit;
use super::{Global, discover};
use crate::diagnostic::Look;
use crate::model::harmless;
use crate::plan::{Example, Explained};
use crate::plantest::{FileReport, Subject};
use crate::{diagnostic, plan, plantest, report};

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl explain R304                       why, how to mend it, and an example
  restorectl explain                            every rule in one line
  restorectl explain --format markdown > rules.md")]
pub(super) struct Args {
    /// The rule, as a diagnostic shows it in brackets; all rules without it
    rule: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// For people
    #[default]
    Human,
    /// For programs
    Json,
    /// For a page of documentation
    Markdown,
}

pub(super) fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let style = terminal.out();
    let text = match &args.rule {
        None => match args.format {
            Format::Human => page::list(plan::explained(), style),
            Format::Json => pretty(&plan::explained().map(object).collect())?,
            Format::Markdown => markdown::reference(plan::explained()),
        },
        Some(id) => {
            let Some(explained) = plan::explained().find(|explained| explained.rule.id.eq_ignore_ascii_case(id)) else {
                let hint = match plan::nearest_rule(id) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "`restorectl explain` lists every rule".to_owned(),
                };
                terminal.say(&harmless(&format!("error: there is no rule `{id}`: {hint}")));
                return Ok(Exit::Invalid);
            };
            match args.format {
                Format::Human => page::rule(explained, style),
                Format::Json => pretty(&object(explained))?,
                Format::Markdown => markdown::rule(explained),
            }
        }
    };
    terminal.result(&text)?;
    Ok(Exit::Done)
}

fn pretty(value: &Value) -> anyhow::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// A rule for programs.
fn object(explained: &Explained) -> Value {
    let example = |example: Example| {
        let files: Map<String, Value> =
            example.documents().map(|(path, text)| (path.to_owned(), Value::from(text))).collect();
        json!({
            "command": command(example),
            "files": files,
            "diagnostics": diagnostics(example),
        })
    };
    let rule = &explained.rule;
    json!({
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity,
        "why": rule.why,
        "mend": rule.mend,
        "fails": example(explained.fails),
        "passes": example(explained.passes),
    })
}

/// What an example's command shows.
fn shown(example: Example, look: Look) -> String {
    match tested(example) {
        Some(report) => plantest::human(&[report], look),
        None => diagnostic::human(&example.resolve().diagnostics, look),
    }
}

/// What is found in an example: in the plan, or by its test.
fn diagnostics(example: Example) -> Value {
    match tested(example) {
        Some(report) => {
            report.all().map(diagnostic::json_list).flat_map(|found| found.as_array().cloned()).flatten().collect()
        }
        None => diagnostic::json_list(&example.resolve().diagnostics),
    }
}

/// What came of an example's test, where it has one.
fn tested(example: Example) -> Option<FileReport> {
    let test = example.file(example.test()?)?;
    let plan = discover::plan_of(Path::new(&test.path)).display().to_string();
    let environments: Vec<String> = example.environment().iter().map(ToString::to_string).collect();
    let folder = Path::new("environments");
    let subject = Subject { test: &test, plan: &plan, folder, environments: &environments, filter: None };
    Some(plantest::run(subject, &mut |path, _| example.read(path)))
}

/// How to try an example, in its folder.
fn command(example: Example) -> String {
    if let Some(test) = example.test() {
        return format!("restorectl test {test}");
    }
    let environment = example.environment().map(|name| format!(" --env {name}"));
    let snapshot = example.snapshot().map(|path| format!(" --snapshot {path}"));
    let inputs = example.inputs().into_iter();
    let inputs = inputs.map(|(name, value)| format!(" --input {}", report::shell_word(&format!("{name}={value}"))));
    let options = [environment, snapshot].into_iter().flatten().chain(inputs).collect::<String>();
    format!("restorectl validate plan.yaml{options}")
}

/// The documents of the mended example that the failing one doesn't have in the same words.
fn mended(explained: &Explained) -> Vec<(&'static str, String)> {
    let before: Vec<_> = explained.fails.documents().collect();
    let changed = explained.passes.documents().filter(|document| !before.contains(document));
    changed.map(|(path, text)| (path, text.into_owned())).collect()
}
