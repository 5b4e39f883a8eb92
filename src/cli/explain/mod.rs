//! `explain`: why a rule is there and how to mend what breaks it, with an example.

mod markdown;
mod page;

use serde_json::{Map, Value, json};

use super::Global;
use super::exit::Exit;
use crate::model::harmless;
use crate::plan::{Example, Explained};
use crate::{diagnostic, plan, report};

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
            "diagnostics": diagnostic::json_list(&example.resolve().diagnostics),
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

/// How to try an example, in its folder.
fn command(example: Example) -> String {
    let environment = example.environment().map(|name| format!(" --env {name}"));
    let inputs = example.inputs().into_iter();
    let inputs = inputs.map(|(name, value)| format!(" --input {}", report::shell_word(&format!("{name}={value}"))));
    format!("restorectl validate plan.yaml{}{}", environment.unwrap_or_default(), inputs.collect::<String>())
}

/// The documents of the mended example that the failing one doesn't have in the same words.
fn mended(explained: &Explained) -> Vec<(&'static str, String)> {
    let before: Vec<_> = explained.fails.documents().collect();
    let changed = explained.passes.documents().filter(|document| !before.contains(document));
    changed.map(|(path, text)| (path, text.into_owned())).collect()
}
