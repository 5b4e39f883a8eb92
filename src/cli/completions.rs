//! `completions`: a script for a shell.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::exit::Exit;
use super::{Cli, Global};

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  restorectl completions bash > ~/.local/share/bash-completion/completions/restorectl")]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "restorectl", &mut script);
    global.terminal().result(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
