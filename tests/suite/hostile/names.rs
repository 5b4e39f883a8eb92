//! Names and texts that would draw, hide, turn round or forge a line, if they were shown as they are. That nothing
//! shown can do so is checked of every run.

use super::{Desk, ONE, plan};

/// Escape sequences of both kinds, line breaks of all kinds, marks that turn the direction, letters of no width.
const NASTY: &str = "x\u{1b}[31m\u{9b}2J\u{1b}]0;title\u{7}\nerror[R999]: forged\r\u{202e}\u{2066}\u{200f}\u{61c}\u{200b}\u{2028}\u{feff}\u{e0041}`'\"y";

/// The same, as a text in double quotes.
fn quoted() -> String {
    let escape = |c: char| format!("\\U{:08x}", u32::from(c));
    format!("\"{}\"", NASTY.chars().map(escape).collect::<String>())
}

/// The same as it is, as far as YAML takes it: no control characters.
fn raw() -> String {
    format!("\"{}\"", NASTY.chars().filter(|c| !c.is_control() && !"`'\"".contains(*c)).collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_in_plans_are_shown_harmlessly() {
    let desk = Desk::new();
    for text in [quoted(), raw()] {
        for restore in [
            format!("  - {{name: {text}, objects: [{{table: D.t}}]}}\n"),
            format!("  - {{name: a, objects: [{{table: {text}}}]}}\n"),
            format!("  - {{name: a, objects: [{{table: D.t, rename_to: {text}, {text}: 1}}]}}\n"),
            format!(
                "  - {{name: a, objects: [{{table: D.t}}], {text}: 1, mode: {text}, after: [{text}], group: {text}}}\n"
            ),
            format!("  - {{name: a, for_each: [{text}, {text}], objects: [{{table: '{{{{item}}}}'}}]}}\n"),
            format!("  - {{name: a, objects: [{{table: D.t}}], job_name: {text}, deadline: {text}}}\n"),
            format!("  - {{name: a, objects: [{{object: {{type: {text}, name: D.t}}}}], after: [b]}}\n"),
            format!("  - {{name: a, source: {{site: {text}, execution: {text}}}, objects: [{{table: D.t}}]}}\n"),
        ] {
            desk.validate(plan(&restore)).await.code(2).says("error[R");
        }
        let inputs = format!(
            "inputs: {{a: {{type: string, default: {text}, enum: [{text}x], pattern: {text}}}, {text}: {{}}}}\n"
        );
        desk.validate(plan(ONE).replace("restores:", &format!("{inputs}restores:"))).await.code(2).says("error[R");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_resolves_is_rendered_harmlessly() {
    let desk = Desk::new();
    for text in [quoted(), raw()] {
        desk.write("plan.yaml", plan(ONE).replace("restores:", &format!("description: {text}\nrestores:")));
        let rendered = desk.run(&["render", "plan.yaml"]).await.code(0).stdout;
        desk.write("again.yaml", &rendered);
        assert_eq!(desk.run(&["render", "again.yaml"]).await.code(0).stdout, rendered);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_in_environments_and_on_the_command_line_are_shown_harmlessly() {
    let desk = Desk::new();
    desk.write("plan.yaml", plan(ONE));
    let text = quoted();
    desk.write("environment.yaml", format!("version: 1\nextends: {text}\n{text}: 1\nguard: {{{text}: {text}}}\n"));
    desk.run(&["validate", "plan.yaml", "--env", "environment.yaml"]).await.code(2).says("error[R");
    desk.run(&["validate", "plan.yaml", "--env", NASTY]).await;
    desk.run(&["validate", "plan.yaml", "--input", &format!("{NASTY}={NASTY}")]).await.code(2).says("error[R203]");
    desk.run(&["validate", "plan.yaml", "--input", NASTY]).await.code(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_files_are_shown_harmlessly() {
    let desk = Desk::new();
    for (content, code) in [("a: [", 2), (plan(ONE).as_str(), 0)] {
        let name = format!("{NASTY}.yaml");
        desk.write(&name, content);
        desk.run(&["validate", &name]).await.code(code);
        desk.run(&["validate", "."]).await.code(code);
        desk.run(&["render", &name]).await.code(code);
        desk.write("plan.yaml", plan(ONE));
        desk.run(&["validate", "plan.yaml", "--env", &name]).await.code(2);
        std::fs::remove_file(desk.path("plan.yaml")).unwrap();
    }
    desk.run(&["validate", &format!("{NASTY}/missing.yaml")]).await;
    desk.run(&["render", &format!("{NASTY}.missing")]).await.code(1);
}
