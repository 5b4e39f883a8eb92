//! Small documents in all the shapes that YAML has: what our loader gives for each, beside what an independent one
//! gives. `tests/fixtures/yaml/README.md` tells how they are written.

use std::path::Path;

use serde_json::Value;

use super::*;

/// What a loader makes of a document: its value, or what refuses it.
type Outcome = Result<Value, String>;

struct Case {
    /// Its file and its name.
    name: String,
    document: String,
    ours: Outcome,
    /// What the independent loader gives, where that is something else, and why.
    theirs: Option<(Outcome, String)>,
}

#[test]
fn documents_are_read_as_told() {
    let cases = cases();
    assert!(cases.len() > 250, "only {} cases were found", cases.len());
    let wrong: Vec<String> = cases.iter().filter_map(|case| judge(case).err()).collect();
    assert!(wrong.is_empty(), "{} of {} are read otherwise:\n\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

fn judge(case: &Case) -> Result<(), String> {
    let (ours, theirs) = (ours(&case.document), oracle(&case.document));
    let told = |what: &str, told: &Outcome, found: &Outcome| {
        Err(format!(
            "{}\n{:?}\n  {what} told {}\n  {what} found {}",
            case.name,
            case.document,
            shown(told),
            shown(found)
        ))
    };
    if ours != case.ours {
        return told("ours", &case.ours, &ours);
    }
    match &case.theirs {
        Some((expected, _)) if agree(expected, &theirs) && !agree(expected, &ours) => Ok(()),
        None if agree(&ours, &theirs) => Ok(()),
        expected => told("theirs", expected.as_ref().map_or(&ours, |(outcome, _)| outcome), &theirs),
    }
}

/// Whether both give the same value, or both none.
fn agree(one: &Outcome, other: &Outcome) -> bool {
    one.as_ref().ok() == other.as_ref().ok()
}

fn ours(document: &str) -> Outcome {
    let (value, found) = loaded(document.as_bytes(), &LoaderLimits::default());
    value.ok_or_else(|| {
        let place =
            |d: &crate::diagnostic::Diagnostic| d.place.clone().map_or((0, 0), |place| (place.line, place.column));
        let at = |d| {
            let (line, column) = place(d);
            format!("{} {line}:{column}", d.rule)
        };
        found.iter().map(at).collect::<Vec<_>>().join(" ")
    })
}

fn oracle(document: &str) -> Outcome {
    serde_yaml::from_str(document).map_err(|error| error.to_string())
}

fn shown(outcome: &Outcome) -> String {
    match outcome {
        Ok(value) => value.to_string(),
        Err(refusal) => refusal.clone(),
    }
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/yaml");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
    files.sort();
    let of_file = |path: std::path::PathBuf| {
        let topic = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let cases = format!("\n{text}");
        cases.split("\n=== ").skip(1).map(|case| parsed(&topic, case)).collect::<Vec<_>>()
    };
    files.into_iter().flat_map(of_file).collect()
}

fn parsed(topic: &str, text: &str) -> Case {
    let (name, rest) = text.split_once('\n').unwrap();
    let name = format!("{topic}: {name}");
    let (document, outcomes) =
        format!("\n{rest}").split_once("\n>>> ").map(|(d, o)| (d.to_owned(), o.to_owned())).expect(&name);
    let document = document.strip_prefix('\n').unwrap_or("");
    let mut lines = outcomes.lines();
    let ours = outcome(lines.next().expect(&name));
    let theirs = lines.find_map(|line| line.strip_prefix("??? ")).map(|line| {
        let (expected, reason) = line.split_once(" because ").expect(&name);
        (outcome(expected), reason.to_owned())
    });
    Case { name, document: written_out(document), ours, theirs }
}

fn outcome(text: &str) -> Outcome {
    serde_json::from_str(text).map_err(|_| text.to_owned())
}

/// The document behind the visible characters.
fn written_out(document: &str) -> String {
    let mut text = format!("{document}\n").replace('␣', " ").replace('⇥', "\t").replace('␍', "\r").replace("∎\n", "");
    while let Some(at) = text.find('⟦') {
        let end = at + text[at..].find('⟧').unwrap();
        let number = u32::from_str_radix(&text[at + '⟦'.len_utf8()..end], 16).unwrap();
        text.replace_range(at..end + '⟧'.len_utf8(), &char::from_u32(number).unwrap().to_string());
    }
    text
}
