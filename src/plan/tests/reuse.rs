//! What plans share, and what somebody allowed.

use super::*;
use crate::model::OnExisting;

/// Resolves `plans/p.yaml` in a folder of these files.
fn among(files: &[(&str, &str)]) -> Resolution {
    let mut read = |path: &str, _: Option<&Path>| match files.iter().find(|(name, _)| *name == path) {
        Some((_, text)) => Ok(text.as_bytes().to_vec()),
        None => Err("no such file".to_owned()),
    };
    let environment = files.iter().map(|(name, _)| *name).find(|name| name.starts_with("plans/environments/"));
    Workspace::new(LoaderLimits::default(), NOW, &mut read).resolve("plans/p.yaml", environment, &[])
}

fn names(resolution: &Resolution) -> Vec<String> {
    let plan = resolution.plan.as_ref().unwrap_or_else(|| panic!("{}", shown(resolution)));
    plan.items.iter().map(|item| item.name.to_string()).collect()
}

const COMMON: &str = "version: 1\nowner: data-platform\ninputs:\n  site: {type: string, default: A}\n  spare: {type: string, default: x}\nsource: {site: '{{site}}', job: 1}\ntarget: {site: B}\nlimits: {retries: 1, groups: {heavy: 1}}\ndefaults: {on_existing: replace, deadline: 1h, options: {skip_statistics: true}}\n";

#[test]
fn a_plan_lies_over_what_it_includes_key_by_key() {
    let resolution = among(&[
        (
            "plans/p.yaml",
            "version: 1\nname: p\ninclude: [_common.yaml, team/_more.yaml]\nlimits: {retries: 3}\ndefaults: {deadline: 2h}\nrestores:\n  - {name: own, objects: [{table: D.own}], options: {skip_join_or_hash_indexes: true}}\n",
        ),
        ("plans/_common.yaml", COMMON),
        (
            "plans/team/_more.yaml",
            "version: 1\ninclude: [../_common.yaml]\ntarget: {database: E}\nrestores:\n  - {name: more, objects: [{table: D.more}], on_existing: fail}\n",
        ),
    ]);
    assert_eq!(shown(&resolution), "", "nothing is said of the input `spare`, which another plan may use");
    assert_eq!(names(&resolution), ["more", "own"]);
    let plan = resolution.plan.unwrap();
    assert_eq!((plan.limits.retries, plan.limits.groups["heavy"]), (3, 1));
    assert_eq!(plan.purpose.owner.as_deref(), Some("data-platform"));
    let [more, own] = plan.items.as_slice() else { panic!() };
    assert_eq!((own.on_existing, own.deadline_ms.0), (OnExisting::Replace, 7_200_000));
    assert!(own.options.skip_statistics && own.options.skip_join_or_hash_indexes);
    assert_eq!(more.on_existing, OnExisting::Fail);
    assert_eq!(own.target.database.as_ref().unwrap().as_str(), "E");
    assert_eq!(more.origin.file, "plans/team/_more.yaml");
}

#[test]
fn a_mistake_is_where_it_is_written() {
    let resolution = among(&[
        (
            "plans/p.yaml",
            "version: 1\nname: p\ninclude: [_common.yaml]\nrestores:\n  - {name: a, objects: [{table: 'D.{{table}}'}]}\n",
        ),
        (
            "plans/_common.yaml",
            "version: 1\nname: x\nlimits: {retires: 1}\ninputs: {table: {type: string}}\nsource: {site: A, job: 'a b'}\ntarget: {site: B}\ndefaults: {mode: copi, source: {job: 2}}\n",
        ),
        ("plans/environments/e.yaml", "version: 1\ninputs: {table: 'a b'}\n"),
    ]);
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("included_mistakes", shown(&resolution));
    });
    let pointers: Vec<&str> = resolution.diagnostics.iter().map(|found| found.pointer.as_str()).collect();
    assert!(pointers.contains(&"/defaults/mode") && pointers.contains(&"/source/job"), "{pointers:?}");
}

#[test]
fn includes_stay_inside_and_end() {
    let plan = |include: &str| format!("version: 1\nname: p\ninclude: {include}\nrestores: []\n");
    for (files, words) in [
        (vec![("plans/p.yaml", plan("[../x.yaml]"))], "is outside of the folder `plans`"),
        (vec![("plans/p.yaml", plan("[/etc/passwd]"))], "is outside of the folder `plans`"),
        (vec![("plans/p.yaml", plan("['{{x}}.yaml']"))], "no templates are rendered in `include`"),
        (vec![("plans/p.yaml", plan("[_x.yaml]"))], "`plans/_x.yaml` can't be included: no such file"),
        (vec![("plans/p.yaml", plan("[p.yaml]"))], "circle: plans/p.yaml → plans/p.yaml"),
        (
            vec![
                ("plans/p.yaml", plan("[_x.yaml]")),
                ("plans/_x.yaml", "version: 1\ninclude: [./_y.yaml]\n".to_owned()),
                ("plans/_y.yaml", "version: 1\ninclude: [_x.yaml]\n".to_owned()),
            ],
            "circle: plans/p.yaml → plans/_x.yaml → plans/_y.yaml → plans/_x.yaml",
        ),
        (vec![("plans/p.yaml", plan("[_x.yaml]")), ("plans/_x.yaml", "a: [\n".to_owned())], "this `[` is never closed"),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let resolution = among(&files);
        assert!(resolution.plan.is_none());
        assert!(shown(&resolution).contains(words), "should say `{words}`:\n{}", shown(&resolution));
    }
}

#[test]
fn a_warning_can_be_allowed_with_a_reason_and_only_where_it_is() {
    let with = |comment: &str, below: &str| {
        alone(&plan_with(&format!(
            "  - name: a\n{below}    objects: [{{view: D.v}}] {comment}\n    target: {{database: E}}\n    on_existing: replace\n"
        )))
    };
    assert_eq!(rules(&with("", "")), ["R311"]);
    assert_eq!(rules(&with("# restorectl: allow R311 the views are rebuilt afterwards", "")), Vec::<&str>::new());
    let above = "    # restorectl: allow r311 the views are rebuilt\n    # afterwards\n\n";
    assert_eq!(rules(&with("", above)), Vec::<&str>::new());
    for (comment, rules_left, words) in [
        ("# restorectl: allow R311", vec!["R006", "R311"], "why `R311` is allowed isn't said"),
        ("# restorectl: allow R311 R312 both", vec!["R006", "R311"], "one comment allows one rule"),
        ("# restorectl: allow R311 --", vec!["R006", "R311"], "why `R311` is allowed isn't said"),
        ("# restorctl: allow R311 x", vec!["R006", "R311"], "nearly one that allows a warning"),
        ("# Restorectl allow R311 x", vec!["R006", "R311"], "begin it with `# restorectl: allow`"),
        ("# restorectl: allow R3111 x", vec!["R006", "R311"], "there is no rule `R3111`"),
        ("# restorectl: deny R311 x", vec!["R006", "R311"], "`deny` is nothing that a comment can ask for"),
        ("# restorectl: allow R312 x", vec!["R007", "R311"], "there is no warning `R312` here to allow"),
    ] {
        let resolution = with(comment, "");
        let mut found = rules(&resolution);
        found.sort_unstable();
        assert_eq!(found, rules_left, "{comment}");
        assert!(shown(&resolution).contains(words), "{}", shown(&resolution));
    }
    let error = alone(&plan_with("  - {name: a, objects: [{table: D}]} # restorectl: allow R320 x\n"));
    assert_eq!(rules(&error), ["R320", "R006"]);
    // A text is no comment; as a job name it is odd.
    let text = alone(&plan_with("  - {name: a, objects: [{table: D.t}], job_name: '# restorectl: allow R1 x'}\n"));
    assert_eq!(rules(&text), ["R351"]);
}

#[test]
fn a_file_is_read_once_for_all_environments() {
    let mut count = 0;
    let mut read = |path: &str, _: Option<&Path>| {
        count += 1;
        match path {
            "plans/p.yaml" => {
                Ok(b"version: 1\nname: p\ninclude: [_c.yaml]\nrestores:\n  - {name: a, objects: [{table: D.t}]}\n"
                    .to_vec())
            }
            "plans/_c.yaml" => Ok(COMMON.as_bytes().to_vec()),
            _ => Ok(b"version: 1\nextends: base\n".to_vec()),
        }
    };
    let mut workspace = Workspace::new(LoaderLimits::default(), NOW, &mut read);
    for environment in ["e/a.yaml", "e/b.yaml", "e/a.yaml"] {
        let found = workspace.resolve("plans/p.yaml", Some(environment), &[]);
        assert_eq!(rules(&found), ["R220"], "{}", shown(&found));
    }
    drop(workspace);
    // The plan, what it includes, two environments with a base each, which extends itself.
    assert_eq!(count, 6);
}

proptest::proptest! {
    #[test]
    fn in_pieces_and_as_one_a_plan_is_the_same(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "  - {name: a%, objects: [{table: D.t%}]}\n",
            "  - name: b%\n    objects:\n      - table: D.u%\n",
            "  # a comment\n\n",
            "  - name: c%\n    objects: [{table: 'D.{{x}}%'}]\n    on_existing: |-\n      fail\n",
            "  - name: d%\n    objects: &x%\n      - table: \"D.\n  - y\"\n",
            "  - name: e%\n    objects: *x\n",
            "  - name: f%\n    objects: [{tabel: D.f}]\n    colour: red\n",
            "  - name: g%\n    name: g\n    priority: .nan\n",
            "  -\n    name: h%\n    for_each: [p, q]\n    objects: [{table: 'D.h%{{item}}'}]\n",
            "  - just text\n",
            "    odd: indentation\n",
            "  - {name: i%, objects: [{table: D.i%}],\n  after: [a0]}\n",
        ]), 0..8),
        tail in proptest::sample::select(vec!["", "limits: {concurrency: 2}\n", "limits: {retires: 2}\n", "name: twice\n", "x: [\n", "owner: *x\n"]),
    ) {
        let restores: String = parts.iter().enumerate().map(|(n, part)| part.replace('%', &n.to_string())).collect();
        let text = format!("version: 1\nname: test\ninputs: {{x: {{type: string, default: t}}}}\nsource: {{site: A, job: 1}}\ntarget: {{site: B}}\nrestores:\n{restores}{tail}");
        let one = resolved_with(&text, usize::MAX);
        let pieces = resolved_with(&text, 0);
        proptest::prop_assert_eq!(shown(&pieces), shown(&one), "{}", text);
        proptest::prop_assert_eq!(pieces.plan, one.plan, "{}", text);
    }
}

/// Resolves a plan that is cut from so many bytes on.
fn resolved_with(text: &str, piece_from_bytes: usize) -> Resolution {
    let plan = file("plan.yaml", text);
    let limits = LoaderLimits { piece_from_bytes, ..LoaderLimits::default() };
    resolve(Request { plan: &plan, environment: None, inputs: &[], now: NOW, limits }, &mut no_files)
}
