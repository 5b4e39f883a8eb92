//! `render`: a plan as it resolves.

use std::path::PathBuf;

use super::Global;
use super::exit::Exit;
use super::load::{self, Binding};
use crate::{diagnostic, plan};

/// Arguments of `render`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  restorectl render plans/dr-weekly.yaml --env prod --input suffix=_drill")]
pub(super) struct Args {
    /// The plan
    plan: PathBuf,
    #[command(flatten)]
    binding: Binding,
}

pub(super) fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let environment = args.binding.env.as_ref().map(|name| load::environment_path(&args.plan, name));
    let resolution = load::load(&args.plan, environment.as_deref(), &args.binding.inputs)?;
    let terminal = global.terminal();
    if !resolution.diagnostics.is_empty() {
        terminal.say(&diagnostic::human(&resolution.diagnostics, terminal.err().into()));
    }
    match &resolution.rendered {
        Some(rendered) if !resolution.diagnostics.has_errors() => {
            terminal.result(&plan::render_yaml(rendered))?;
            Ok(Exit::Done)
        }
        _ => Ok(Exit::Invalid),
    }
}
