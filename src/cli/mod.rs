//! The command line: one thin file for each command over the operations that they share.

mod apply;
mod choosing;
mod completions;
mod connect;
mod consent;
mod demo;
mod diff;
mod difference;
mod discover;
mod events;
mod execute;
mod exit;
mod explain;
mod files;
mod hold;
mod import;
mod init;
mod live;
mod load;
mod otlp;
mod outputs;
mod post;
mod preview;
mod process;
mod render;
mod report;
mod resume;
mod runs;
mod scaffold;
mod schema;
mod secrets;
mod serve;
mod signals;
mod sim;
mod snapshot;
mod state;
mod step;
mod system;
mod terminal;
mod test;
mod unlock;
mod validate;
mod wanted;
mod webhook;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use exit::Exit;
use terminal::{Colour, Terminal};

use crate::model::{Millis, deceives, harmless};

/// Declarative restore plans for Teradata VantageCloud Enterprise's Backup-as-a-Service API
///
/// A plan is a runbook in YAML, kept in git. restorectl validates it, compares it with the restores that are at the
/// site, carries out what is missing, and reports what happened.
#[derive(Debug, Parser)]
#[command(name = "restorectl", version, max_term_width = 100)]
#[command(after_help = "Begin with:
  restorectl demo                              the main job, with nothing to set up
  restorectl validate plans/                   every mistake in every plan, offline
  restorectl diff plans/dr-weekly.yaml -e sim  what would happen, without doing it

Exit codes:
    0  done
    1  an operation failed: network, store, files, or a site that has moved on
    2  a document or the command line is invalid
    3  changes are pending (diff --detailed-exitcode)
    4  some restores failed or were refused
    5  some restores are partial, or nobody knows what became of them
    6  a check failed: a plan's test expects something that isn't so
  130  interrupted")]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// Where runs are kept: an SQLite file, or a PostgreSQL database that runners share, as postgres://USER@HOST/DATABASE
    /// [default: $XDG_STATE_HOME/restorectl/state.db] [env: RESTORECTL_STATE]
    // The variable is read apart, because only there may the address hold a password.
    #[arg(long, global = true, value_name = "PATH-or-URL")]
    state: Option<PathBuf>,
    /// How long that is waited for where it is busy or away [default: 10s for a file, 60s for a server; 3s for `serve`]
    #[arg(long, global = true, value_name = "DURATION", env = "RESTORECTL_STATE_PATIENCE", value_parser = state::patience)]
    state_patience: Option<Millis>,
    /// When to colour: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t, hide_possible_values = true)]
    color: Colour,
    /// No progress, only results and what must be said
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Say more on standard error: -v the calls, -vv everything
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Global {
    fn terminal(&self) -> Terminal {
        Terminal::new(self.color, self.quiet, self.verbose > 0)
    }
}

/// How a command prints its result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum OutputFormat {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Do the main job on this machine with nothing to set up: simulator, validate, diff, apply, report
    Demo(demo::Args),
    /// Write a first plan and a first environment, by questions or flags
    Init(init::Args),
    /// Write a plan from a backup's object list, or from the record of a restore
    Import(import::Args),
    /// Check plans offline and show every mistake at once
    Validate(validate::Args),
    /// Run the tests beside plans: a recorded site, and what must be decided; offline
    Test(test::Args),
    /// Record what the sites of plans show, for tests and for `validate`; sends nothing but reads
    Snapshot(snapshot::Args),
    /// Tell why a rule is there and how to mend what breaks it
    Explain(explain::Args),
    /// Print a plan as it resolves for an environment
    Render(render::Args),
    /// Compare a plan with the site; sends nothing but reads
    Diff(diff::Args),
    /// Carry out a plan or a saved changeset
    Apply(apply::Args),
    /// Go on with a run that was interrupted, or that did not bring everything back
    Resume(resume::Args),
    /// Write the report of a run again, in any format
    Report(report::Args),
    /// Look at earlier runs
    Runs(runs::Args),
    /// Show runs, live and past, to browsers; reads the state store and changes nothing
    Serve(serve::Args),
    /// Break the lease that a runner left behind on a plan
    Unlock(unlock::Args),
    /// Run a stand-in for the service on this machine, for rehearsal
    Sim(sim::Args),
    /// Print a JSON Schema of restorectl's documents
    Schema(schema::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            if !error.use_stderr() {
                let _ = error.print();
                return Exit::Done.into();
            }
            let text = error.render().to_string();
            if text.chars().any(|c| c != '\n' && deceives(c)) {
                // It quotes an argument that could deceive.
                let terminal = Terminal::new(Colour::Never, false, false);
                text.lines().for_each(|line| terminal.say(&harmless(line)));
            } else {
                let _ = error.print();
            }
            return Exit::Invalid.into();
        }
    };
    log(cli.global.verbose);
    let terminal = cli.global.terminal();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal.say(&format!("error: the system gives no threads: {error}"));
            return Exit::Failed.into();
        }
    };
    let ended = runtime.block_on(dispatch(cli));
    // What nobody waits for any more, like a name that is still looked up, doesn't keep the process.
    runtime.shutdown_background();
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => failed(&error, terminal).into(),
    }
}

async fn dispatch(cli: Cli) -> anyhow::Result<Exit> {
    let global = &cli.global;
    match cli.command {
        Command::Demo(args) => demo::run(args, global).await,
        Command::Init(args) => init::run(args, global),
        Command::Import(args) => import::run(args, global).await,
        Command::Validate(args) => validate::run(args, global),
        Command::Test(args) => test::run(args, global),
        Command::Snapshot(args) => snapshot::run(args, global).await,
        Command::Explain(args) => explain::run(args, global),
        Command::Render(args) => render::run(args, global),
        Command::Diff(args) => diff::run(args, global).await,
        Command::Apply(args) => apply::run(args, global).await,
        Command::Resume(args) => resume::run(args, global).await,
        Command::Report(args) => report::run(args, global).await,
        Command::Runs(args) => runs::run(args, global).await,
        Command::Serve(args) => serve::run(args, global).await,
        Command::Unlock(args) => unlock::run(args, global).await,
        Command::Sim(args) => sim::run(args, global).await,
        Command::Schema(args) => schema::run(args, global),
        Command::Completions(args) => completions::run(args, global),
    }
}

/// Says why a command failed.
fn failed(error: &anyhow::Error, terminal: Terminal) -> Exit {
    for line in format!("error: {}", sentence(error)).lines() {
        terminal.say(&harmless(line));
    }
    exit::Misuse::exit(error)
}

/// An error with its causes on one line; a cause that its effect already tells is left out.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn log(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => "restorectl=debug",
        _ => "debug",
    };
    let _ = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(level)).with_writer(std::io::stderr).try_init();
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in super::Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("restorectl "), "`{}` has no example", command.get_name());
        }
    }
}
