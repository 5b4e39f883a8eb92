//! `init`: a first plan and a first environment, by questions or flags.

mod draft;
mod questions;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use draft::{Draft, NewEnvironment};
use questions::{Dialogue, NoAnswer};

use super::exit::Exit;
use super::scaffold::Folder;
use super::terminal::Terminal;
use super::{Global, discover, files};
use crate::model::shell_word;
use crate::plan::FirstPlan;

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl init                      asks what it needs to know
  restorectl init plans/model.yaml --site SITE --job 1412 \\
      --table BANK_MARKETING.model --rename-suffix _restored \\
      --api-url https://HOST/data-protection/v2 --user restore_operator

Without a terminal nothing is asked. Needed are then --name or PATH, --site, --job,
--table or --database and, while there is no environment, --api-url and --user.")]
pub(super) struct Args {
    /// The plan's file, or the folder for it [default: plans]
    path: Option<PathBuf>,
    #[command(flatten)]
    answers: Answers,
    /// A whole database to restore; repeatable
    #[arg(long, value_name = "NAME")]
    database: Vec<String>,
    /// A table to restore, with its database; repeatable
    #[arg(long, value_name = "DATABASE.NAME")]
    table: Vec<String>,
    /// Write no schema files for editors
    #[arg(long)]
    no_schema: bool,
    /// Write over files that are there
    #[arg(long)]
    force: bool,
}

/// What can be asked.
#[derive(Debug, Clone, clap::Args)]
struct Answers {
    /// The plan's name
    #[arg(long)]
    name: Option<String>,
    /// What the plan is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Who answers for it
    #[arg(long)]
    owner: Option<String>,
    /// Whom to call
    #[arg(long)]
    contact: Option<String>,
    /// The site that was backed up
    #[arg(long)]
    site: Option<String>,
    /// The backup job there
    #[arg(long)]
    job: Option<String>,
    /// Which of its executions: an id or `latest` [default: latest]
    #[arg(long, value_name = "ID")]
    execution: Option<String>,
    /// The site that it goes to [default: the one that was backed up]
    #[arg(long, value_name = "SITE")]
    target_site: Option<String>,
    /// One other database that everything goes into
    #[arg(long, value_name = "NAME")]
    target_database: Option<String>,
    /// What the names of tables end in after the restore
    #[arg(long, value_name = "SUFFIX")]
    rename_suffix: Option<String>,
    /// What if it is there already: fail, replace or skip [default: fail, where that can be meant]
    #[arg(long, value_name = "WHAT")]
    on_existing: Option<String>,
    /// How long one restore may take [default: 6h]
    #[arg(long, value_name = "DURATION")]
    deadline: Option<String>,
    /// The environment to write where there is none [default: prod]
    #[arg(long, short, value_name = "NAME")]
    env: Option<String>,
    /// The service's address, up to and with /data-protection/v2
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// The database user that restores are carried out as
    #[arg(long)]
    user: Option<String>,
    /// The variable with that user's password [default: RESTORECTL_PASSWORD]
    #[arg(long, value_name = "VARIABLE")]
    password_env: Option<String>,
    /// The variable with a token for the gateway
    #[arg(long, value_name = "VARIABLE")]
    bearer_env: Option<String>,
}

impl Answers {
    /// The answer that a flag gives.
    fn given(&self, flag: &str) -> Option<&str> {
        let given = match flag {
            "--name" => &self.name,
            "--description" => &self.description,
            "--owner" => &self.owner,
            "--contact" => &self.contact,
            "--site" => &self.site,
            "--job" => &self.job,
            "--execution" => &self.execution,
            "--target-site" => &self.target_site,
            "--target-database" => &self.target_database,
            "--rename-suffix" => &self.rename_suffix,
            "--on-existing" => &self.on_existing,
            "--deadline" => &self.deadline,
            "--env" => &self.env,
            "--api-url" => &self.api_url,
            "--user" => &self.user,
            "--password-env" => &self.password_env,
            "--bearer-env" => &self.bearer_env,
            _ => &None,
        };
        given.as_deref()
    }
}

pub(super) fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    if let Some((path, why)) = args.path.as_ref().and_then(|path| Some((path, unfit(path)?))) {
        anyhow::bail!("`{}` can't be the file of a plan: {why}", path.display());
    }
    let mut draft = empty(&args);
    if let Some(file) = draft.file.as_ref().filter(|file| file.exists() && !args.force) {
        anyhow::bail!(files::taken(file));
    }
    let wrong = fill(&mut draft, &args);
    if !wrong.is_empty() {
        wrong.iter().for_each(|line| terminal.say(&crate::model::harmless(&format!("error: {line}"))));
        return Ok(Exit::Invalid);
    }
    let mut settled = draft.clone();
    match settled.settle() {
        Ok(missing) if missing.is_empty() => draft = settled,
        _ if terminal.can_ask() => {
            let mut dialogue = Dialogue::new(io::stdin().lock(), io::stderr());
            match draft.ask(&mut dialogue) {
                Ok(()) => {}
                Err(NoAnswer::Left) => {
                    terminal.say("left; nothing was written");
                    return Ok(Exit::Interrupted);
                }
                Err(broken) => return Err(broken.into()),
            }
        }
        Ok(missing) => {
            let flags: String = missing.iter().map(|(flag, text)| format!("\n  {flag:20} {text}")).collect();
            terminal.say(&format!("error: nobody can be asked here, so these are needed:{flags}"));
            return Ok(Exit::Invalid);
        }
        Err(why) => {
            terminal.say(&crate::model::harmless(&format!("error: {why}")));
            return Ok(Exit::Invalid);
        }
    }
    write(&draft, &args, terminal)
}

/// Why a path can't be that of a plan, or of the folder for one.
fn unfit(path: &Path) -> Option<&'static str> {
    let is_yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    if is_yaml && discover::is_base(path) {
        return Some("a file whose name begins with `_` is for plans to include, and no plan itself");
    }
    if is_yaml && discover::is_test(path) {
        return Some("a file that ends in `.test.yaml` is a plan's test, and no plan itself");
    }
    let other = path.extension().is_some() && !is_yaml && !path.is_dir();
    other.then_some("a plan's file ends in `.yaml`")
}

/// Nothing answered yet; what is there and what is to be written is known.
fn empty(args: &Args) -> Draft {
    let file = args.path.clone().filter(|path| path.extension().is_some_and(|e| e == "yaml" || e == "yml"));
    let folder = match (&file, &args.path) {
        (Some(file), _) => Folder::of(file),
        (None, Some(path)) => Folder::at(path),
        (None, None) => Folder::usual(),
    };
    let there = match &args.answers.env {
        Some(name) => folder.environment(name).exists() && !args.force,
        None => folder.has_environments(),
    };
    let environment = (!there).then(NewEnvironment::default);
    Draft { plan: FirstPlan::default(), environment, folder, file, over: args.force }
}

/// Takes what flags say; gives what is wrong with it.
fn fill(draft: &mut Draft, args: &Args) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut note =
        |flag: &str, taken: Result<(), String>| wrong.extend(taken.err().map(|why| format!("`{flag}`: {why}")));
    for question in Draft::questions() {
        if question.flag == "--on-existing" {
            for text in &args.database {
                note("--database", draft.add(text, |plan| &mut plan.databases));
            }
            for text in &args.table {
                note("--table", draft.add(text, |plan| &mut plan.tables));
            }
        }
        if let Some(text) = args.answers.given(question.flag) {
            note(question.flag, draft.answer(question, text));
        }
    }
    wrong
}

/// Writes what a finished draft says, and says what to do next.
fn write(draft: &Draft, args: &Args, terminal: Terminal) -> anyhow::Result<Exit> {
    let Some(plan_file) = draft.plan_file() else { anyhow::bail!("the plan has no name") };
    let (schemas, new) = match draft.folder.schemas() {
        Some(schemas) => (Some(schemas), Vec::new()),
        None if args.no_schema => (None, Vec::new()),
        None => {
            let (schemas, files) = draft.folder.new_schemas();
            (Some(schemas), files)
        }
    };
    let plan = draft.plan.compose(schemas.map(|schemas| schemas.of_plan()).as_deref())?;
    let mut written: Vec<(PathBuf, String)> = new.into_iter().map(|(path, text)| (path, text.to_owned())).collect();
    let mut environment = args.answers.env.clone();
    if let Some(NewEnvironment { name, content }) = &draft.environment {
        let name = name.clone().unwrap_or_default();
        let content = crate::plan::FirstEnvironment { source_site: draft.plan.site.clone(), ..content.clone() };
        let text = content.compose(schemas.map(|schemas| schemas.of_environment()).as_deref())?;
        written.push((draft.folder.environment(&name), text));
        environment = Some(name);
    }
    written.push((plan_file.clone(), plan));
    // Everything is looked at before anything is written.
    if let Some((path, _)) = written.iter().find(|(path, _)| path.exists() && !args.force) {
        anyhow::bail!(files::taken(path));
    }
    for (path, text) in &written {
        files::write_shared(path, text, args.force)?;
        terminal.result(&format!("{}\n", path.display()))?;
    }
    next(draft, &plan_file, environment.as_deref(), terminal);
    Ok(Exit::Done)
}

fn next(draft: &Draft, plan: &Path, environment: Option<&str>, terminal: Terminal) {
    let plan = shell_word(&plan.display().to_string());
    let environment = shell_word(environment.unwrap_or("ENVIRONMENT"));
    let mut lines = vec!["\nnext".to_owned()];
    if let Some(new) = &draft.environment {
        let variables = [&new.content.password_env, &new.content.bearer_env];
        for variable in variables.into_iter().flatten() {
            lines.push(format!("  export {variable}=...   the environment refers to it"));
        }
    }
    lines.push(format!("  restorectl validate {plan}"));
    lines.push(format!("  restorectl diff {plan} --env {environment}   sends nothing but reads"));
    terminal.progress(&lines.join("\n"));
}
