//! How a run is told while it goes on: on a terminal by a few lines that stay in their place, and elsewhere line by line.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::events::EventFile;
use super::system::SystemClock;
use super::terminal::Terminal;
use crate::changeset::Changeset;
use crate::journal::{Entry, Run, RunState};
use crate::ports::Clock as _;
use crate::report::{self, Events, Live, Style};

/// How often the lines are drawn: often enough for people, and seldom enough not to flicker.
const PERIOD: Duration = Duration::from_millis(125);

/// Of a terminal's rows, the lines take one in so many at most: the log above them stays readable.
const PART: usize = 2;
/// But never fewer than these.
const LEAST: usize = 4;

/// Tells a run.
pub(super) struct Teller<'a> {
    terminal: Terminal,
    clock: SystemClock,
    events: Option<(Events, &'a EventFile)>,
    style: Style,
    /// The width of the longest item's name.
    names: usize,
    pane: Option<Pane>,
}

/// The lines on a terminal.
struct Pane {
    drawn: Arc<Mutex<Drawn>>,
    ticker: JoinHandle<()>,
}

struct Drawn {
    live: Live,
    clock: SystemClock,
    terminal: Terminal,
    /// Lines for above that wait for the next drawing.
    log: String,
    /// The lines that stand on the terminal now, with their widths in columns.
    shown: Vec<(String, usize)>,
}

impl<'a> Teller<'a> {
    /// Begins to tell of a run.
    pub(super) fn new(
        (run, changeset): (&Run, &Changeset),
        clock: SystemClock,
        events: Option<&'a EventFile>,
        terminal: Terminal,
    ) -> Self {
        let names = changeset.items.iter().map(|decision| decision.item.name.as_str().len()).max().unwrap_or(0);
        let style = terminal.err();
        let pane = terminal.is_live().then(|| Pane::open(Live::new(changeset, clock.now()), clock, terminal));
        let events = events.map(|file| (Events::new(run), file));
        if let Some((events, file)) = &events {
            file.write(&events.started(run, changeset));
        }
        Self { terminal, clock, events, style, names, pane }
    }

    /// An entry is durable.
    pub(super) fn entry(&self, entry: &Entry, state: &RunState) {
        if let Some((events, file)) = &self.events
            && let Some(line) = events.entry(entry)
        {
            file.write(&line);
        }
        let line = report::event_line(entry, self.names, self.style);
        let Some(pane) = &self.pane else {
            if let Some(line) = line {
                self.terminal.progress(&line);
            }
            return;
        };
        let mut drawn = pane.drawn();
        drawn.live.hear(entry, state);
        if let Some(line) = line.filter(|_| report::is_news(&entry.record)) {
            drawn.log.push_str(&line);
            drawn.log.push('\n');
        }
    }

    /// Something beside the run went wrong.
    pub(super) fn warn(&self, lines: &[String]) {
        let Some(pane) = &self.pane else { return lines.iter().for_each(|line| self.terminal.say(line)) };
        let mut drawn = pane.drawn();
        lines.iter().for_each(|line| drawn.log.extend([line, "\n"]));
    }

    /// Somebody asked the run to stop or to leave: what is said of that must be said at once.
    pub(super) fn signal(&self, words: &str) {
        if let Some((events, file)) = &self.events {
            file.write(&events.asked(self.clock.now(), words));
        }
        let Some(pane) = &self.pane else { return self.terminal.say(words) };
        let mut drawn = pane.drawn();
        drawn.live.stops();
        drawn.log.push_str(words);
        drawn.log.push('\n');
        drawn.draw();
    }

    /// The run is over, well or not.
    pub(super) fn end(self, state: &RunState) {
        if let Some((events, file)) = &self.events {
            file.write(&events.ended(state, self.clock.now()));
        }
    }
}

impl Drop for Teller<'_> {
    /// Leaves the terminal as it was, with all that was to be said on it.
    fn drop(&mut self) {
        if let Some(pane) = &self.pane {
            pane.ticker.abort();
            pane.drawn().clear();
        }
    }
}

impl Pane {
    fn open(live: Live, clock: SystemClock, terminal: Terminal) -> Self {
        let drawn = Drawn { live, clock, terminal, log: String::new(), shown: Vec::new() };
        let drawn = Arc::new(Mutex::new(drawn));
        let shared = Arc::clone(&drawn);
        let ticker = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(PERIOD);
            loop {
                ticks.tick().await;
                lock(&shared).draw();
            }
        });
        Self { drawn, ticker }
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        lock(&self.drawn)
    }
}

/// What terminals understand: all at once, without a half-drawn picture, where they know of that.
const BEGIN: &str = "\u{1b}[?2026h";
const END: &str = "\u{1b}[?2026l";
/// Erases the rest of the row, and the rest of the terminal.
const REST_OF_ROW: &str = "\u{1b}[K";
const REST: &str = "\u{1b}[J";

impl Drawn {
    /// Writes what waits, and below it the lines of this moment.
    fn draw(&mut self) {
        // The window may have been given another size since the last time.
        let style = self.terminal.err();
        let rows = (self.terminal.rows() / PART).max(LEAST);
        let lines = self.live.lines(self.clock.now(), rows, style);
        let is_same = lines.iter().eq(self.shown.iter().map(|(line, _)| line));
        if is_same && self.log.is_empty() {
            return;
        }
        let mut out = format!("{BEGIN}{}", self.back(style.width));
        if !self.log.is_empty() {
            out.push_str(REST);
            out.push_str(&self.log);
        }
        for line in &lines {
            out.push_str(&format!("{line}{REST_OF_ROW}\n"));
        }
        // The cursor stays below the lines, at the left: what the terminal echoes of a key disturbs none of them.
        out.push_str(&format!("{REST}{END}"));
        Terminal::write_live(&out);
        self.log.clear();
        self.shown = lines.into_iter().map(|line| (line.clone(), report::columns(&line))).collect();
    }

    /// Leaves the terminal with what was to be said, and without the lines.
    fn clear(&mut self) {
        let out = format!("{}{REST}{}", self.back(self.terminal.err().width), self.log);
        Terminal::write_live(&out);
        self.log.clear();
        self.shown.clear();
    }

    /// Brings the cursor to where the lines begin. In a window that became narrower they take more rows than they did.
    fn back(&self, width: usize) -> String {
        let rows: usize = self.shown.iter().map(|(_, columns)| columns.div_ceil(width.max(1)).max(1)).sum();
        match rows.min(self.terminal.rows().saturating_sub(1)) {
            0 => "\r".to_owned(),
            rows => format!("\r\u{1b}[{rows}A"),
        }
    }
}

fn lock(drawn: &Mutex<Drawn>) -> MutexGuard<'_, Drawn> {
    drawn.lock().unwrap_or_else(PoisonError::into_inner)
}
