//! Field by field, stray by stray, digest by digest.

use std::collections::BTreeSet;

use restorectl::changeset::{
    Changeset, Choice, Comparison, Intention, LeftOut, changed_fields, decide_chosen, derived_name, strays,
};
use restorectl::engine::Left;
use restorectl::journal::RunState;
use restorectl::model::*;

use crate::drill::{decided, execution, item, plan, snapshot, start};

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

fn shows(snapshot: &mut Snapshot, name: &JobName, id: &str, status: &str) {
    let record = RestoreRecord {
        job_name: Some(name.clone()),
        execution_id: Some(id.into()),
        status: RestoreStatus(status.into()),
        end_time: (status != "RUNNING").then(start),
        ..RestoreRecord::default()
    };
    match snapshot.restores.get_mut(&SiteId::new("PROD")) {
        Some(Reading::Read(list)) => list.push(record),
        other => panic!("{other:?}"),
    }
}

#[test]
fn fields_are_told_one_by_one() {
    let of = |item: Item| {
        let plan = plan(vec![item]);
        decided(&plan, &snapshot(&plan), Guard::default(), false).items.remove(0)
    };
    let base = of(item("model", "t"));
    let name = |text: &str| ObjectName::bare(text).unwrap();
    type Change = fn(&mut Item, &dyn Fn(&str) -> ObjectName);
    type Told<'a> = (&'a str, Option<&'a str>, Option<&'a str>);
    let table: [(Change, &[Told<'_>]); 7] = [
        (|_, _| {}, &[]),
        (|item, name| item.objects[0].rename_to = Some(name("u")), &[("rename_to", None, Some("u"))]),
        (|item, name| item.objects[0].name = name("u"), &[("object", Some("TABLE BANK.t"), Some("TABLE BANK.u"))]),
        (|item, _| item.priority = 7, &[("priority", Some("0"), Some("7"))]),
        (
            |item, _| item.after = vec![Slug::parse("x").unwrap(), Slug::parse("y").unwrap()],
            &[("after", None, Some("x, y"))],
        ),
        (|item, _| item.on_existing = OnExisting::Replace, &[("on_existing", Some("fail"), Some("replace"))]),
        (
            |item, name| {
                let mut other = item.objects[0].clone();
                other.name = name("u");
                other.exclude = vec![name("v")];
                item.objects.push(other);
            },
            &[("object", None, Some("TABLE BANK.u"))],
        ),
    ];
    for (change, expected) in table {
        let mut other = item("model", "t");
        change(&mut other, &name);
        let mut now = base.clone();
        now.item = other;
        let found = changed_fields(&base, &now);
        let found: Vec<(&str, Option<&str>, Option<&str>)> = found
            .iter()
            .map(|change| (change.field.as_str(), change.before.as_deref(), change.after.as_deref()))
            .collect();
        assert_eq!(found, expected);
    }
    let mut newer = base.clone();
    newer.execution.as_mut().unwrap().id = ExecutionId::new("5003");
    assert_eq!(changed_fields(&base, &newer)[0].field, "execution");
    newer.execution = None;
    assert!(changed_fields(&base, &newer).is_empty(), "what could not be resolved is no change");
}

#[test]
fn restores_of_an_item_that_was_renamed_are_strays() {
    let plan = plan(vec![item("model", "t")]);
    let mut seen = snapshot(&plan);
    let named =
        |plan: &str, item: &str, attempt: u32| derived_name(&slug(plan), &slug(item), "4d90123456789", 1, attempt);
    shows(&mut seen, &named("drill", "model", 1), "1", "FAILED");
    shows(&mut seen, &named("other", "model", 1), "2", "FAILED");
    shows(&mut seen, &JobName::new("drill_nightly"), "3", "FAILED");
    assert_eq!(strays((&plan, "test"), &seen), []);
    shows(&mut seen, &named("drill", "modle", 1), "4", "RUNNING");
    shows(&mut seen, &named("drill", "modle", 2), "5", "FAILED");
    let found = strays((&plan, "test"), &seen);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].item.as_str(), found[0].restores, found[0].running), ("modle", 2, 1));
    assert_eq!(found[0].execution_id.as_deref(), Some("4"), "the one that runs is shown");
}

#[test]
fn what_is_approved_is_what_would_be_done() {
    let plan = plan(vec![item("model", "t"), item("other", "u")]);
    let seen = snapshot(&plan);
    let digest = |plan: &Plan, seen: &Snapshot| decided(plan, seen, Guard::default(), false).approval_digest().unwrap();
    let first = digest(&plan, &seen);
    let mut later = seen.clone();
    later.taken_at = Millis::from_secs(3600).after(start());
    assert_eq!(digest(&plan, &later), first, "when the site was read doesn't matter");
    let mut moved = plan.clone();
    moved.items[0].origin.line += 7;
    moved.items[0].source.execution = ExecutionSelector::Id(execution().id);
    assert_eq!(digest(&moved, &seen), first, "nor where it is written, or how the backup was chosen");
    let changes: [fn(&mut Plan); 4] = [
        |plan| plan.items[0].priority = 1,
        |plan| plan.limits.concurrency += 1,
        |plan| drop(plan.items.pop()),
        |plan| plan.items[1].objects[0].rename_to = Some(ObjectName::bare("w").unwrap()),
    ];
    for change in changes {
        let mut other = plan.clone();
        change(&mut other);
        assert_ne!(digest(&other, &seen), first);
    }
    let mut failed = seen.clone();
    let print = decided(&plan, &seen, Guard::default(), false).items[0].fingerprint.clone();
    shows(&mut failed, &derived_name(&plan.name, &plan.items[0].name, &print, 1, 1), "9", "FAILED");
    assert_ne!(digest(&plan, &failed), first, "a retry is something else than a create");
}

fn chosen(plan: &Plan, seen: &Snapshot, choice: &Choice, failed: &[&str]) -> Changeset {
    chosen_as(plan, seen, choice, failed, false)
}

fn chosen_as(plan: &Plan, seen: &Snapshot, choice: &Choice, failed: &[&str], again: bool) -> Changeset {
    let environment = Environment {
        name: "test".into(),
        api: None,
        webhooks: Default::default(),
        guard: Guard::default(),
        guard_origin: None,
    };
    let intention = Intention {
        plan,
        file: "drill.yaml",
        environment: &environment,
        inputs: &Default::default(),
        again,
        opened: &Default::default(),
        tool_version: "0",
    };
    let failed: BTreeSet<Slug> = failed.iter().map(|name| slug(name)).collect();
    decide_chosen(&intention, seen, choice, &failed).unwrap()
}

fn choice(only: &[&str], exclude: &[&str], only_failed: bool) -> Choice {
    let all = |patterns: &[&str]| patterns.iter().map(ToString::to_string).collect();
    Choice { only: all(only), exclude: all(exclude), only_failed }
}

#[test]
fn names_globs_and_groups_choose() {
    let mut plan = plan(vec![item("bank-a", "a"), item("bank-b", "b"), item("shop", "c"), item("stock", "d")]);
    plan.items[2].group = Some("heavy".into());
    let seen = snapshot(&plan);
    type Row<'a> = (&'a [&'a str], &'a [&'a str], bool, &'a [&'a str]);
    let table: [Row<'_>; 7] = [
        (&[], &[], false, &["bank-a", "bank-b", "shop", "stock"]),
        (&["bank-*"], &[], false, &["bank-a", "bank-b"]),
        (&["bank-*", "group:heavy"], &["bank-b"], false, &["bank-a", "shop"]),
        (&[], &["group:*"], false, &["bank-a", "bank-b", "stock"]),
        (&["sh?p"], &[], false, &["shop"]),
        (&[], &[], true, &["bank-b", "stock"]),
        (&["bank-*"], &[], true, &["bank-b"]),
    ];
    for (only, exclude, only_failed, expected) in table {
        let made = chosen(&plan, &seen, &choice(only, exclude, only_failed), &["bank-b", "stock"]);
        let names: Vec<&str> = made.items.iter().map(|decision| decision.item.name.as_str()).collect();
        assert_eq!(names, expected, "{only:?} {exclude:?} {only_failed}");
        assert_eq!(made.left_out(), 4 - expected.len(), "what is left out is counted");
        assert_eq!(made.plan.digest, chosen(&plan, &seen, &Choice::default(), &[]).plan.digest);
    }
    for (given, words) in [
        (choice(&["bnak-a"], &[], false), "`--only bnak-a` fits no restore of plan `drill`; did you mean `bank-a`?"),
        (
            choice(&["shop", "Bank-A"], &[], false),
            "`--only Bank-A` (`--only` number 2) fits no restore of plan `drill`: no name holds `B`, its character 1; did you mean `bank-a`?",
        ),
        (choice(&[], &["x*"], false), "`--exclude x*` fits no restore of plan `drill`; write a name, a glob"),
        (
            choice(&["group:heavi"], &[], false),
            "`--only group:heavi` is the group of no restore of plan `drill`; did you mean `group:heavy`?",
        ),
    ] {
        let why = given.check(&plan).unwrap_err();
        assert!(why.contains(words), "{why}");
    }
    assert_eq!(choice(&["*"], &["shop"], true).check(&plan), Ok(()));
}

#[test]
fn who_needs_what_is_left_out_is_refused_unless_it_is_there() {
    let mut plan = plan(vec![item("first", "a"), item("second", "b"), item("third", "c")]);
    plan.items[1].after = vec![slug("first")];
    plan.items[2].after = vec![slug("second")];
    let mut seen = snapshot(&plan);
    let rest = choice(&[], &["first"], false);
    let made = chosen(&plan, &seen, &rest, &[]);
    assert_eq!(made.items[0].action, Action::Blocked);
    assert_eq!(made.items[0].reason, "it needs `first`, which is left out and is not there: choose that too");
    assert_eq!(made.items[1].reason, "it needs `second`, which is blocked");
    // As it is saved, so it is decided when it is carried out.
    let again = decided(&made.frozen_plan(), &seen, Guard::default(), false);
    assert_eq!(restorectl::changeset::differences(&made, &again), Vec::<String>::new());

    let print = chosen(&plan, &seen, &Choice::default(), &[]).items[0].fingerprint.clone();
    let name = derived_name(&plan.name, &slug("first"), &print, 1, 1);
    shows(&mut seen, &name, "1", "COMPLETED_SUCCESSFULLY");
    let made = chosen(&plan, &seen, &rest, &[]);
    assert_eq!(made.items.iter().map(|d| d.action).collect::<Vec<_>>(), [Action::Create, Action::Create]);
    assert_eq!(made.items[0].item.after, [], "it is there");
    assert_eq!(made.items[1].item.after, [slug("second")]);
    let again = decided(&made.frozen_plan(), &seen, Guard::default(), false);
    assert_eq!(restorectl::changeset::differences(&made, &again), Vec::<String>::new());
}

#[test]
fn changesets_are_compared_item_by_item() {
    let one = plan(vec![item("a", "a"), item("b", "b"), item("c", "c")]);
    let mut two = plan(vec![item("b", "b"), item("c", "c"), item("d", "d")]);
    two.items[1].on_existing = OnExisting::Replace;
    let before = decided(&one, &snapshot(&one), Guard::default(), false);
    let after = decided(&two, &snapshot(&two), Guard { allow_replace: true, ..Guard::default() }, false);
    let compared = Comparison::of(&before, &after);
    assert_eq!(compared.came, [(slug("d"), Action::Create)]);
    assert_eq!(compared.went, [(slug("a"), Action::Create)]);
    assert_eq!(compared.same, 1);
    assert_eq!(compared.changed.len(), 1);
    let fields: Vec<&str> = compared.changed[0].fields.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["on_existing", "data loss"]);
    let facts: Vec<&str> = compared.facts.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(facts, ["plan's digest", "guard"]);
    assert!(Comparison::of(&before, &before).is_empty());
}

#[test]
fn what_is_left_out_and_under_way_is_followed_and_not_sent_again() {
    let mut plan = plan(vec![item("first", "a"), item("second", "b"), item("third", "c")]);
    plan.items[1].after = vec![slug("first")];
    let mut seen = snapshot(&plan);
    let print = chosen(&plan, &seen, &Choice::default(), &[]).items[0].fingerprint.clone();
    shows(&mut seen, &derived_name(&plan.name, &slug("first"), &print, 1, 1), "1", "RUNNING");
    for again in [false, true] {
        let made = chosen_as(&plan, &seen, &choice(&[], &["first", "third"], false), &[], again);
        let shown: Vec<_> = made.items.iter().map(|one| (one.item.name.as_str(), one.action)).collect();
        assert_eq!(shown, [("first", Action::Adopt), ("second", Action::Create)], "it takes room, and is waited for");
        assert_eq!(made.items[1].item.after, [slug("first")]);
        let refusal = "`--exclude first`; it is followed because it is under way, and not sent again";
        assert_eq!(made.items[0].refusal.as_deref(), Some(refusal));
        assert_eq!(made.left_out(), 1, "`third` is left out");
    }
}

#[test]
fn that_something_is_not_sent_again_is_approved_too() {
    let plan = plan(vec![item("first", "a"), item("second", "b")]);
    let mut seen = snapshot(&plan);
    let print = chosen(&plan, &seen, &Choice::default(), &[]).items[0].fingerprint.clone();
    shows(&mut seen, &derived_name(&plan.name, &slug("first"), &print, 1, 1), "1", "RUNNING");
    let digest = |exclude: &[&str]| chosen(&plan, &seen, &choice(&[], exclude, false), &[]).approval_digest().unwrap();
    assert_ne!(digest(&["first"]), digest(&[]), "it would be sent again, should it fail");
}

#[test]
fn what_a_run_only_followed_is_not_sent_when_it_is_gone_on_with() {
    let mut plan = plan(vec![item("first", "a"), item("second", "b"), item("third", "c")]);
    plan.items[1].after = vec![slug("first")];
    let mut before = snapshot(&plan);
    let print = chosen(&plan, &before, &Choice::default(), &[]).items[0].fingerprint.clone();
    let name = derived_name(&plan.name, &slug("first"), &print, 1, 1);
    let empty = before.clone();
    shows(&mut before, &name, "1", "RUNNING");
    let run = chosen(&plan, &before, &choice(&[], &["first"], false), &[]);
    for (status, action, outs, follows) in [
        // It goes on, so it is followed on.
        ("RUNNING", Some(Action::Create), &[][..], &["first"][..]),
        ("COMPLETED_SUCCESSFULLY", Some(Action::Create), &["first"], &[]),
        // Nobody asked for another attempt of it, so who needs it can't be.
        ("FAILED", Some(Action::Blocked), &["first"], &[]),
    ] {
        let mut now = empty.clone();
        shows(&mut now, &name, "1", status);
        let left = Left::of(run.clone(), &RunState::default(), false).unwrap();
        let made = left.decide(&now, "0").unwrap();
        let of = |name: &str| made.items.iter().find(|decision| decision.item.name == slug(name));
        assert_eq!(of("first").map(|decision| decision.action), (status == "RUNNING").then_some(Action::Adopt));
        assert_eq!(of("second").map(|decision| decision.action), action, "{status}");
        assert_eq!(of("third").map(|decision| decision.action), Some(Action::Create));
        let selection = made.selection.as_ref().unwrap();
        let names = |list: &[LeftOut]| list.iter().map(|one| one.item.to_string()).collect::<Vec<_>>();
        assert_eq!(names(&selection.left_out), outs, "{status}");
        assert_eq!(names(&selection.followed), follows, "{status}");
        assert_eq!(selection.unwanted.len(), outs.len());
        // And when that one is gone on with.
        let next = Left::of(made.clone(), &RunState::default(), false).unwrap().decide(&now, "0").unwrap();
        assert_eq!(next.items, made.items, "{status}");
        assert_eq!(next.selection, made.selection, "{status}");
    }
    // Changes of the plan are accepted: the choice stays.
    let failed = chosen(&plan, &before, &choice(&[], &[], true), &["third"]);
    assert_eq!(Left::choice(&failed), Some(choice(&["third"], &[], false)), "`first` is only followed");
    let nothing = chosen(&plan, &before, &choice(&[], &[], true), &[]);
    assert_eq!(Left::choice(&nothing), None, "which is not everything");
}
