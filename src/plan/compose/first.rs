//! A first plan and a first environment, from answers.
//!
//! An answer is good where the document that it would stand in resolves without a finding. So answers are held to the
//! very rules that documents are held to, and their messages are the same.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::ComposeError;
use super::naming::Names;
use super::reasons::{self, Place};
use super::sketch::{Entry, Object, Part, Restore, Sketch, begin};
use super::writer::Writer;
use crate::diagnostic::Diagnostics;
use crate::model::{ObjectName, OnExisting, QualifiedName};
use crate::plan::render::{self, text_value};
use crate::plan::{LoaderLimits, SourceFile, resolve_environment};

/// What a first plan says, as it was answered. What isn't answered is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FirstPlan {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Whom to call.
    pub contact: Option<String>,
    /// The site that was backed up.
    pub site: Option<String>,
    /// The backup job.
    pub job: Option<String>,
    /// Which of its executions.
    pub execution: Option<String>,
    /// Where everything goes.
    pub target_site: Option<String>,
    /// The one database that everything goes into.
    pub target_database: Option<String>,
    /// What names end in there.
    pub suffix: Option<String>,
    /// Whole databases.
    pub databases: Vec<String>,
    /// Tables, with their databases.
    pub tables: Vec<String>,
    /// What if they are there already.
    pub on_existing: Option<String>,
    /// How long one restore may take.
    pub deadline: Option<String>,
}

/// What a first environment says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FirstEnvironment {
    /// The service's address.
    pub url: Option<String>,
    /// The login for restores.
    pub user: Option<String>,
    /// The variable that holds its password.
    pub password_env: Option<String>,
    /// The variable that holds a token for the gateway.
    pub bearer_env: Option<String>,
    /// The site that plans may call `source_site`.
    pub source_site: Option<String>,
}

/// The first thing that is wrong, in one sentence.
fn verdict(diagnostics: &Diagnostics) -> Result<(), ComposeError> {
    let Some(found) = diagnostics.iter().next() else { return Ok(()) };
    let hint = found.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
    Err(ComposeError::new(format!("{}{hint} ({})", found.message, found.rule)))
}

/// A name with an ending, as plans write it.
fn ending(name: &ObjectName, suffix: &str) -> Result<Value, ComposeError> {
    if suffix.contains(['.', '"']) {
        let why = format!("`{suffix}` is no ending: write only what comes behind a name, like `_restored`");
        return Err(ComposeError::new(why));
    }
    let renamed = ObjectName::bare(format!("{}{suffix}", name.as_str()));
    let renamed = renamed.map_err(|error| ComposeError::new(format!("`{name}` can't end in `{suffix}`: {error}")))?;
    Ok(render::name(&renamed))
}

impl FirstPlan {
    /// Whether the answers so far are good. What isn't answered yet speaks against nothing.
    ///
    /// # Errors
    /// With what is wrong, in one sentence.
    pub fn check(&self) -> Result<(), ComposeError> {
        let mut tried = self.clone();
        tried.name.get_or_insert_with(|| "plan".to_owned());
        tried.site.get_or_insert_with(|| "site".to_owned());
        tried.job.get_or_insert_with(|| "1".to_owned());
        tried.target_site.get_or_insert_with(|| "elsewhere".to_owned());
        tried.on_existing.get_or_insert_with(|| "replace".to_owned());
        if tried.databases.is_empty() && tried.tables.is_empty() {
            tried.tables.push("some_database.some_table".to_owned());
        }
        tried.compose(None).map(drop)
    }

    /// The plan's text. What isn't answered has its default.
    ///
    /// # Errors
    /// With what is wrong, in one sentence.
    pub fn compose(&self, schema: Option<&str>) -> Result<String, ComposeError> {
        let text = self.sketch(schema)?.write();
        verdict(&super::findings(&text))?;
        Ok(text)
    }

    fn sketch(&self, schema: Option<&str>) -> Result<Sketch, ComposeError> {
        let word = |answer: &Option<String>| answer.clone().unwrap_or_default();
        let (site, execution) = (word(&self.site), self.execution.as_deref().unwrap_or("latest"));
        let target_site = self.target_site.as_ref().unwrap_or(&site);
        let on_existing = json!(self.on_existing.as_deref().unwrap_or("fail"));
        let mut purpose =
            vec![Entry::text("name", &word(&self.name)).remark("part of every job name: keep it once it has run")];
        let told = [("description", &self.description), ("owner", &self.owner), ("contact", &self.contact)];
        purpose.extend(told.iter().filter_map(|(key, text)| Some(Entry::text(key, text.as_ref()?))));
        let untold = told.iter().filter(|(_, text)| text.is_none()).map(|(key, _)| *key).chain(["ticket"]);
        let mut execution_entry = Entry::new("execution", render::id(execution));
        if execution == "latest" {
            execution_entry = execution_entry.remark(reasons::LATEST);
        }
        let mut target = vec![Entry::text("site", target_site)];
        if let Some(database) = &self.target_database {
            target.push(Entry::text("database", database).remark("must exist there"));
        }
        let itself = *target_site == site && self.target_database.is_none() && self.suffix.is_none();
        let mut before_restores = Vec::new();
        if !self.databases.is_empty() {
            before_restores.push(reasons::WHOLE_DATABASE.to_owned());
        }
        if let Ok(policy) = serde_json::from_value::<OnExisting>(on_existing.clone()) {
            let place = if itself { Place::Itself } else { Place::Elsewhere };
            before_restores.push(reasons::on_existing(policy, place).to_owned());
        }
        Ok(Sketch {
            schema: schema.map(str::to_owned),
            head: vec![
                "Begun by `restorectl init`, and yours to change: `restorectl validate` tells every mistake in it, \
                 `restorectl diff` what it would do, without doing it."
                    .to_owned(),
                reasons::whose(&untold.collect::<Vec<_>>()),
            ],
            purpose,
            source: Part {
                comment: vec!["Where the data comes from: a backup job at a site.".to_owned()],
                entries: vec![
                    Entry::text("site", &site),
                    Entry::new("job", render::id(&word(&self.job))),
                    execution_entry,
                ],
            },
            target: Part { comment: vec!["Where it goes.".to_owned()], entries: target },
            limits: reasons::limits(&text_value(self.deadline.as_deref().unwrap_or("6h"))),
            before_restores,
            restores: self.restores(&on_existing)?,
            tail: Vec::new(),
        })
    }

    /// One restore for each database that objects are of.
    fn restores(&self, on_existing: &Value) -> Result<Vec<Restore>, ComposeError> {
        let databases = self.databases.iter().map(|text| ("database", text));
        let mut by_database: Vec<(String, Vec<Object>)> = Vec::new();
        for (key, text) in databases.chain(self.tables.iter().map(|text| ("table", text))) {
            let mut entry = Map::from_iter([(key.to_owned(), text_value(text))]);
            // What can't be read as a name is reported where the entry is resolved.
            let name = QualifiedName::parse(text).ok();
            if let (Some(suffix), Some(name)) = (&self.suffix, &name) {
                entry.insert("rename_to".to_owned(), ending(&name.name, suffix)?);
            }
            let database = name.map(|name| name.parent.unwrap_or(name.name).folded()).unwrap_or_default();
            let object = Object { comment: None, entry };
            match by_database.iter_mut().find(|(known, _)| *known == database) {
                Some((_, objects)) => objects.push(object),
                None => by_database.push((database, vec![object])),
            }
        }
        let mut names = Names::default();
        let restore = |(database, objects): (String, Vec<Object>)| Restore {
            comment: Vec::new(),
            name: names.like(&database, "database"),
            objects,
            on_existing: on_existing.clone(),
            after: Vec::new(),
        };
        Ok(by_database.into_iter().map(restore).collect())
    }
}

impl FirstEnvironment {
    /// Whether the answers so far are good.
    ///
    /// # Errors
    /// With what is wrong, in one sentence.
    pub fn check(&self) -> Result<(), ComposeError> {
        let mut tried = self.clone();
        tried.url.get_or_insert_with(|| "https://example.com/data-protection/v2".to_owned());
        tried.user.get_or_insert_with(|| "user".to_owned());
        tried.compose(None).map(drop)
    }

    /// The environment's text.
    ///
    /// # Errors
    /// With what is wrong, in one sentence.
    pub fn compose(&self, schema: Option<&str>) -> Result<String, ComposeError> {
        let text = self.write(schema);
        let file = SourceFile { path: "new.yaml".to_owned(), bytes: text.clone().into_bytes() };
        let mut no_base = |_: &str, _: Option<&Path>| Err("it has no base".to_owned());
        verdict(&resolve_environment(&file, LoaderLimits::default(), &mut no_base).diagnostics)?;
        Ok(text)
    }

    fn write(&self, schema: Option<&str>) -> String {
        let head = [
            "Begun by `restorectl init`, and yours to change: where plans are carried out, and what is allowed there. \
             Secrets are references, never values: `{env: NAME}`, `{file: PATH}` or `{command: [prog, arg]}`."
                .to_owned(),
        ];
        let mut writer = Writer::default();
        begin(&mut writer, schema, &head);
        writer.entry("version", &json!(1));
        if let Some(site) = &self.source_site {
            writer.gap();
            writer.comment("Values for the inputs that plans declare.");
            writer.section("inputs", |writer| writer.entry("source_site", &json!(site)));
        }
        writer.gap();
        writer.section("api", |writer| {
            writer.entry("url", &json!(self.url));
            writer.comment("What the gateway before the service wants, sent with every call.");
            match &self.bearer_env {
                Some(name) => writer.section("bearer", |writer| writer.entry("env", &json!(name))),
                None => writer.comment_line("bearer: {env: RESTORECTL_API_TOKEN}"),
            }
            writer.comment_line("headers: {x-gateway-key: {file: gateway.key}}");
            writer.comment("The database login that restores are carried out with, sent with the create call alone.");
            writer.section("restore_credentials", |writer| {
                writer.entry("user", &json!(self.user));
                let password = self.password_env.as_deref().unwrap_or("RESTORECTL_PASSWORD");
                writer.section("password", |writer| writer.entry("env", &json!(password)));
            });
        });
        writer.gap();
        writer
            .comment("What is allowed here. A restore that goes over something needs this and `on_existing: replace`.");
        writer.section("guard", |writer| {
            writer.remarked("protected", &json!(true), "`apply` asks for `--confirm` with this environment's name");
            writer.remarked("allow_in_place", &json!(false), "over the very objects that were backed up");
            writer.remarked("allow_replace", &json!(false), "over anything else");
        });
        writer.finish()
    }
}
