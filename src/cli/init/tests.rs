//! The whole dialogue, without a terminal.

use std::cell::RefCell;
use std::io::{self, BufRead, Read, Write};
use std::rc::Rc;

use super::draft::{Draft, NewEnvironment};
use super::questions::{Dialogue, NoAnswer};
use crate::cli::files;
use crate::cli::scaffold::Folder;
use crate::plan::FirstPlan;

/// A draft in a folder, for a plan and an environment that aren't there.
fn draft(folder: &std::path::Path) -> Draft {
    Draft {
        plan: FirstPlan::default(),
        environment: Some(NewEnvironment::default()),
        folder: Folder::at(folder),
        file: None,
        over: false,
    }
}

/// What is on a terminal: questions, and the answers as they are typed.
#[derive(Clone, Default)]
struct Screen(Rc<RefCell<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Somebody who types, a line at a time.
struct Typist<'a> {
    lines: &'a [u8],
    screen: Screen,
}

impl Read for Typist<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.lines.read(into)
    }
}

impl BufRead for Typist<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.lines)
    }

    fn consume(&mut self, count: usize) {
        let (typed, rest) = self.lines.split_at(count);
        self.screen.write_all(typed).unwrap();
        self.lines = rest;
    }
}

/// Answers every question with a line; gives what was on the screen.
fn hold(draft: &mut Draft, answers: &[&str]) -> (Result<(), NoAnswer>, String) {
    let lines: String = answers.iter().map(|answer| format!("{answer}\n")).collect();
    let screen = Screen::default();
    let typist = Typist { lines: lines.as_bytes(), screen: screen.clone() };
    let result = draft.ask(&mut Dialogue::new(typist, screen.clone()));
    let shown = screen.0.borrow().clone();
    (result, String::from_utf8(shown).unwrap())
}

#[test]
fn a_plan_by_questions_with_every_answer_wrong_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut draft = draft(folder.path());
    let (held, shown) = hold(
        &mut draft,
        &[
            &["", "Big", "model", "Bring it back.", "", "dba@example.com"][..],
            &["a b", "A", "../7", "7", "lastest", ""],
            &["b c", "", "a.b", "", ""],
            &["", "a b", "ADW", "D.t", "D.t", "my-db.t", "'\"my-db\".t'", ""],
            &["fail", "perhaps", "skip", "soon", "2h"],
            &["_base", "", "http://example.com", "https://example.com/v2"],
            &["{{user}}", "joe", "a=b", "", ""],
        ]
        .concat(),
    );
    held.unwrap();
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("dialogue", shown);
    });
    draft.plan.compose(None).unwrap();
    let environment = draft.environment.unwrap();
    environment.content.compose(None).unwrap();
    assert_eq!(environment.name.as_deref(), Some("prod"));
    assert_eq!(
        (draft.plan.databases, draft.plan.tables),
        (vec!["ADW".to_owned()], vec!["D.t".to_owned(), "\"my-db\".t".to_owned()])
    );
    assert_eq!(draft.plan.deadline.as_deref(), Some("2h"));
}

#[test]
fn what_flags_said_is_not_asked_and_nothing_is_asked_of_an_environment_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut draft = Draft { environment: None, ..draft(folder.path()) };
    draft.add("D.t", |plan| &mut plan.tables).unwrap();
    for (flag, answer) in [("--name", "model"), ("--site", "A"), ("--job", "7"), ("--deadline", "1h")] {
        let question = Draft::questions().find(|question| question.flag == flag).unwrap();
        draft.answer(question, answer).unwrap();
    }
    let (held, shown) = hold(&mut draft, &[""; 8]);
    held.unwrap();
    let asked: Vec<&str> =
        shown.lines().skip(2).map(|line| line.split([':', '[', '(']).next().unwrap().trim()).collect();
    assert_eq!(
        asked,
        [
            "What it is for",
            "Who answers for it",
            "Whom to call",
            "Execution",
            "Site that it goes to",
            "Database that all goes into",
            "What names end in there",
            "If it is there already",
        ]
    );
}

#[test]
fn what_is_there_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    files::write_shared(&folder.path().join("taken.yaml"), "", false).unwrap();
    let name = Draft::questions().find(|question| question.flag == "--name").unwrap();
    let why = draft(folder.path()).answer(name, "taken").unwrap_err();
    assert!(why.contains("taken.yaml` is there already"), "{why}");
    Draft { over: true, ..draft(folder.path()) }.answer(name, "taken").unwrap();
}

#[test]
fn every_question_has_a_flag_that_answers_it() {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: super::Args,
    }
    for question in Draft::questions() {
        let line = <Line as clap::Parser>::try_parse_from(["init", question.flag, "an answer"]).unwrap();
        assert_eq!(line.args.answers.given(question.flag), Some("an answer"), "{}", question.flag);
    }
}

#[test]
fn leaving_in_the_middle_is_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let (held, shown) = hold(&mut draft(folder.path()), &["model", "", "", "", "A"]);
    assert!(matches!(held, Err(NoAnswer::Left)), "{shown}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_is_missing_is_named_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut nothing = draft(folder.path());
    let missing: Vec<&str> = nothing.settle().unwrap().into_iter().map(|(flag, _)| flag).collect();
    assert_eq!(missing, ["--name", "--site", "--job", "--table, --database", "--api-url", "--user"]);
    // What touches nothing that is there needs no word.
    let mut whole = draft(folder.path());
    whole.add("ADW", |plan| &mut plan.databases).unwrap();
    let missing: Vec<&str> = whole.settle().unwrap().into_iter().map(|(flag, _)| flag).collect();
    assert_eq!(missing, ["--name", "--site", "--job", "--api-url", "--user"]);
}
