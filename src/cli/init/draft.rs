//! What `init` is to write, answer by answer: from flags or from questions, each held to the rules of plans at once.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use super::questions::{Dialogue, NoAnswer};
use crate::cli::files;
use crate::cli::scaffold::Folder;
use crate::model::{QualifiedName, Slug};
use crate::plan::{FirstEnvironment, FirstPlan};

/// A first plan and, where there is none yet, a first environment.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The plan.
    pub(super) plan: FirstPlan,
    /// The environment; none where there is one.
    pub(super) environment: Option<NewEnvironment>,
    /// The folder that the plan goes to.
    pub(super) folder: Folder,
    /// The plan's file, where it doesn't follow from the plan's name.
    pub(super) file: Option<PathBuf>,
    /// Whether files that are there may be written over.
    pub(super) over: bool,
}

/// An environment and what it is called.
#[derive(Debug, Clone, Default)]
pub(super) struct NewEnvironment {
    /// The name of its file, without the ending.
    pub(super) name: Option<String>,
    /// What it says.
    pub(super) content: FirstEnvironment,
}

/// Where an answer goes; none where nothing is to be answered.
type Place = fn(&mut Draft) -> Option<&mut Option<String>>;

/// One thing to be known.
pub(super) struct Question {
    /// The flag that answers it.
    pub(super) flag: &'static str,
    /// What it is.
    pub(super) text: &'static str,
    place: Place,
    /// What is taken where nothing is said.
    default: fn(&Draft) -> Option<String>,
    /// Whether it may be left open.
    optional: bool,
}

/// Something that must be known.
const fn needed(flag: &'static str, text: &'static str, place: Place) -> Question {
    Question { flag, text, place, default: |_| None, optional: false }
}

/// Something that may be left open.
const fn optional(flag: &'static str, text: &'static str, place: Place) -> Question {
    Question { optional: true, ..needed(flag, text, place) }
}

/// Something that has a default.
const fn usual(
    flag: &'static str,
    text: &'static str,
    place: Place,
    default: fn(&Draft) -> Option<String>,
) -> Question {
    Question { default, ..needed(flag, text, place) }
}

/// What is asked before the objects.
const BEFORE: [Question; 10] = [
    usual("--name", "Name of the plan", |d| Some(&mut d.plan.name), Draft::name_of_file),
    optional("--description", "What it is for (may be empty)", |d| Some(&mut d.plan.description)),
    optional("--owner", "Who answers for it (may be empty)", |d| Some(&mut d.plan.owner)),
    optional("--contact", "Whom to call (may be empty)", |d| Some(&mut d.plan.contact)),
    needed("--site", "Site that was backed up", |d| Some(&mut d.plan.site)),
    needed("--job", "Backup job there", |d| Some(&mut d.plan.job)),
    usual(
        "--execution",
        "Execution: an id, or `latest`",
        |d| Some(&mut d.plan.execution),
        |_| Some("latest".to_owned()),
    ),
    Question {
        default: |d| d.plan.site.clone(),
        ..optional("--target-site", "Site that it goes to", |d| Some(&mut d.plan.target_site))
    },
    optional("--target-database", "Database that all goes into (empty: as backed up)", |d| {
        Some(&mut d.plan.target_database)
    }),
    optional("--rename-suffix", "What names end in there (empty: as backed up)", |d| Some(&mut d.plan.suffix)),
];

/// What is asked after the objects.
const AFTER: [Question; 7] = [
    usual(
        "--on-existing",
        "If it is there already: fail, replace or skip",
        |d| Some(&mut d.plan.on_existing),
        // Touch nothing that is there.
        |_| Some("fail".to_owned()),
    ),
    usual("--deadline", "Longest time for one restore", |d| Some(&mut d.plan.deadline), |_| Some("6h".to_owned())),
    usual(
        "--env",
        "Name of the first environment",
        |d| Some(&mut d.environment.as_mut()?.name),
        |_| Some("prod".to_owned()),
    ),
    needed("--api-url", "Address of the service, up to /data-protection/v2", |d| {
        Some(&mut d.environment.as_mut()?.content.url)
    }),
    needed("--user", "Database user for restores", |d| Some(&mut d.environment.as_mut()?.content.user)),
    usual(
        "--password-env",
        "Variable with that user's password",
        |d| Some(&mut d.environment.as_mut()?.content.password_env),
        |_| Some("RESTORECTL_PASSWORD".to_owned()),
    ),
    optional("--bearer-env", "Variable with a token for the gateway (may be empty)", |d| {
        Some(&mut d.environment.as_mut()?.content.bearer_env)
    }),
];

/// The question for what is restored.
const OBJECTS: &str = "Database, or DATABASE.table, to restore";

impl Draft {
    /// The questions, in their order.
    pub(super) fn questions() -> impl Iterator<Item = &'static Question> {
        BEFORE.iter().chain(&AFTER)
    }

    /// Takes an answer, if it is good.
    ///
    /// # Errors
    /// With what is wrong.
    pub(super) fn answer(&mut self, question: &Question, text: &str) -> Result<(), String> {
        let mut tried = self.clone();
        let Some(place) = (question.place)(&mut tried) else { return Ok(()) };
        if text.is_empty() && !question.optional {
            return Err("there must be an answer".to_owned());
        }
        *place = (!text.is_empty()).then(|| text.to_owned());
        tried.check()?;
        *self = tried;
        Ok(())
    }

    /// Takes a database or a table to restore, if it is good.
    ///
    /// # Errors
    /// With what is wrong.
    pub(super) fn add(&mut self, text: &str, objects: fn(&mut FirstPlan) -> &mut Vec<String>) -> Result<(), String> {
        let mut tried = self.clone();
        objects(&mut tried.plan).push(text.to_owned());
        tried.check()?;
        *self = tried;
        Ok(())
    }

    /// Puts every open question to somebody.
    ///
    /// # Errors
    /// When they leave.
    pub(super) fn ask(&mut self, dialogue: &mut Dialogue<impl BufRead, impl Write>) -> Result<(), NoAnswer> {
        dialogue.say("Enter takes what is in brackets. Ctrl-D leaves, and nothing is written.\n")?;
        for question in &BEFORE {
            self.ask_one(question, dialogue)?;
        }
        self.ask_objects(dialogue)?;
        for question in &AFTER {
            self.ask_one(question, dialogue)?;
        }
        Ok(())
    }

    fn ask_one(
        &mut self,
        question: &Question,
        dialogue: &mut Dialogue<impl BufRead, impl Write>,
    ) -> Result<(), NoAnswer> {
        if !self.is_open(question) {
            return Ok(());
        }
        let default = (question.default)(self);
        dialogue.ask(question.text, default.as_deref(), |answer| self.answer(question, answer))
    }

    fn ask_objects(&mut self, dialogue: &mut Dialogue<impl BufRead, impl Write>) -> Result<(), NoAnswer> {
        if self.has_objects() {
            return Ok(());
        }
        let mut done = false;
        while !done {
            let first = !self.has_objects();
            let text = if first { OBJECTS } else { "One more (empty: that is all)" };
            dialogue.ask(text, None, |answer| {
                done = answer.is_empty() && !first;
                if done {
                    return Ok(());
                }
                // As plans write it is as good: the hint for a name that wants quotes shows it so.
                let in_yaml = answer.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                let answer = in_yaml.map_or_else(|| answer.to_owned(), |inside| inside.replace("''", "'"));
                let alone = QualifiedName::parse(&answer).is_ok_and(|name| name.parent.is_none());
                self.add(&answer, if alone { |plan| &mut plan.databases } else { |plan| &mut plan.tables })
            })?;
        }
        Ok(())
    }

    /// Answers what is open and has a default; gives the flags that are needed besides, each with what it says.
    ///
    /// # Errors
    /// When a default won't do.
    pub(super) fn settle(&mut self) -> Result<Vec<(&'static str, &'static str)>, String> {
        let mut missing = Vec::new();
        for question in Self::questions() {
            if question.flag == "--on-existing" && !self.has_objects() {
                missing.push(("--table, --database", OBJECTS));
            }
            if question.optional || !self.is_open(question) {
                continue;
            }
            match (question.default)(self) {
                Some(default) => {
                    self.answer(question, &default).map_err(|why| format!("`{}`: {why}", question.flag))?;
                }
                None => missing.push((question.flag, question.text)),
            }
        }
        Ok(missing)
    }

    fn is_open(&mut self, question: &Question) -> bool {
        (question.place)(self).is_some_and(|answer| answer.is_none())
    }

    fn has_objects(&self) -> bool {
        !self.plan.databases.is_empty() || !self.plan.tables.is_empty()
    }

    /// Where the plan goes.
    pub(super) fn plan_file(&self) -> Option<PathBuf> {
        self.file.clone().or_else(|| Some(self.folder.plan(self.plan.name.as_ref()?)))
    }

    /// A plan is named like its file.
    fn name_of_file(&self) -> Option<String> {
        let stem = self.file.as_ref()?.file_stem()?.to_string_lossy().into_owned();
        Slug::parse(&stem).ok().map(|slug| slug.to_string())
    }

    fn check(&self) -> Result<(), String> {
        self.plan.check().map_err(|error| error.to_string())?;
        // A file that was named is looked at before anything is answered.
        if self.file.is_none() {
            self.plan_file().map_or(Ok(()), |file| self.free(&file))?;
        }
        let Some(environment) = &self.environment else { return Ok(()) };
        environment.content.check().map_err(|error| error.to_string())?;
        let Some(name) = &environment.name else { return Ok(()) };
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if name.starts_with(['_', '-']) || !name.chars().all(fits) {
            return Err(format!(
                "`{name}` is not the name of an environment: write letters, digits, `-` and `_`, first a letter or digit"
            ));
        }
        self.free(&self.folder.environment(name))
    }

    fn free(&self, file: &Path) -> Result<(), String> {
        if !self.over && file.exists() { Err(files::taken(file)) } else { Ok(()) }
    }
}
