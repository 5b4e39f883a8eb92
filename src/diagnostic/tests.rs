//! All formats together: each says the same, and none obeys what a hostile text says.

mod readers;

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::Value;

use super::path::slashed;
use super::*;
use crate::model::{deceives, harmless};
use readers::{Command, xml};

const RULES: &[Rule] = &[
    Rule { id: "R101", title: "A key, or `{}`", severity: Severity::Error, why: "Because {0}.", mend: "[See](x)." },
    Rule { id: "R102", title: "Another", severity: Severity::Warning, why: "Because.", mend: "Look." },
];

/// An error and a warning whose every text is this one, in a file and an environment of that name.
fn collation(text: &str) -> Collation {
    let mut sources = Sources::default();
    let file = sources.add(format!("p/{text}"), format!("a: {text}\n"));
    let span = Span { file, start: 3, end: 3 + text.len() };
    let error = Draft {
        rule: "R101",
        severity: Severity::Error,
        message: text.to_owned(),
        span: Some(span),
        pointer: format!("/{text}"),
        hint: Some(text.to_owned()),
        related: vec![(span, text.to_owned())],
    };
    let warning = Draft { rule: "R102", severity: Severity::Warning, span: None, ..error.clone() };
    let pair = |environment: &str| {
        let environment = EnvironmentFile { name: environment.to_owned(), file: "e".to_owned() };
        Pair { plan: format!("p/{text}"), environment: Some(environment) }
    };
    let found = Diagnostics::new(sources, vec![error, warning], 10);
    Collation::new([(pair(text), found), (pair("-"), Diagnostics::default())])
}

/// Looks at a text in every format.
fn check(text: &str) {
    let all = collation(text);
    let shown = harmless(text);
    let environment = format!("in environment `{shown}`");

    let screen = overview(&all, Look::default());
    quiet(&screen);
    // A line that begins like this would be a command to GitHub's runner; `:::` stands before a further file.
    let commands = screen.lines().map(str::trim_start).filter(|line| line.starts_with("::"));
    assert!(commands.clone().all(|line| line.starts_with("::: p/")), "{screen}");
    assert!(screen.contains(&environment), "{screen}");

    let document = read_json(&json(&all));
    valid(&OUR_SHAPE, &document);
    let first = &document["diagnostics"][0];
    assert_eq!(first["message"], text, "programs get the text as it is");
    assert_eq!(first["place"]["file"], format!("p/{text}"));
    assert_eq!(first["only_in"][0], text);

    let log = read_json(&sarif(&all, RULES));
    valid(&SARIF_PARTS, &log);
    let said = &log["runs"][0]["results"][0]["message"]["text"];
    let expected = [shown.as_str(), &environment, &format!("help: {shown}")].join("\n");
    let said = said.as_str().unwrap().replace("{{", "{").replace("}}", "}");
    assert_eq!(said, expected.replace("](", "] ("));

    let output = github(&all);
    quiet(&output);
    let commands: Vec<Command> = output.lines().map(Command::read).collect();
    assert_eq!(commands.iter().map(|command| command.name.as_str()).collect::<Vec<_>>(), ["error", "warning"]);
    let error = &commands[0];
    assert_eq!(error.property("file"), Some(harmless(&slashed(&format!("p/{text}"))).as_str()));
    assert_eq!(error.property("title"), Some("R101"));
    assert!(error.message.starts_with(&expected), "{}", error.message);
    assert_eq!(error.message.lines().count(), 4);

    let output = junit(&all);
    quiet(&output);
    let elements = xml(&output);
    let names: Vec<&str> = elements.iter().map(|element| element.name.as_str()).collect();
    assert_eq!(names, ["testsuites", "testsuite", "testcase", "failure", "system-out", "testcase"]);
    // The two characters that are harmless and that XML has no place for.
    let written = |text: &str| text.replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}");
    assert_eq!(elements[2].attributes["name"], written(&shown));
    assert!(elements[3].text.contains(&written(&format!("error[R101]: {shown}\n  help: {shown}\n"))));
    assert!(elements[4].text.starts_with(&written(&format!("warning[R102]: {shown}\n"))));
}

/// Nothing is left that a terminal, or whoever reads a log, could be deceived by.
fn quiet(output: &str) {
    let bad: Vec<char> = output.chars().filter(|c| *c != '\n' && deceives(*c)).collect();
    assert!(bad.is_empty(), "{bad:?} in\n{output}");
}

fn read_json(output: &str) -> Value {
    quiet(output);
    serde_json::from_str(output).unwrap()
}

static OUR_SHAPE: LazyLock<Validator> = LazyLock::new(|| validator(DIAGNOSTICS_SCHEMA));
static SARIF_PARTS: LazyLock<Validator> =
    LazyLock::new(|| validator(include_str!("../../tests/fixtures/sarif-parts.schema.json")));

fn validator(schema: &str) -> Validator {
    jsonschema::options().offline().build(&serde_json::from_str(schema).unwrap()).unwrap()
}

fn valid(validator: &Validator, document: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

#[test]
fn hostile_texts_are_harmless_in_every_format() {
    for text in [
        "plain",
        "a\nb\r\nc\rd",
        "\n::error file=x,line=1::forged",
        "::set-output name=x::y",
        "%0A::error::forged %25 100%",
        "a:b,c=d::e;f",
        "]]><!--<failure>&lt;&amp;\"'</testcase>",
        "\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}2J\0\u{7f}",
        "abc\u{202e}fdp\u{2066}x\u{200f}\u{feff}\u{e0041}",
        "\u{fffe}\u{ffff}\u{fffd}",
        "{0} {{1}} {",
        "[click](https://example.com/) ![x](y)",
        "\"quotes\" 'and' `ticks` \\ \\u0041",
        "表 e\u{301} 👩\u{200d}👩\u{200d}👧",
    ] {
        check(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn so_is_any_other(text in any::<String>().prop_filter("a name", |text| !text.is_empty())) {
        check(&text);
    }

    #[test]
    fn so_is_what_looks_like_a_format(text in "(::|error|%0A|%25|,|=|:|\\n|<|>|&|\\]\\]>|\"|'|\\{|\\}|\\[|\\]\\(|/|\\.|x){1,20}") {
        check(&text);
    }
}

#[test]
fn github_is_told_of_what_it_will_not_show() {
    let mut sources = Sources::default();
    let file = sources.add("./f.yaml", "0123456789ab".into());
    let draft = |start, severity, message: &str| Draft {
        rule: "R101",
        severity,
        message: message.to_owned(),
        span: Some(Span { file, start, end: start + 1 }),
        pointer: String::new(),
        hint: None,
        related: Vec::new(),
    };
    let mut drafts = vec![draft(0, Severity::Warning, "w")];
    drafts.extend((1..12).map(|start| draft(start, Severity::Error, "e")));
    let collation = |drafts, cap| {
        Collation::new([(Pair { plan: "f".into(), environment: None }, Diagnostics::new(sources.clone(), drafts, cap))])
    };
    let output = github(&collation(drafts.clone(), 100));
    let names: Vec<String> = output.lines().map(|line| Command::read(line).name).collect();
    assert_eq!(names, [vec!["error"; 11], vec!["warning", "notice"]].concat());
    assert!(output.starts_with("::error file=f.yaml,line=1,endLine=1,col=2,endColumn=3,title=R101::e\n"), "{output}");
    assert!(output.contains("11 errors and 1 warning; GitHub shows 10 of each, and this step's log has the others\n"));
    let output = github(&collation(drafts.clone(), 9));
    assert!(output.contains("this step's log has the others but 3\n"), "{output}");
    drafts.truncate(3);
    assert_eq!(github(&collation(drafts, 100)).lines().count(), 3);
}

#[test]
fn a_place_over_several_lines_has_no_columns_at_github() {
    let output = github(&collation("a\nb"));
    assert!(output.starts_with("::error file=p/a b,line=1,endLine=2,title=R101::"), "{output}");
}

#[test]
fn fingerprints_do_not_change_when_lines_move_or_words_do() {
    let print = |before: &str, messages: &[&str]| {
        let mut sources = Sources::default();
        let file = sources.add("f.yaml", format!("{before}a: 1\nb: 2\n"));
        let drafts = messages.iter().enumerate().map(|(index, message)| Draft {
            rule: "R101",
            severity: Severity::Error,
            message: (*message).to_owned(),
            span: Some(Span { file, start: before.len() + index, end: before.len() + index + 1 }),
            pointer: "/a".to_owned(),
            hint: None,
            related: Vec::new(),
        });
        let found = Diagnostics::new(sources.clone(), drafts.collect(), 10);
        let log = read_json(&sarif(&Collation::new([(Pair { plan: "f".into(), environment: None }, found)]), RULES));
        let results = log["runs"][0]["results"].as_array().unwrap().clone();
        results.iter().map(|result| result["partialFingerprints"]["restorectl/v1"].to_string()).collect::<Vec<_>>()
    };
    let first = print("", &["one", "two"]);
    assert_eq!(first, print("# moved\n\n", &["eins", "zwei"]));
    assert_ne!(first[0], first[1], "two of a kind are told apart");
}

#[test]
fn nothing_found_is_a_document_too() {
    let empty = Collation::new([(Pair { plan: "a.yaml".into(), environment: None }, Diagnostics::default())]);
    valid(&OUR_SHAPE, &read_json(&json(&empty)));
    valid(&SARIF_PARTS, &read_json(&sarif(&empty, RULES)));
    assert_eq!(github(&empty), "");
    assert_eq!(xml(&junit(&empty)).len(), 3);
    assert_eq!(overview(&empty, Look::default()), "valid: 1 plan, no environment, 0 errors, 0 warnings\n");
}

#[test]
fn the_schema_refuses_another_shape() {
    let whole = read_json(&json(&collation("x")));
    assert!(OUR_SHAPE.is_valid(&whole));
    let spoil: [fn(&mut Value); 5] = [
        |document| document["version"] = 2.into(),
        |document| document["surprise"] = true.into(),
        |document| document["diagnostics"][0]["severity"] = "fatal".into(),
        |document| document["diagnostics"][0]["place"]["line"] = 0.into(),
        |document| document["pairs"][0].as_object_mut().map(|pair| pair.remove("errors")).map_or((), drop),
    ];
    for spoil in spoil {
        let mut document = whole.clone();
        spoil(&mut document);
        assert!(!OUR_SHAPE.is_valid(&document), "{document:#}");
    }
}
