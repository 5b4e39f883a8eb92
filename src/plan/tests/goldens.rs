//! The classic mistakes, as people see them. One golden for each, so that a change of wording is seen.

use super::*;
use crate::diagnostic::{Collation, Pair, github, json, junit, sarif};

golden!(
    unknown_and_missing_keys,
    alone(
        "version: 1\nname: test\ntarget: {stie: B}\nrestores:\n  - name: a\n    object: []\n    tabel: D.t\n    colour: red\n"
    )
);

golden!(
    wrong_kinds_and_values,
    alone(&plan_with(
        "  - name: a\n    objects: [{table: D.t}]\n    mode: copi\n    on_existing: yes\n    priority: '3'\n    deadline: 6 hours\n    options: {skip_statistics: yes}\n    after: model\n    job_name: 7\n"
    ))
);

golden!(
    keys_and_values_in_the_wrong_place,
    alone(
        "version: '1'\nname: test\nsource: {site: A, job: 1}\ntarget: {site: B}\nconcurrency: 2\nlimits:\nrestores:\n  - name: a\n    objects: [D.t]\n    rename_to: u\n  - name: b\n    objects:\n      -table: D.u\n  - name: c\n    objects:\n      - table: D.v\n        after: [a]\n"
    )
);

golden!(
    object_forms,
    alone(&plan_with(
        "  - name: a\n    objects:\n      - {table: D.t, view: D.v}\n      - {rename_to: x}\n      - {table: t}\n      - {database: X.D}\n      - {table: D.t u}\n      - {object: {type: TABEL, name: D.x}}\n      - {table: D.u, rename_to: E.u}\n      - {tabel: D.t}\n"
    ))
);

golden!(
    templates,
    with_inputs(
        "version: 1\nname: test\ninputs:\n  site: {type: string, default: A}\n  tables: {type: list, default: [x]}\nsource: {site: '{{site}}', job: 1}\ntarget: {site: '{{sitte}}'}\nrestores:\n  - name: a\n    objects:\n      - table: 'D.{{table'\n      - table: 'D.{{> partial}}'\n      - table: 'D.{{tables}}'\n      - table: '{{lookup tables 0}}'\n      - table: '{{#if nope}}D.t{{/if}}'\n      - table: '{{item}}'\n",
        &[]
    )
);

golden!(
    inputs,
    with_inputs(
        "version: 1\nname: test\ninputs:\n  site: {type: string}\n  count: {type: integer, default: many}\n  tier: {type: string, enum: [gold, silver]}\n  suffix: {type: string, pattern: '^_'}\n  index: {type: integer, default: 1}\n  spare: {type: string, default: x}\n  kind: {type: strin}\nsource: {site: '{{site}}', job: '{{count}}'}\ntarget: {site: '{{tier}}{{suffix}}{{kind}}'}\nrestores:\n  - {name: a, objects: [{table: D.t}]}\n",
        &[("tier", "glod"), ("suffix", "x"), ("sitte", "A"), ("tables", "[a]")]
    )
);

golden!(
    for_each_mistakes,
    with_inputs(
        "version: 1\nname: test\ninputs:\n  tables: {type: list}\nsource: {site: A, job: 1}\ntarget: {site: B}\nrestores:\n  - name: twins\n    for_each: [a b, A-B, '__', [x], {table: t}]\n    objects: [{table: 'D.{{item}}'}]\n  - name: given\n    for_each: '{{tables}}'\n    objects: [{table: 'D.{{item}}', rename_too: x}]\n  - name: fields\n    for_each: [{name: one, table: D.t}, {name: two, tabel: D.u}]\n    objects: [{table: '{{item.table}}'}]\n  - name: not-a-list\n    for_each: 'x{{tables.[0]}}'\n    objects: [{table: 'D.{{item}}'}]\n",
        &[("tables", "[ok, 'not ok', 'x.y.z']")]
    )
);

golden!(
    names_and_order,
    alone(
        &plan_with("  - {name: a, objects: [{table: D.a}], after: [c]}\n  - {name: b, objects: [{table: D.b}], after: [a]}\n  - {name: c, objects: [{table: D.c}], after: [b, nope, aa]}\n  - {name: d, objects: [{table: D.d}], after: [d]}\n  - {name: a, objects: [{table: D.e}], group: haevy}\n  - {name: Upper, objects: [{table: D.f}]}\n")
            .replace("deadline: 6h", "deadline: 6h, groups: {heavy: 1}")
    )
);

golden!(
    overlaps,
    alone(&plan_with(
        "  - {name: a, objects: [{table: D.t}]}\n  - {name: b, objects: [{table: d.T}]}\n  - {name: c, objects: [{table: D.T}], after: [b]}\n  - {name: whole, objects: [{database: D}], target: {site: B}, on_existing: replace}\n"
    ))
);

golden!(
    renames_and_modes,
    alone(&plan_with(
        "  - name: a\n    objects: [{table: D.t, rename_to: x}, {table: D.u, rename_to: X}, {view: D.v, rename_to: w}, {table: D.t}]\n  - {name: b, mode: restore, objects: [{table: D.t, rename_to: y}]}\n  - {name: c, objects: [{trigger: D.tr}, {view: D.w}, {object: {type: GLOP, name: D.g}, rename_to: h}], target: {database: E}}\n  - {name: d, objects: [{database: ADW}, {table: ADW.x}], target: {site: A}}\n  - {name: e, objects: [{table: D.z}], target: {database: SYSLIB}}\n  - {name: f, objects: [{table: D.q, exclude: [x]}]}\n"
    ))
);

golden!(
    executions_and_ids,
    alone(
        "version: 1\nname: test\nsource: {job: 1}\nrestores:\n  - {name: a, objects: [{table: D.t}]}\n  - {name: b, source: {site: A, execution: lastest}, target: {site: B}, objects: [{table: D.t}]}\n  - {name: c, source: {site: A, execution: {within: 30d, pick: random}}, target: {site: B}, objects: [{table: D.t}]}\n  - {name: d, source: {site: A/../x, execution: {before: yesterday}}, target: {site: B}, objects: [{table: D.t}]}\n  - {name: e, source: {site: A, execution: {before: 2026-11-01T00:00:00Z, within: 30d}}, target: {site: B}, objects: [{table: D.t}]}\n"
    )
);

golden!(
    nothing_selected,
    with_inputs(
        "version: 1\nname: test\ninputs: {tables: {type: list, default: []}}\nsource: {site: A, job: 1}\ntarget: {site: B}\nrestores:\n  - {name: a, for_each: '{{tables}}', objects: [{table: 'D.{{item}}'}]}\n",
        &[]
    )
);

golden!(
    checks_are_not_run,
    alone(&plan_with(
        "  - {name: a, objects: [{table: D.t}], checks: [{rows: {table: D.t, at_least: 1}}, {sql: {query: SELECT 1, expect: {equals: 1}}}, {command: {run: [./verify.sh], timeout: 5m}}]}\n  - {name: b, objects: [{table: D.u}], checks: [{rows: {table: D.u}}]}\n"
    ))
);

golden!(
    yaml_troubles,
    alone(
        "version: 1\nname: test\nname: again\nrestores:\n  - <<: {a: 1}\n    name: !!python/object x\n    priority: .nan\n    job_name: 007\n    objects: []\n"
    )
);

golden!(
    a_template_without_quotes,
    alone("version: 1\nname: test\nsource: {site: {{site}}, job: 1}\ntarget:\n  site: {{site}}_DR\n")
);

golden!(tabs, alone("version: 1\nrestores:\n\t- name: a\n"));

golden!(
    environment_and_plan_together,
    with_environment(
        "version: 1\nname: test\nsorce: {site: A, job: 1}\ntarget: {site: B}\nrestores:\n  - {name: a, objects: [{table: D.t}]}\n",
        "version: 1\nextends: base\nlimits: {concurrency: 0, poll_interval: fast}\ninputs: {site: '{{x}}'}\napi: {ulr: https://x}\nguard: {protected: yes}\n"
    )
);

golden!(
    literal_secrets_are_never_shown,
    with_environment(
        &plan_with("  - {name: a, objects: [{table: D.t}]}\n"),
        "version: 1\napi:\n  url: https://x\n  baerer: hunter2-typo\n  headers: {X-Key: hunter2-header, X-Two: {value: hunter2-field}, X-Three: {env: hunter2 name}}\n  restore_credentials: {user: u, password: hunter2-password, pasword: hunter2-twice}\n  bearer: {env: A, file: hunter2-file}\n  bearer: hunter2-again\n"
    )
);

golden!(
    literal_secrets_in_a_broken_file,
    with_environment(
        &plan_with("  - {name: a, objects: [{table: D.t}]}\n"),
        "version: 1\napi:\n  restore_credentials: {user: u, password: hunter2-password, x: y: z}\n"
    )
);

golden!(
    webhooks,
    with_environment(
        &plan_with("  - {name: a, objects: [{table: D.t}]}\n"),
        "version: 1\nwebhooks:\n  none: {}\n  both: {url: 'https://h.example.com/x', url_from: {env: A}}\n  plain: {url: 'http://h.example.com/x'}\n  query: {url: 'https://h.example.com/x?sig=hunter2'}\n  login: {url: 'https://u:hunter2@h.example.com/x'}\n  chat: {url: 'https://hooks.slack.com/services/T1/B2/hunter2'}\n  office: {url: 'https://corp.webhook.office.com/webhookb2/hunter2'}\n  literal: {url_from: 'https://hooks.slack.com/hunter2', signing_key: hunter2}\n  events: {url: 'https://h.example.com/x', events: [finished, missed]}\n  twice: {url: 'https://h.example.com/x', events: [started, started]}\n  nothing: {url: 'https://h.example.com/x', events: []}\n  late: {url: 'https://h.example.com/x', timeout: 5m}\n  ours: {url: 'https://h.example.com/x', headers: {x-restorectl-id: {env: A}, Authorization: {env: A}}, bearer: {env: B}}\n  typo: {urll: 'https://h.example.com/hunter2'}\n  a b: {url: 'https://h.example.com/x'}\n"
    )
);

golden!(
    webhooks_that_are_fine,
    with_environment(
        &plan_with("  - {name: a, objects: [{table: D.t}]}\n"),
        "version: 1\nwebhooks:\n  ops: {url_from: {env: A}, events: [finished]}\n  log: {url: 'http://127.0.0.1:9/x', timeout: 60s, headers: {X-A: {file: a}}, bearer: {env: B}, signing_key: {command: [k]}, ca_file: ca.pem}\n"
    )
);

#[test]
fn no_rendering_of_an_environment_shows_a_literal_secret() {
    let plan = plan_with("  - {name: a, objects: [{table: D.t}]}\n");
    for environment in [
        "version: 1\napi: {url: https://x, bearer: hunter2}\n",
        "version: 1\napi: {url: https://x, bearer: [hunter2]}\n",
        "version: 1\napi: {url: https://x, bearer: {envv: hunter2}}\n",
        "version: 1\napi: {url: https://x, bearer: |\n  hunter2\n  }\n",
        "version: 1\napi:\n  url: https://x\n  bearer: |\n    hunter2\n",
        "version: 1\napi:\n  url: https://x\n  bearer: >-\n    hunter2\n  bearer: &x hunter2\n",
        "version: 1\napi:\n  url: https://x\n  bearer: &x hunter2\n  headers: {A: *x}\n",
        "version: 1\napi:\n  headers:\n    A: \"hunter2\n",
        "version: 1\napi:\n  restore_credentials:\n    password: hunter2\n   user: x\n",
        "hunter2\n",
        "- hunter2\n",
        "version: 1\nbearer: hunter2\n",
        "version: 1\napi: hunter2\n",
        "version: 1\napi: {restore_credentials: hunter2}\n",
        "version: 1\napi: {headers: hunter2}\n",
        "version: 1\napi: {url: hunter2}\n",
        "version: 1\nextends: hunter2 x\n",
        "version: 1\napi: {bearer: !secret hunter2}\n",
        "version: 1\napi: {bearer: {env: 'hunter2{{x}}'}}\n",
    ] {
        let resolution = with_environment(&plan, environment);
        assert!(resolution.diagnostics.has_errors(), "{environment}");
        let shown = shown(&resolution);
        let pair = Pair { plan: "plan.yaml".into(), environment: None };
        let collation = Collation::new([(pair, resolution.diagnostics)]);
        let all = format!(
            "{shown}{}{}{}{}",
            json(&collation),
            sarif(&collation, &RULES),
            github(&collation),
            junit(&collation)
        );
        let expected = environment.contains("url: hunter2") || environment.contains("extends: hunter2");
        assert_eq!(all.contains("hunter2"), expected, "{environment}\n{all}");
    }
}
