//! What must hold of every resolution, whatever was resolved.

use std::collections::HashMap;

use jiff::Timestamp;
use restorectl::diagnostic::{self, Collation, Look, Pair, Place};
use restorectl::model::{Plan, harmless};
use restorectl::plan::{LoaderLimits, RULES, Request, Resolution, SourceFile, render_yaml, resolve};
use serde_json::Value;

/// Limits that small documents reach too, so that each input takes little time.
const LIMITS: LoaderLimits = LoaderLimits {
    file_bytes: 1 << 16,
    depth: 32,
    keys: 256,
    key_bytes: 256,
    nodes: 20_000,
    expanded_bytes: 1 << 18,
    scalar_bytes: 1 << 14,
    template_bytes: 1 << 11,
    template_output_bytes: 1 << 14,
    restores: 64,
    dependencies: 512,
    piece_from_bytes: 256,
    diagnostics: 12,
};

/// What `now` is.
const NOW: Timestamp = Timestamp::constant(1_795_651_200, 0);

/// A document under a name.
pub(super) fn file(path: &str, bytes: impl Into<Vec<u8>>) -> SourceFile {
    SourceFile { path: path.to_owned(), bytes: bytes.into() }
}

/// Resolves, and checks all that must hold of what came of it.
pub(super) fn resolved(plan: &SourceFile, environment: Option<&SourceFile>, inputs: &[(String, String)]) -> Resolution {
    let first = once(plan, environment, inputs, LIMITS);
    let texts = texts(plan, environment, inputs);
    places(&first, &texts);
    let shown = rendered(&first);
    assert_eq!(shown, rendered(&once(plan, environment, inputs, LIMITS)), "the same input gave something else");
    // A document that is too large as a whole is found out at another place.
    if rules(&first).iter().all(|rule| *rule != "R003") {
        let as_one = once(plan, environment, inputs, LoaderLimits { piece_from_bytes: usize::MAX, ..LIMITS });
        assert_eq!(shown, rendered(&as_one), "read as one, it is something else than in pieces");
        assert_eq!(first.plan, as_one.plan, "read as one, it is another plan than in pieces");
    }
    match (&first.plan, &first.rendered()) {
        (Some(plan), Some(document)) => {
            assert!(!first.diagnostics.has_errors(), "a plan in spite of errors:\n{shown}");
            survives(plan, document);
        }
        (None, None) => assert!(first.diagnostics.has_errors(), "no plan, and nobody said why"),
        _ => panic!("a plan and its rendering come together"),
    }
    first
}

/// The rules that a resolution met.
pub(super) fn rules(resolution: &Resolution) -> Vec<&'static str> {
    resolution.diagnostics.iter().map(|found| found.rule).collect()
}

fn once(
    plan: &SourceFile,
    environment: Option<&SourceFile>,
    inputs: &[(String, String)],
    limits: LoaderLimits,
) -> Resolution {
    let request = Request { plan, environment, inputs, now: NOW, limits };
    resolve(request, &mut |path, _| Err(format!("`{path}` is not there")))
}

/// The texts that places may lie in, by their names.
fn texts(plan: &SourceFile, environment: Option<&SourceFile>, inputs: &[(String, String)]) -> HashMap<String, String> {
    let text = |bytes: &[u8]| match bytes.len() > LIMITS.file_bytes {
        true => String::new(),
        false => String::from_utf8_lossy(bytes).into_owned(),
    };
    let files = [Some(plan), environment].into_iter().flatten().map(|file| (file.path.clone(), text(&file.bytes)));
    let inputs = inputs.iter().map(|(name, value)| (format!("--input {name}"), text(value.as_bytes())));
    files.chain(inputs).collect()
}

/// Every place lies in its text, and they come in order.
fn places(resolution: &Resolution, texts: &HashMap<String, String>) {
    let mut last: Option<(&str, usize, usize)> = None;
    let mut left: Vec<&str> = Vec::new();
    let mut unplaced = false;
    for found in resolution.diagnostics.iter() {
        assert!(RULES.iter().any(|rule| rule.id == found.rule), "nobody knows the rule {}", found.rule);
        assert!(!found.message.is_empty());
        assert!(found.pointer.is_empty() || found.pointer.starts_with('/'), "{}", found.pointer);
        found.related.iter().for_each(|(place, _)| inside(place, texts));
        let Some(place) = &found.place else {
            unplaced = true;
            continue;
        };
        assert!(!unplaced, "what has no place comes last");
        inside(place, texts);
        if let Some((file, start, end)) = last {
            if file == place.file {
                assert!((start, end) <= (place.span.start, place.span.end), "not in order: {place}");
            } else {
                left.push(file);
            }
        }
        assert!(!left.contains(&place.file.as_str()), "{} comes in two pieces", place.file);
        last = Some((&place.file, place.span.start, place.span.end));
    }
}

/// A place lies in its text, between characters, on the line and in the column that it tells.
fn inside(place: &Place, texts: &HashMap<String, String>) {
    let text = texts.get(&place.file).unwrap_or_else(|| panic!("no text has the name {}", place.file));
    let (start, end) = (place.span.start, place.span.end);
    assert!(start <= end && end <= text.len(), "{place}: {start}..{end} of {}", text.len());
    assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{place}: {start}..{end} cuts a character");
    assert_eq!((place.line, place.column), position(&text[..start]), "{start} is elsewhere");
    assert_eq!((place.end_line, place.end_column), position(&text[..end]), "{end} is elsewhere");
}

/// The line and the column behind a text, counted as slowly and as surely as can be.
fn position(before: &str) -> (usize, usize) {
    let before = before.strip_prefix('\u{feff}').unwrap_or(before);
    let line = before.rsplit('\n').next().unwrap();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// Everything that a person or a program is shown of a resolution.
fn rendered(resolution: &Resolution) -> String {
    let plain = diagnostic::human(&resolution.diagnostics, Look::default());
    let coloured =
        diagnostic::human(&resolution.diagnostics, Look { colour: true, width: 60, most: 5, allowed: false });
    deceives_nobody(&plain);
    deceives_nobody(&without_colours(&coloured));
    let pair = Pair { plan: "plan.yaml".to_owned(), environment: None };
    let all = Collation::new([(pair, resolution.diagnostics.clone())]);
    let (json, sarif) = (diagnostic::json(&all), diagnostic::sarif(&all, &RULES));
    for document in [&json, &sarif] {
        deceives_nobody(document);
        assert!(serde_json::from_str::<Value>(document).is_ok());
    }
    [diagnostic::github(&all), diagnostic::junit(&all)].iter().for_each(|text| deceives_nobody(text));
    let document = resolution.rendered().as_ref().map(render_yaml).unwrap_or_default();
    deceives_nobody(&document);
    format!("{plain}\n{json}\n{document}\n{:?}", resolution.environment)
}

/// No line holds anything that moves a cursor, hides or turns letters round.
fn deceives_nobody(text: &str) {
    for line in text.split('\n') {
        // Tabs are only wide.
        let line = line.replace('\t', " ");
        assert_eq!(line, harmless(&line), "this can deceive");
    }
}

/// A text without the sequences that choose a colour.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (colour, rest) = piece.split_once('m').unwrap();
        assert!(colour.chars().all(|c| c.is_ascii_digit() || c == ';'), "{colour:?} is no colour");
        plain.push_str(rest);
    }
    plain
}

/// A resolved plan can be written down, every tool reads the same from that, and it resolves to the same plan.
fn survives(plan: &Plan, document: &Value) {
    let written = render_yaml(document);
    let oracle: Result<Value, _> = serde_yaml::from_str(&written);
    assert_eq!(oracle.ok().as_ref(), Some(document), "another tool reads something else from\n{written}");
    let source = file("rendered.yaml", written.clone());
    let request = Request { plan: &source, environment: None, inputs: &[], now: NOW, limits: LoaderLimits::default() };
    let again = resolve(request, &mut |_, _| Err("nothing is read".to_owned()));
    let shown = diagnostic::human(&again.diagnostics, Look::default());
    let same = again.plan.as_ref().unwrap_or_else(|| panic!("it does not resolve again:\n{shown}\n{written}"));
    assert_eq!(without_origins(same), without_origins(plan), "it means something else now:\n{written}");
    assert_eq!(again.rendered().as_ref(), Some(document), "it is written otherwise now:\n{written}");
}

fn without_origins(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.items.iter_mut().for_each(|item| item.origin = Default::default());
    plan
}
