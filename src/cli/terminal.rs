//! Standard output for results, standard error for progress, and what the terminal can show.

#![allow(clippy::disallowed_methods, reason = "NO_COLOR and COLUMNS are read here")]

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::LazyLock;

use jiff::tz::TimeZone;

use crate::diagnostic::Look;
use crate::report::{Style, Zone};

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where a command writes, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    colour: Colour,
    quiet: bool,
    verbose: bool,
}

impl From<Style> for Look {
    fn from(style: Style) -> Self {
        Self { colour: style.colour, width: style.width, ..Self::default() }
    }
}

/// The zone of whoever sits at the terminal, as the system or `TZ` tells it; UTC where neither does.
fn local() -> Zone {
    static ZONE: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::try_system().unwrap_or(TimeZone::UTC));
    Zone::local(&ZONE)
}

impl Terminal {
    /// Settings from the command line.
    pub(super) fn new(colour: Colour, quiet: bool, verbose: bool) -> Self {
        Self { colour, quiet, verbose }
    }

    /// The style for standard output.
    pub(super) fn out(self) -> Style {
        self.style(io::stdout().is_terminal())
    }

    /// The style for standard error.
    pub(super) fn err(self) -> Style {
        self.style(io::stderr().is_terminal())
    }

    /// The style for a file.
    pub(super) fn file(self) -> Style {
        self.style(false)
    }

    fn style(self, terminal: bool) -> Style {
        let wanted = match self.colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let columns = columns.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)));
        let zone = if terminal { local() } else { Zone::UTC };
        Style { colour: wanted, width: columns.unwrap_or(80).clamp(40, 200), zone }
    }

    /// Writes a result.
    ///
    /// # Errors
    /// When standard output can't be written; a reader that went away is no error.
    pub(super) fn result(self, text: &str) -> io::Result<()> {
        forgive(io::stdout().lock().write_all(text.as_bytes()))
    }

    /// Writes a part of a result, and says whether anybody still reads.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub(super) fn part(self, text: &str) -> io::Result<bool> {
        let written = io::stdout().lock().write_all(text.as_bytes());
        let is_read = written.is_ok();
        forgive(written).map(|()| is_read)
    }

    /// Tells of progress, unless `--quiet`. A failure to tell stops nothing.
    pub(super) fn progress(self, text: &str) {
        if !self.quiet {
            self.say(text);
        }
    }

    /// Says something that must be said, also with `--quiet`.
    pub(super) fn say(self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Writes to the terminal at once. A failure to tell stops nothing.
    pub(super) fn write_live(text: &str) {
        let mut stderr = io::stderr().lock();
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
    }

    /// Whether lines can be kept in their place on standard error, and nothing else is written there meanwhile.
    pub(super) fn is_live(self) -> bool {
        let can_move = std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
        io::stderr().is_terminal() && can_move && !self.quiet && !self.verbose
    }

    /// How many rows standard error has.
    pub(super) fn rows(self) -> usize {
        terminal_size::terminal_size_of(io::stderr()).map_or(24, |(_, height)| usize::from(height.0))
    }

    /// Whether somebody sits there who can be asked.
    pub(super) fn can_ask(self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks, and gives the answer without its line break.
    ///
    /// # Errors
    /// When standard input can't be read.
    pub(super) fn ask(self, question: &str) -> io::Result<String> {
        let mut stderr = io::stderr().lock();
        write!(stderr, "{question}")?;
        stderr.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }
}

fn forgive(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
