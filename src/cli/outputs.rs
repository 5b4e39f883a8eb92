//! Several formats in one call, each to its own output: `--format` and `--out`.

use std::path::PathBuf;

use clap::builder::EnumValueParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, FromArgMatches, ValueEnum};

use super::files;
use super::step::Step;
use super::terminal::Terminal;
use crate::report::Style;

/// A format that a command can write. The default is printed where nothing is said.
pub(super) trait Format: ValueEnum + Copy + Default + PartialEq + Send + Sync + 'static {
    /// The format that a file's ending stands for.
    fn by_ending(ending: &str) -> Option<Self>;

    /// Whether an `--out` with no format before it, whose ending names this one, is something else than a format's.
    fn stands_alone(_named: Option<Self>) -> bool {
        false
    }

    /// Whether it belongs behind what a step of GitHub Actions has said so far, where no file is named.
    fn is_for_a_step(self) -> bool {
        false
    }
}

/// Where a text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    /// To standard output.
    Printed,
    /// To a file of its own.
    File,
    /// Into a step's summary, where so many bytes are left.
    Step(usize),
}

/// The formats that were asked for, each with its file; at most one has none and is printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outputs<F> {
    all: Vec<(F, Option<PathBuf>)>,
    alone: Vec<PathBuf>,
}

impl<F: Format> Outputs<F> {
    /// The files that were named for something else than a format.
    pub(super) fn alone(&self) -> &[PathBuf] {
        &self.alone
    }

    /// Writes every format, as `text` makes it in the style of where it goes.
    ///
    /// # Errors
    /// When a text can't be made, or a file or standard output can't be written.
    pub(super) fn write(
        &self,
        terminal: Terminal,
        text: impl Fn(F, Style) -> anyhow::Result<String>,
    ) -> anyhow::Result<()> {
        self.write_for(terminal, |format, style, _| text(format, style))
    }

    /// As [`Outputs::write`], for texts that depend on where they go.
    ///
    /// # Errors
    /// As [`Outputs::write`], and when there is no step of GitHub Actions where one is meant.
    pub(super) fn write_for(
        &self,
        terminal: Terminal,
        text: impl Fn(F, Style, Destination) -> anyhow::Result<String>,
    ) -> anyhow::Result<()> {
        for (format, path) in &self.all {
            match path {
                Some(path) => {
                    files::write_private(path, text(*format, terminal.file(), Destination::File)?.as_bytes())?;
                    terminal.progress(&format!("wrote `{}`", path.display()));
                }
                None if format.is_for_a_step() => {
                    let step = Step::of_this()?;
                    step.append(&text(*format, terminal.file(), Destination::Step(step.room()))?)?;
                    terminal.progress(&format!("added to `{}`", step.path().display()));
                }
                None => terminal.result(&text(*format, terminal.out(), Destination::Printed)?)?,
            }
        }
        Ok(())
    }

    /// Pairs what stands on the command line, in its order.
    fn pair(given: Vec<Given<F>>) -> Result<Self, String> {
        let mut all: Vec<(F, Option<PathBuf>)> = Vec::new();
        let mut alone = Vec::new();
        let mut waits = false;
        for given in given {
            match given {
                Given::Format(format) => {
                    all.push((format, None));
                    waits = true;
                }
                Given::Out(path) => {
                    let named = path.extension().and_then(|ending| F::by_ending(ending.to_str()?));
                    let shown = path.display();
                    match (all.last_mut().filter(|_| waits), named) {
                        // Whoever writes this means to print the one and to write the other.
                        (Some((format, _)), Some(named)) if *format == F::default() && named != *format => {
                            return Err(format!("the ending of `{shown}` names another format than is before it"));
                        }
                        (Some((_, out)), _) => *out = Some(path),
                        (None, named) if F::stands_alone(named) => alone.push(path),
                        (None, Some(named)) => all.push((named, Some(path))),
                        (None, None) => {
                            return Err(format!("the ending of `{shown}` names no format: write `--format` before it"));
                        }
                    }
                    waits = false;
                }
            }
        }
        if all.is_empty() {
            all.push((F::default(), None));
        }
        if all.iter().filter(|(format, out)| out.is_none() && !format.is_for_a_step()).count() > 1 {
            return Err("only one format can be printed: write `--out PATH` right behind the others".to_owned());
        }
        Ok(Self { all, alone })
    }
}

/// One of the two options, as it stands on the command line.
enum Given<F> {
    Format(F),
    Out(PathBuf),
}

impl<F: Format> clap::Args for Outputs<F> {
    fn augment_args(command: clap::Command) -> clap::Command {
        let format = Arg::new("format").long("format").value_name("FORMAT").value_parser(EnumValueParser::<F>::new());
        let out = Arg::new("out").long("out").value_name("PATH").value_parser(clap::value_parser!(PathBuf));
        let format = format.help("A format; repeatable. One without an --out right behind it is printed");
        let out =
            out.help("Where to write the format right before it, or else the one that the ending names; repeatable");
        command.arg(format.action(ArgAction::Append)).arg(out.action(ArgAction::Append))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl<F: Format> FromArgMatches for Outputs<F> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given: Vec<(usize, Given<F>)> = Vec::new();
        let formats = matches.get_many::<F>("format").into_iter().flatten();
        let at = matches.indices_of("format").into_iter().flatten();
        given.extend(at.zip(formats.map(|format| Given::Format(*format))));
        let outs = matches.get_many::<PathBuf>("out").into_iter().flatten();
        let at = matches.indices_of("out").into_iter().flatten();
        given.extend(at.zip(outs.map(|path| Given::Out(path.clone()))));
        given.sort_by_key(|(at, _)| *at);
        let given = given.into_iter().map(|(_, given)| given).collect();
        Self::pair(given).map_err(|why| clap::Error::raw(ErrorKind::ArgumentConflict, why))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
