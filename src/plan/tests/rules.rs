//! The rules beyond the schema: what people see of them, and what they leave alone.

use super::*;

/// A plan within one site, with restores that each stand on a line.
fn at_home(restores: &[&str]) -> String {
    let list: String = restores.iter().map(|restore| format!("  - {{{restore}}}\n")).collect();
    format!(
        "version: 1\nname: test\nsource: {{site: A, job: 1}}\ntarget: {{site: A}}\nlimits: {{deadline: 6h}}\nrestores:\n{list}"
    )
}

/// The same to another site.
fn abroad(restores: &[&str]) -> String {
    at_home(restores).replace("\ntarget: {site: A}", "\ntarget: {site: B}")
}

golden!(
    object_names,
    alone(&abroad(&[
        "name: unquoted, objects: [{table: my-db.t}, {table: D.t@x}, {table: D.2024_sales}, {table: D.my table}]",
        "name: other-quotes, objects: [{table: '[my db].[t]'}, {table: '`D`.t'}, {table: \"'D'.t\"}, {table: '“my db”.t'}]",
        "name: quotes, objects: [{table: '\"my db.t'}, {table: '\"D\"t'}, {table: '\"\".t'}, {table: 'U&\"D\\00e4\".t'}]",
        "name: wildcards, objects: [{table: ADW.*}, {table: 'ADW.sales%'}, {database: '*'}]",
        "name: parts, objects: [{table: A.B.t}, {table: .t}, {table: D.}, {table: ''}]",
        "name: white-space, objects: [{table: ' D.t'}, {table: \"D.t\\n\"}, {table: '\"D\".\"t \"'}, {table: 'D．t'}]",
        "name: characters, objects: [{table: \"D.\\\"a\\tb\\\"\"}, {table: \"D.t\\uFFFD\"}, {table: \"D.t\\u200b\"}]",
        "name: lookalikes, objects: [{table: ＡＤＷ.t}, {table: \"D.\\\"a\\u00a0b\\\"\"}, {table: 'D.\" t\"'}]",
        "name: bare, objects: [{table: D.t, rename_to: E.u}, {database: D, exclude: [D.x]}], target: {database: E.u}",
    ]))
);

golden!(
    overlaps_in_order,
    alone(&abroad(&[
        "name: a, objects: [{table: D.t}]",
        "name: b, objects: [{table: E.t, rename_to: T}], target: {database: d}, after: [a]",
        "name: mid, objects: [{table: F.t}], after: [a]",
        "name: c, objects: [{table: D.t}], after: [mid, b], on_existing: replace",
        "name: whole, objects: [{database: D}], after: [c], on_existing: replace",
        "name: user, objects: [{user: D}], after: [whole], on_existing: replace",
    ]))
);

golden!(
    overlaps_of_elements,
    alone(&abroad(&[
        "name: a, for_each: [1, 2, 3], objects: [{table: 'D{{item}}.t'}], target: {database: E}",
        "name: b, for_each: [x, y], objects: [{table: 'D.{{item}}'}]",
        "name: c, objects: [{database: D}], on_existing: replace",
    ]))
);

golden!(
    over_itself,
    alone(&at_home(&[
        "name: a, objects: [{table: D.a}]",
        "name: b, objects: [{view: D.b}], on_existing: fail",
        "name: c, objects: [{table: D.c}], on_existing: skip",
        "name: d, objects: [{table: D.d, rename_to: D}]",
        "name: e, objects: [{table: D.e}], target: {database: d}, on_existing: replace",
        "name: f, objects: [{database: F}]",
        "name: g, objects: [{database: G}], target: {database: G2}",
        "name: h, objects: [{database: H}], target: {database: H2}, on_existing: skip",
        "name: i, objects: [{table: D.i, rename_to: I}], target: {database: E}",
    ]))
);

golden!(
    whole_databases,
    alone(&at_home(&[
        "name: a, objects: [{database: A}], mode: copy, on_existing: replace",
        "name: b, objects: [{database: B, rename_to: B2}]",
        "name: c, objects: [{database: C, rename_to: C2}], options: {skip_join_or_hash_indexes: true}",
        "name: d, objects: [{database: D, rename_to: D2}], target: {database: D3}, on_existing: replace",
        "name: e, objects: [{database: E, exclude: [x, X]}, {table: E.x}, {table: E.y}], on_existing: replace",
        "name: f, objects: [{database: F, include_all: false}, {table: F.x}], on_existing: replace",
        "name: g, objects: [{database: G, include_all: false}, {table: D.g, include_all: false}], on_existing: replace",
        "name: h, objects: [{database: H}, {table: D.h}], target: {database: H2}, on_existing: replace",
    ]))
);

golden!(
    indexes_and_code,
    alone(&at_home(&[
        "name: a, objects: [{table: D.t}, {join_index: D.j}, {hash_index: D.h}], target: {database: E}",
        "name: b, objects: [{join_index: D.k, rename_to: l}, {trigger: D.m, rename_to: n}, {jar: D.o, rename_to: p}]",
        "name: c, objects: [{join_index: D.q}], options: {skip_join_or_hash_indexes: true}, on_existing: replace",
        "name: d, objects: [{macro: D.r}, {external_procedure: D.s}], target: {database: E}",
    ]))
);

golden!(
    reserved_databases,
    alone(&at_home(&[
        "name: a, objects: [{database: DBC}], on_existing: replace",
        "name: b, objects: [{database: B, rename_to: sysLib}]",
        "name: c, objects: [{table: D.t}], target: {database: crashdumps}",
        "name: d, objects: [{standard_function: TD_SYSFNLIB.f}], on_existing: replace, allow_reserved: true",
        "name: e, objects: [{table: D.u, rename_to: v}], allow_reserved: true",
        "name: f, objects: [{table: D.w, rename_to: dbc}], allow_reserved: maybe",
    ]))
);

golden!(
    onto_what_is_known_to_be_there,
    alone(&at_home(&[
        "name: a, objects: [{table: D.a, rename_to: b}, {table: D.b, rename_to: c}]",
        "name: d, objects: [{table: E.B}], target: {database: D}, after: [a]",
        "name: e, objects: [{table: F.e, rename_to: E}], target: {database: G}",
        "name: g, objects: [{table: G.e}], target: {database: H}",
    ]))
);

golden!(
    deadlines_and_objectives,
    with_environment(
        &format!(
            "{}objectives: {{rto: 4h, rpo: 26h}}\n",
            abroad(&[
                "name: a, objects: [{table: D.a}]",
                "name: b, objects: [{table: D.b}], deadline: 5h",
                "name: c, objects: [{table: D.c}], deadline: 20s",
                "name: d, objects: [{table: D.d}], deadline: 2h, source: {execution: {within: 7d, pick: oldest}}",
                "name: e, objects: [{table: D.e}], deadline: 2h, source: {execution: {within: 7d}}",
                "name: f, objects: [{table: D.f}], deadline: 2h, source: {execution: {before: 1926-11-01T00:00:00Z}}",
                "name: g, objects: [{table: D.g}], deadline: 2h, source: {execution: {before: 2226-11-01T00:00:00Z}}",
                "name: h, objects: [{table: D.h}], deadline: 2h, source: {execution: 0}",
            ])
        ),
        "version: 1\nlimits: {deadline: 8h, poll_interval: 30s}\n"
    )
);

golden!(
    said_to_no_effect,
    with_environment(
        "version: 1\nname: test\ninputs:\n  none: {type: list}\n  tags: {type: list, default: [x]}\n  tag: {type: string, default: y}\nsource: {site: A, job: 1}\ntarget: {site: B, database: E}\nlimits: {deadline: 1h, groups: {heavy: 1, light: 2}}\nrestores:\n  - {name: a, for_each: '{{none}}', objects: [{table: 'D.{{item}}'}], target: {database: F}}\n  - {name: b, objects: [{table: D.b}], target: {database: F}, group: heavy}\n  - {name: c, objects: [{table: D.c}], target: {site: b, database: F}, after: [b, a, b], job_name: '{{#each tags as |tag|}}{{tag}}{{/each}}-{{tag}}'}\n",
        "version: 1\ninputs: {none: []}\nlimits: {groups: {of-others: 1}}\n"
    )
);

golden!(
    job_names,
    alone(&abroad(&[
        "name: a, objects: [{table: D.a}], job_name: test_a_4d90123456789_1_2",
        "name: b, objects: [{table: D.b}], job_name: nightly copy",
        "name: c, objects: [{table: D.c}], job_name: 7days",
        "name: d, objects: [{table: D.d}], job_name: bank/d",
        "name: e, objects: [{table: D.e}], job_name: nightly_nightly_nightly_nightly_nightly_nightly_nightly_nightly_nightly",
        "name: f, for_each: [1, 2], objects: [{table: 'D.f{{item}}'}], job_name: same",
    ]))
);

golden!(
    checks_that_say_nothing,
    alone(&abroad(&[
        "name: a, objects: [{table: D.a}, {table: D.b}], target: {database: E}, checks: [{rows: {table: D.a, at_least: 1}}, {rows: {table: E.c, equals: 1}}, {rows: {table: b, at_least: 1}}, {rows: {table: E.B, at_most: 9}}]",
        "name: f, objects: [{database: F}], on_existing: replace, checks: [{rows: {table: F.any, at_least: 1}}, {rows: {table: G.any, at_least: 1}}, {rows: {table: my-db.x, at_least: 1}}]",
        "name: g, objects: [{table: D.g}], checks: [{rows: {table: D.g, at_least: 2, at_most: 1}}, {rows: {table: D.g, equals: 5, at_most: 4}}, {rows: {table: D.g, equals: 5, at_least: 4}}, {rows: {table: D.g, at_least: 0}}, {sql: {query: SELECT 1, expect: {at_least: 3, at_most: 2}}}]",
    ]))
);

#[test]
fn what_is_in_order_and_apart_is_left_alone() {
    for plan in [
        // Through a chain, and beside one another.
        at_home(&[
            "name: a, objects: [{database: D}], on_existing: replace",
            "name: b, objects: [{table: E.t}], target: {database: F}, after: [a]",
            "name: c, objects: [{table: D.t}], on_existing: replace, after: [b]",
        ]),
        abroad(&["name: a, objects: [{table: D.t}]", "name: b, objects: [{table: D.u}]"]),
        // The same name at two sites, and in two databases.
        abroad(&["name: a, objects: [{table: D.t}]", "name: b, objects: [{table: D.t}], target: {site: C}"]),
        abroad(&["name: a, objects: [{table: D.t}]", "name: b, objects: [{table: D.t}], target: {database: E}"]),
        // What the database leaves out isn't touched by it, whichever comes first.
        at_home(&[
            "name: a, objects: [{database: D, exclude: [T]}], on_existing: replace",
            "name: b, objects: [{table: D.t}], on_existing: replace",
        ]),
        // A database that an earlier restore makes.
        at_home(&[
            "name: a, objects: [{database: D}], on_existing: fail",
            "name: b, objects: [{table: D.t}], after: [a]",
        ]),
        // Said, so nobody needs to ask.
        at_home(&["name: a, objects: [{database: D}], on_existing: fail"]),
        at_home(&["name: a, objects: [{database: D}], on_existing: skip"]),
        at_home(&["name: a, objects: [{table: D.t}], on_existing: replace"]),
        // Indexes at home, or under their names at another site; code where its references lead home.
        at_home(&["name: a, objects: [{join_index: D.j}], on_existing: replace"]),
        abroad(&["name: a, objects: [{join_index: D.j}]"]),
        abroad(&["name: a, objects: [{view: D.v}, {macro: D.m}, {jar: D.j}, {standard_function: D.f}]"]),
    ] {
        assert_eq!(shown(&alone(&plan)), "", "{plan}");
    }
}

/// The table of types: what may be renamed on its own, and what may go into another database.
#[test]
fn each_type_may_do_what_the_table_of_types_says() {
    let errors = |object: &str, more: &str| -> Vec<&'static str> {
        let resolution = alone(&at_home(&[&format!("name: a, objects: [{{{object}}}], on_existing: replace{more}")]));
        let errors = resolution.diagnostics.iter().filter(|found| found.severity == crate::diagnostic::Severity::Error);
        errors.map(|found| found.rule).collect()
    };
    let none: [&str; 0] = [];
    for key in model::ObjectType::keys() {
        let whole = matches!(key, "database" | "user");
        let name = if whole { "D" } else { "D.x" };
        let (index, trigger) = (matches!(key, "join_index" | "hash_index"), key == "trigger");
        let object = format!("{key}: {name}");
        assert_eq!(errors(&object, ""), none, "{key} restored over itself");
        assert_eq!(
            errors(&object, ", mode: copy"),
            if trigger { vec!["R310"] } else { vec![] },
            "{key} copied over itself"
        );
        assert_eq!(
            errors(&object, ", target: {site: B}"),
            if trigger { vec!["R310"] } else { vec![] },
            "{key} copied to another site"
        );
        let moved = match (index, trigger) {
            (true, _) => vec!["R334"],
            (_, true) => vec!["R310"],
            _ => vec![],
        };
        assert_eq!(errors(&object, ", target: {database: E}"), moved, "{key} into another database");
        let renamed = match key {
            "database" | "user" | "table" | "queue_table" => vec![],
            "trigger" => vec!["R310", "R306"],
            _ => vec!["R306"],
        };
        assert_eq!(errors(&format!("{object}, rename_to: y"), ""), renamed, "{key} renamed");
    }
}

#[test]
fn what_the_plan_says_for_all_restores_is_reported_there_and_once() {
    let text = abroad(&["name: a, objects: [{table: D.t}]", "name: b, objects: [{table: D.u}]"]);
    for (from, to, rule, pointer) in [
        ("{site: B}", "{site: B, database: SYSLIB}", "R309", "/target/database"),
        ("{site: B}", "{site: B, database: my-db}", "R320", "/target/database"),
        ("{site: A, job: 1}", "{site: A, job: 1/2}", "R106", "/source/job"),
        (
            "{site: A, job: 1}",
            "{site: A, job: 1, execution: {before: 1926-11-01T00:00:00Z}}",
            "R344",
            "/source/execution/before",
        ),
    ] {
        let resolution = alone(&text.replace(from, to));
        let found: Vec<_> = resolution.diagnostics.iter().map(|found| (found.rule, found.pointer.as_str())).collect();
        assert_eq!(found, [(rule, pointer)], "{}", shown(&resolution));
    }
}

/// However the `after` lists are knotted, the rule ends, and says so where it can't tell.
#[test]
fn entangled_orders_end() {
    let list = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let layer = |name: &str, after: &str| {
        format!(
            "name: {name}, for_each: [{}], objects: [{{table: '{name}.t{{{{item}}}}'}}], target: {{database: X}}{after}",
            list(40)
        )
    };
    let text = abroad(&[
        &layer("a", ""),
        "name: m, objects: [{table: M.t}], after: [a]",
        &layer("b", ", after: [m]"),
        "name: n, objects: [{table: N.t}], after: [b]",
        &layer("c", ", after: [n], on_existing: replace"),
    ]);
    let resolution = alone(&text);
    let found: Vec<_> = resolution.diagnostics.iter().map(|found| found.rule).collect();
    assert_eq!(found, ["R333", "R333"], "{}", shown(&resolution));
}

#[test]
fn weights_fit_their_groups_and_count_somewhere() {
    let heavy = "name: a, objects: [{table: D.a}], group: heavy";
    let light = "name: b, objects: [{table: D.b}]";
    let with = |more: &str, restores: &[&str]| {
        abroad(restores)
            .replace("limits: {deadline: 6h}\n", &format!("limits: {{deadline: 6h, groups: {{heavy: 3}}}}\n{more}"))
    };
    // A weight for all is of use as soon as one of them is in a group.
    let shared = "defaults: {weight: 3}\n";
    assert_eq!(rules(&alone(&with(shared, &[heavy, light]))), Vec::<&str>::new());
    let one = format!("{light}, weight: 2");
    assert_eq!(rules(&alone(&with("", &[heavy, &one]))), ["R358"]);
    let even = format!("{light}, weight: 1");
    assert_eq!(rules(&alone(&with("", &[heavy, &even]))), Vec::<&str>::new(), "it says what is so anyway");
    // What the environment says of the group counts.
    let environment = "version: 1\nlimits: {groups: {heavy: 2}}\n";
    let found = with_environment(&with(shared, &[heavy, light]), environment);
    assert_eq!(rules(&found), ["R357"], "{}", shown(&found));
    assert!(
        shown(&found).contains("the weight 3 is more than the 2 that the group `heavy` holds"),
        "{}",
        shown(&found)
    );
}
