//! `test`: what the test files beside plans expect, offline.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::exit::Exit;
use super::outputs::{self, Outputs};
use super::{Global, discover, files, load};
use crate::plan::{LoaderLimits, SourceFile};
use crate::plantest::{self, Counts, FileReport, Subject};

/// Arguments of `test`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl test plans/                             every case beside every plan
  restorectl test plans/dr-weekly.yaml               the cases of one plan
  restorectl test plans/ --filter unreadable         the cases whose names hold this text
  restorectl test plans/ --out junit.xml --format human  for CI, and for people

`plans/x.test.yaml` is the test file of `plans/x.yaml`; `restorectl schema plan-test` says what it may hold. Nothing
but files is read.

Exit codes:
  0  every case passed
  2  a test file is invalid, or a case doesn't fit its plan or lacks a file
  6  a case failed: something that it expects isn't so
  1  there is no test, or a file can't be read")]
pub(super) struct Args {
    /// Test files, the plans that they are for, or folders
    #[arg(value_name = "PATH", default_value = "plans")]
    paths: Vec<PathBuf>,
    /// Run only cases whose names hold this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    #[command(flatten)]
    outputs: Outputs<Format>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Human,
    /// For CI.
    Junit,
    /// For programs.
    Json,
}

impl outputs::Format for Format {
    fn by_ending(ending: &str) -> Option<Self> {
        match ending {
            "txt" => Some(Self::Human),
            "xml" => Some(Self::Junit),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

pub(super) fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let discover::Found { files: tests, unreadable } = discover::tests_below(&args.paths)?;
    if let Some(folder) = unreadable.into_iter().next() {
        return Err(folder.into());
    }
    if tests.is_empty() {
        bail!("there is no test (`*.test.yaml`) in {}", discover::names(&args.paths));
    }
    let reports = tests.iter().map(|test| one(test, args.filter.as_deref())).collect::<anyhow::Result<Vec<_>>>()?;
    let counts = Counts::of(&reports);
    if counts.cases() == 0 && counts.invalid_files == 0 {
        bail!(
            "no case has `{}` in its name, of {} that there are",
            args.filter.unwrap_or_default(),
            counts.passed_over
        );
    }
    args.outputs.write(global.terminal(), |format, style| {
        Ok(match format {
            Format::Human => plantest::human(&reports, style.into()),
            Format::Junit => plantest::junit(&reports),
            Format::Json => plantest::json(&reports),
        })
    })?;
    Ok(match counts {
        Counts { invalid: 1.., .. } | Counts { invalid_files: 1.., .. } => Exit::Invalid,
        Counts { failed: 1.., .. } => Exit::CheckFailed,
        _ => Exit::Done,
    })
}

fn one(path: &Path, filter: Option<&str>) -> anyhow::Result<FileReport> {
    let test = SourceFile { path: path.display().to_string(), bytes: files::read(path, files::LARGEST)? };
    let plan = discover::plan_of(path);
    let (folder, environments) = (discover::environments_folder(&plan), discover::environment_names(&plan));
    let plan = plan.display().to_string();
    let subject = Subject { test: &test, plan: &plan, folder: &folder, environments: &environments, filter };
    Ok(plantest::run(subject, &mut load::reader(LoaderLimits::of_recordings())))
}
