//! The stages together, through `resolve`.
#![allow(clippy::disallowed_methods, reason = "tests read the files that are shipped")]

/// A golden of what people see of a resolution.
macro_rules! golden {
    ($name:ident, $resolution:expr) => {
        #[test]
        fn $name() {
            let resolution: Resolution = $resolution;
            assert!(resolution.plan.is_none() || !resolution.diagnostics.has_errors());
            insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
                insta::assert_snapshot!(stringify!($name), shown(&resolution));
            });
        }
    };
}

mod corpus;
mod goldens;
mod hostile;
mod meaning;
mod recorded;
mod reuse;
mod rules;
mod shipped;

use super::findings::Findings;
use super::load::{Privacy, load};
use super::*;
use crate::diagnostic::{Look, Sources, human};

/// What `now` is in these tests.
const NOW: Timestamp = Timestamp::constant(1_795_651_200, 0);

fn file(path: &str, text: impl AsRef<[u8]>) -> SourceFile {
    SourceFile { path: path.to_owned(), bytes: text.as_ref().to_vec() }
}

fn no_files(path: &str, _: Option<&Path>) -> Result<Vec<u8>, String> {
    Err(format!("no such file in this test: {path}"))
}

/// Reads a document with the loader alone. There is no value where there is an error.
fn loaded(bytes: &[u8], limits: &LoaderLimits) -> (Option<serde_json::Value>, Diagnostics) {
    let (mut sources, mut findings) = (Sources::default(), Findings::new());
    let node = load("f.yaml", bytes.to_vec(), Privacy::Open, limits, &mut sources, &mut findings);
    let value = node.filter(|_| !findings.has_errors()).map(|node| node.to_json());
    (value, Diagnostics::new(sources, findings.into_drafts(), limits.diagnostics))
}

/// Resolves a plan alone.
fn alone(text: &str) -> Resolution {
    with_inputs(text, &[])
}

fn with_inputs(text: &str, inputs: &[(&str, &str)]) -> Resolution {
    let inputs: Vec<(String, String)> = inputs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let plan = file("plan.yaml", text);
    let request =
        Request { plan: &plan, environment: None, inputs: &inputs, now: NOW, limits: LoaderLimits::default() };
    resolve(request, &mut no_files)
}

fn with_environment(text: &str, environment: &str) -> Resolution {
    let (plan, environment) = (file("plan.yaml", text), file("envs/prod.yaml", environment));
    let request = Request {
        plan: &plan,
        environment: Some(&environment),
        inputs: &[],
        now: NOW,
        limits: LoaderLimits::default(),
    };
    resolve(request, &mut no_files)
}

fn rules(resolution: &Resolution) -> Vec<&'static str> {
    resolution.diagnostics.iter().map(|d| d.rule).collect()
}

fn shown(resolution: &Resolution) -> String {
    human(&resolution.diagnostics, Look { width: 160, ..Look::default() })
}

/// A plan around the restores that a test is about.
fn plan_with(restores: &str) -> String {
    format!(
        "version: 1\nname: test\nsource: {{site: A, job: 1}}\ntarget: {{site: B}}\nlimits: {{deadline: 6h}}\nrestores:\n{restores}"
    )
}
