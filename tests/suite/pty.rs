//! The live view of the real binary at a terminal, and what it asks there: a pseudo-terminal here, with a program
//! behind it that shows what a person would see.

use std::num::NonZeroU16;
use std::slice;
use std::sync::{Arc, Mutex};

use pty_process::{OwnedWritePty, Size};
use restorectl::journal::Store as _;
use restorectl::journal::sqlite::SqliteStore;
use restorectl::model::Slug;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Child;
use tokio::task::JoinHandle;

use crate::claims::elsewhere;
use crate::cli::APPLY;
use crate::rig::{FAST, Rig};

const ROWS: u16 = 24;

/// Ctrl-C.
const INTERRUPT: &[u8] = &[3];
/// Ctrl-D, after which nothing more comes from the terminal.
const END_OF_INPUT: &[u8] = &[4];

/// What stands in the live view alone.
const TITLE: &str = "dr-weekly -> sim";
/// What begins and ends a drawing, and what ends a line of it.
const BEGIN: &str = "\u{1b}[?2026h";
const END: &str = "\u{1b}[?2026l";
const END_OF_LINE: &str = "\u{1b}[K\r\n";

/// The binary at a terminal.
struct At {
    child: Child,
    keys: OwnedWritePty,
    shown: Arc<Mutex<Shown>>,
    reader: JoinHandle<()>,
    columns: u16,
}

/// What came so far.
struct Shown {
    all: String,
    terminal: vt100::Parser,
}

fn terminal(columns: u16) -> vt100::Parser {
    vt100::Parser::new(NonZeroU16::new(ROWS).unwrap(), NonZeroU16::new(columns).unwrap(), 1000)
}

impl At {
    fn start(rig: &Rig, arguments: &[&str], columns: u16) -> Self {
        let (pty, pts) = pty_process::open().unwrap();
        pty.resize(Size::new(ROWS, columns)).unwrap();
        let command = pty_process::Command::new(env!("CARGO_BIN_EXE_restorectl"))
            .args(arguments)
            .current_dir(rig.folder.path())
            .env_clear()
            .env("RESTORECTL_STATE", &rig.state)
            .env("USER", "tester")
            .env("TERM", "xterm-256color")
            .kill_on_drop(true);
        let child = command.spawn(pts).unwrap();
        let (mut read, keys) = pty.into_split();
        let shown = Arc::new(Mutex::new(Shown { all: String::new(), terminal: terminal(columns) }));
        let into = Arc::clone(&shown);
        let reader = tokio::spawn(async move {
            let (mut chunk, mut cut) = ([0u8; 4096], Vec::new());
            // The other end of a terminal that nobody has open any more is an error.
            while let Ok(count @ 1..) = read.read(&mut chunk).await {
                cut.extend_from_slice(&chunk[..count]);
                let whole = match std::str::from_utf8(&cut) {
                    Ok(text) => text.len(),
                    Err(error) => error.valid_up_to(),
                };
                let text = String::from_utf8(cut.drain(..whole).collect()).unwrap();
                let mut shown = into.lock().unwrap();
                shown.terminal.process(text.as_bytes());
                shown.all.push_str(&text);
            }
        });
        Self { child, keys, shown, reader, columns }
    }

    /// Presses these keys.
    async fn press(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).await.unwrap();
    }

    fn screen(&self) -> String {
        self.shown.lock().unwrap().terminal.screen().contents()
    }

    /// Waits until the screen shows something.
    async fn shows(&self, rig: &Rig, words: &str) {
        rig.until(&format!("the screen shows `{words}`"), async |_| self.screen().contains(words)).await;
    }

    /// Waits for its end, and gives what came until then.
    async fn left(mut self, code: i32) -> Shown {
        let status = self.child.wait().await.unwrap();
        self.reader.await.unwrap();
        let shown = Arc::into_inner(self.shown).unwrap().into_inner().unwrap();
        assert_eq!(status.code(), Some(code), "{}", shown.terminal.screen().contents());
        shown
    }

    /// Waits for its end, and makes sure that the terminal is as it was, with nothing of the live view on it.
    async fn ended(self, code: i32) -> String {
        let columns = self.columns;
        let shown = self.left(code).await;
        let screen = shown.terminal.screen();
        let contents = screen.contents();
        assert!(!screen.hide_cursor() && !screen.alternate_screen(), "{contents}");
        assert!(!contents.contains(TITLE) && !contents.contains("^C"), "{contents}");
        assert_eq!(screen.cursor_position().1, 0, "the prompt comes at the left: {contents}");
        assert_eq!((screen.fgcolor(), screen.bold()), (vt100::Color::Default, false));
        let drawings = drawings(&shown.all);
        assert!(!drawings.is_empty(), "{}", shown.all);
        for line in drawings.iter().flatten() {
            fits(line, columns);
        }
        shown.all
    }
}

/// The lines of each drawing.
fn drawings(all: &str) -> Vec<Vec<&str>> {
    let drawings = all.split(BEGIN).skip(1).map(|rest| rest.split(END).next().unwrap());
    drawings
        .map(|drawing| {
            let lines = drawing.split_inclusive('\n').filter_map(|line| line.strip_suffix(END_OF_LINE));
            lines.collect()
        })
        .collect()
}

/// A line takes one row of a terminal, by what the terminal itself makes of it.
#[track_caller]
fn fits(line: &str, columns: u16) {
    let mut terminal = terminal(columns);
    // Where the cursor was brought to before the first line is another matter.
    let line = line.rsplit('\r').next().unwrap();
    terminal.process(line.as_bytes());
    let screen = terminal.screen();
    assert!(screen.cursor_position().0 == 0 && !screen.row_wrapped(0), "wider than {columns}: {line:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_is_wider_than_the_terminal_and_nothing_of_them_remains() {
    for columns in [40, 80, 132] {
        let rig = Rig::with(|config| config.throughput = 0).await;
        let at = At::start(&rig, &APPLY, columns);
        rig.until("as many run as may", async |rig| rig.creates().await.len() == 4).await;
        at.shows(&rig, TITLE).await;
        rig.throughput(FAST).await;
        at.ended(0).await;
        assert_eq!(rig.creates().await.len(), 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_interrupt_waits_for_what_runs_and_leaves_the_terminal_clean() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let mut at = At::start(&rig, &APPLY, 80);
    at.shows(&rig, "4 running").await;
    at.press(INTERRUPT).await;
    at.shows(&rig, "stopping: nothing more is started").await;
    // It still goes on, and says so in its place.
    at.shows(&rig, TITLE).await;
    rig.throughput(FAST).await;
    let all = at.ended(130).await;
    assert!(all.contains("interrupted"), "{all}");
    assert_eq!(rig.creates().await.len(), 4, "nothing more was started");
    let counts = rig.report().await["counts"].clone();
    assert_eq!((&counts["succeeded"], &counts["not_started"]), (&4.into(), &6.into()), "{counts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_interrupt_leaves_at_once_and_the_terminal_clean() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let mut at = At::start(&rig, &APPLY, 80);
    at.shows(&rig, "4 running").await;
    at.press(INTERRUPT).await;
    at.shows(&rig, "stopping: nothing more is started").await;
    at.press(INTERRUPT).await;
    let all = at.ended(130).await;
    assert!(all.contains("can't be cancelled from here"), "{all}");
    assert_eq!(rig.report().await["counts"]["running"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_a_yes_breaks_a_lease() {
    let rig = Rig::new().await;
    let store = SqliteStore::open(&rig.path("state.db")).await.unwrap();
    let plan = Slug::parse("dr-weekly").unwrap();
    let lease = store.take(&elsewhere(&plan, "sim"), &[]).await.unwrap();
    let returned = |answer: &str| [answer.as_bytes(), b"\r"].concat();
    let other = ["", "y", "Y", "YES", "Yes", "yess", "yes!", "no", "yes yes"];
    let others = other.map(returned).into_iter().chain([END_OF_INPUT.to_vec()]);
    for (keys, is_yes) in others.map(|keys| (keys, false)).chain([(returned(" yes "), true)]) {
        let mut at = At::start(&rig, &["unlock", "dr-weekly", "--env", "sim"], 80);
        at.shows(&rig, "Break it? Only `yes` does: ").await;
        assert!(at.screen().contains("is held by cleo@here (process 7)"), "{}", at.screen());
        let held = || store.leases(&plan, "sim");
        assert_eq!(held().await.unwrap(), slice::from_ref(&lease), "nothing was answered yet");
        at.press(&keys).await;
        let shown = at.left(if is_yes { 0 } else { 1 }).await.all;
        let (said, left) = match is_yes {
            true => ("the lease of cleo@here is broken", vec![]),
            false => ("nothing was broken", vec![lease.clone()]),
        };
        assert!(shown.contains(said), "{keys:?}: {shown}");
        assert_eq!(held().await.unwrap(), left, "{keys:?}: {shown}");
    }
}

#[test]
fn a_line_that_fits_is_told_from_one_that_does_not() {
    fits(&"x".repeat(80), 80);
    fits("\u{1b}[1m\u{1b}[32mok\u{1b}[0m\u{1b}[0m", 40);
    for wide in ["x".repeat(81), "漢".repeat(41)] {
        assert!(std::panic::catch_unwind(|| fits(&wide, 80)).is_err(), "{wide}");
    }
}
