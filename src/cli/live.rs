//! How a run is told while it goes on: on a terminal by a few lines that stay in their place, and elsewhere line by line.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;

use super::system::SystemClock;
use super::terminal::Terminal;
use crate::changeset::Changeset;
use crate::journal::{Entry, RunState};
use crate::ports::Clock as _;
use crate::report::{self, Live, Style};

/// How often the lines are drawn: often enough for people, and seldom enough not to flicker.
const PERIOD: Duration = Duration::from_millis(125);

/// Of a terminal's rows, the lines take so many parts at most: the log above them stays readable.
const PART: usize = 2;

/// Tells a run.
pub(super) struct Teller {
    terminal: Terminal,
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
    bar: ProgressBar,
    /// Lines for above that wait for the next drawing.
    log: String,
    style: Style,
}

impl Teller {
    /// Begins to tell of a run.
    pub(super) fn new(changeset: &Changeset, clock: SystemClock, terminal: Terminal) -> Self {
        let names = changeset.items.iter().map(|decision| decision.item.name.as_str().len()).max().unwrap_or(0);
        let style = terminal.err();
        let pane = terminal.is_live().then(|| Pane::open(Live::new(changeset, clock.now()), clock, terminal));
        Self { terminal, style, names, pane }
    }

    /// An entry is durable.
    pub(super) fn entry(&self, entry: &Entry, state: &RunState) {
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

    /// Somebody asked the run to stop or to leave: what is said of that must be said at once.
    pub(super) fn signal(&self, words: &str) {
        let Some(pane) = &self.pane else { return self.terminal.say(words) };
        let mut drawn = pane.drawn();
        drawn.live.stops();
        drawn.log.push_str(words);
        drawn.log.push('\n');
        drawn.flush();
    }
}

impl Drop for Teller {
    /// Leaves the terminal as it was, with all that was to be said on it.
    fn drop(&mut self) {
        if let Some(pane) = &self.pane {
            pane.ticker.abort();
            let mut drawn = pane.drawn();
            drawn.flush();
            drawn.bar.finish_and_clear();
        }
    }
}

impl Pane {
    fn open(live: Live, clock: SystemClock, terminal: Terminal) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(plain) = ProgressStyle::with_template("{msg}") {
            bar.set_style(plain);
        }
        let drawn = Arc::new(Mutex::new(Drawn { live, bar, log: String::new(), style: terminal.err() }));
        let shared = Arc::clone(&drawn);
        let ticker = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(PERIOD);
            loop {
                ticks.tick().await;
                let mut drawn = lock(&shared);
                // The window may have been given another size.
                drawn.style = terminal.err();
                drawn.flush();
                let rows = terminal.rows() / PART;
                let lines = drawn.live.lines(clock.now(), rows.max(4), drawn.style);
                drawn.bar.set_message(lines.join("\n"));
                drawn.bar.tick();
            }
        });
        Self { drawn, ticker }
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        lock(&self.drawn)
    }
}

impl Drawn {
    /// Writes what waits above the lines.
    fn flush(&mut self) {
        let log = std::mem::take(&mut self.log);
        if !log.is_empty() {
            self.bar.suspend(|| Terminal::write_log(&log));
        }
    }
}

fn lock(drawn: &Mutex<Drawn>) -> MutexGuard<'_, Drawn> {
    drawn.lock().unwrap_or_else(PoisonError::into_inner)
}
