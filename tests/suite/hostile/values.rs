//! What would be valid, if it were not so much.

use super::{Desk, HEAD, ONE, numbered, plan, restores};

/// Plans with very many mistakes, each with words that tell of them.
fn very_wrong() -> Vec<(&'static str, String, &'static str)> {
    let names = |prefix: &str, count: usize| numbered(count, |n| format!("{prefix}{n}"), ", ");
    vec![
        ("wrong keys", restores(500, |n| format!("name: a{n}, objects: [{{table: D.t{n}}}], {}", numbered(40, |k| format!("k{k}: 1"), ", "))), "there is no key"),
        ("objects that are none", plan(&format!("  - {{name: a, objects: [{}]}}\n", "1,".repeat(10_000))), "this must be"),
        ("objects of no kind", plan(&format!("  - {{name: a, objects: [{}]}}\n", "{tabel: D.t},".repeat(4000))), "there is no key `tabel`"),
        ("names that nobody has", restores(1000, |n| format!("name: r{n}, objects: [{{table: D.t{n}}}], after: [{}]", names(&format!("nobody-{n}-"), 8))), "no restore is named"),
        ("very many names in one list", plan(&format!("  - {{name: a, objects: [{{table: D.t}}], after: [{}]}}\n", names("n", 20_000))), "no restore is named"),
        ("a circle of a thousand", restores(1000, |n| format!("name: r{n}, objects: [{{table: D.t{n}}}], after: [r{}]", (n + 1) % 1000)), "wait for each other"),
        ("one name for all", restores(1000, |n| format!("name: a, objects: [{{table: D.t{n}}}]")), "two restores are named `a`"),
        ("templates of nothing", restores(1000, |n| format!("name: r{n}, objects: [{{table: 'D.{{{{nobody{n}}}}}'}}]")), "nothing here is named"),
        ("groups that nobody declares", plan("").replace("restores:", &format!("limits: {{groups: {{{}}}}}\nrestores:", numbered(1000, |n| format!("group{n}: 1"), ", "))) + &numbered(500, |n| format!("  - {{name: r{n}, objects: [{{table: D.t{n}}}], group: gruop{n}}}\n"), ""), "isn't declared"),
        ("elements that give one name", plan(&format!("  - {{name: a, for_each: [{}], objects: [{{table: 'D.t{{{{item}}}}'}}]}}\n", "x,".repeat(20_000))), "both give a restore"),
        ("elements without end", plan(&format!("  - {{name: a, for_each: [{}], objects: [{{table: 'D.t{{{{item}}}}'}}]}}\n", names("", 20_000))), "more than 10000 restores"),
        ("objects that stand twice", plan(&format!("  - {{name: a, objects: [{}]}}\n", "{table: D.t},".repeat(4000))), "stands twice"),
        ("inputs without a value", plan("").replace("restores:", &format!("inputs: {{{}}}\nrestores:", numbered(1000, |n| format!("i{n}: {{type: string}}"), ", "))), "has no value"),
        ("patterns that explode", plan("").replace("restores:", "inputs: {a: {type: string, default: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab, pattern: '^(a|a?)+$'}, b: {type: string, default: a, pattern: '((a{0,1000}){0,1000}){0,1000}'}}\nrestores:"), "doesn't match its pattern"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn very_many_mistakes_are_told_briefly() {
    let desk = Desk::new();
    for (name, content, words) in very_wrong() {
        println!("{name}");
        desk.validate(content).await.code(2).says(words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_that_grow_are_stopped() {
    let desk = Desk::new();
    let list = vec!["abcdefghij"; 4000].join(", ");
    let head = format!(
        "{HEAD}inputs:\n  s: {{type: string, default: {}}}\n  l: {{type: list, default: [{list}]}}\nrestores:\n",
        "x".repeat(100_000)
    );
    let with = |template: &str, count: usize| {
        let one = |n: usize| {
            format!(
                "  - {{name: r{n}, objects: [{{table: 'D.t{n}'}}], checks: [{{sql: {{query: '{template}', expect: {{equals: {n}}}}}}}]}}\n"
            )
        };
        format!("{head}{}", numbered(count, one, ""))
    };
    let nested = format!("{}x{}", "{{#if s}}".repeat(100), "{{/if}}".repeat(100));
    let brackets = format!("{{{{len {}s{}}}}}", "(len ".repeat(1000), ")".repeat(1000));
    for (name, content, words) in [
        ("a text for every element", with("{{#each l}}{{../s}}{{/each}}", 20), "more than 1048576 bytes"),
        ("lists in lists", with("{{#each l}}{{#each ../l}}x{{/each}}{{/each}}", 20), "inside each other"),
        ("blocks in blocks", with(&nested, 20), "R003"),
        ("brackets in brackets", with(&brackets, 20), "R003"),
        ("a template of many words", with(&"{{s}}".repeat(5000), 20), "R003"),
        ("texts that are much together", with("{{s}}{{s}}{{s}}{{s}}", 400), "come to too much"),
        (
            "values that are much together",
            with("{{s}}", 20).replace("checks:", "after: '{{l}}', checks:"),
            "no restore is named",
        ),
    ] {
        println!("{name}");
        desk.validate(content).await.code(2).says(words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_that_come_to_too_much_are_not_made() {
    let desk = Desk::new();
    let elements = numbered(5000, |n| n.to_string(), ", ");
    let each = |more: &str| {
        plan(&format!("  - {{name: a, for_each: [{elements}], objects: [{{table: 'D.t{{{{item}}}}'}}], {more}}}\n"))
    };
    let checks = format!("checks: [{}]", "{rows: {table: D.t, at_least: 1}},".repeat(500));
    let text = format!("checks: [{{sql: {{query: '{}', expect: {{equals: 1}}}}}}]", "x".repeat(100_000));
    let many = restores(5000, |n| format!("name: r{n}, objects: [{{table: D.t{n}}}]"));
    let under = |defaults: &str| many.replace("restores:", &format!("defaults: {{{defaults}}}\nrestores:"));
    for (name, content) in [
        ("a long text for every element", each(&text)),
        ("a long list for every element", each(&checks)),
        ("a long text under every restore", under(&text)),
        ("a long list under every restore", under(&checks)),
        ("a long name of a site", many.replace("site: A", &format!("site: {}", "A".repeat(100_000)))),
    ] {
        println!("{name}");
        desk.validate(content).await.code(2).says("come to too much");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_much_and_right_is_taken() {
    let desk = Desk::new();
    let json = numbered(500, |n| format!("{{\"name\": \"r{n}\", \"objects\": [{{\"table\": \"D.t{n}\"}}]}}"), ", ");
    let one_line = format!(
        "{{\"version\": 1, \"name\": \"test\", \"source\": {{\"site\": \"A\", \"job\": 1}}, \"target\": {{\"site\": \"B\"}}, \"restores\": [{json}]}}"
    );
    let deep = format!("{}1{}", "{a: ".repeat(100), "}".repeat(100));
    for (name, content, words) in [
        ("one long line", one_line, "valid"),
        (
            "restores that all write one table",
            restores(300, |n| format!("name: r{n}, objects: [{{table: D.t}}]")),
            "no order between them",
        ),
        (
            "restores that wait for all before them",
            restores(100, |n| {
                format!("name: r{n}, objects: [{{table: D.t{n}}}], after: [{}]", numbered(n, |k| format!("r{k}"), ", "))
            }),
            "valid",
        ),
        (
            "an input that is deep",
            plan("  - {name: a, objects: [{table: 'D.{{len m}}'}]}\n")
                .replace("restores:", &format!("inputs: {{m: {{type: map, default: {deep}}}}}\nrestores:")),
            "valid",
        ),
    ] {
        println!("{name}");
        let ran = desk.validate(content).await.says(words);
        println!("{:?}", ran.code);
    }
    desk.write(
        "plan.yaml",
        plan("  - {name: a, objects: [{table: 'D.t'}], checks: [{sql: {query: '{{s}}', expect: {equals: 1}}}]}\n")
            .replace("restores:", "inputs: {s: {type: string}}\nrestores:"),
    );
    let text = format!("s={}", "é".repeat(60_000));
    desk.run(&["validate", "plan.yaml", "--input", &text]).await.code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_in_a_row_are_looked_at_once() {
    let comments = "# restorectl: allow R311 because\n".repeat(100_000);
    Desk::new().validate(plan(ONE) + &comments).await.code(0).says("there is no warning `R311` here to allow");
}
