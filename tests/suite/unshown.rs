//! What a site doesn't show, or shows only in part, and what runs there under other names of the plan: neither is sent a
//! second time, nor overtaken.

use restorectl::changeset::{derived_name, environment_mark};
use restorectl::engine::Left;
use restorectl::journal::RunState;
use restorectl::model::*;

use crate::changeset::Situation;
use crate::drill::{item, start};

/// Another definition of the item.
fn other(situation: &Situation, of: &str) -> JobName {
    derived_name(&situation.plan.name, &Slug::parse(of).unwrap(), "4d90123456789", 1, 1)
}

/// What the journal holds of a create, of whatever item, that writes a table of `DRILL`, or all of it.
fn sent(of: &str, job_name: JobName, table: Option<&str>, fate: PastFate) -> PastAttempt {
    let name = |text: &str| ObjectName::bare(text).unwrap();
    let writes = Touched { site: SiteId::new("PROD"), database: name("DRILL"), object: table.map(name) };
    PastAttempt {
        run: RunId::new("r1"),
        item: Slug::parse(of).unwrap(),
        job_name,
        at: start(),
        prior: vec![],
        resource_id: None,
        writes: vec![writes],
        fate,
        doubled: false,
        measured: None,
    }
}

#[test]
fn what_the_journal_saw_counts_though_the_site_shows_only_what_came_before() {
    // The first attempt failed and is listed; of the second the journal tells.
    let listed = |fate: PastFate| {
        let situation = Situation::new().remembers(1, PastFate::Failed).remembers(2, fate);
        let first = situation.name(1);
        situation.shows(&first, "91", "FAILED")
    };
    listed(PastFate::Succeeded).expect(Action::Satisfied, 2, "saw `drill_model_");
    listed(PastFate::Failed).expect(Action::Retry, 3, "fail, and the site no longer lists it");
    listed(PastFate::Odd).expect(Action::Blocked, 2, "could not tell how");
    listed(PastFate::Gone).expect(Action::Retry, 3, "ended FAILED");
    // Another backup was restored yesterday, and that is what is listed.
    let mut yesterday = Situation::new();
    let before = other(&yesterday, "model");
    yesterday.snapshot.attempts.push(sent("model", before.clone(), Some("t"), PastFate::Succeeded));
    let yesterday = yesterday.remembers(1, PastFate::Succeeded).shows(&before, "91", "COMPLETED_SUCCESSFULLY");
    yesterday.expect(Action::Satisfied, 1, "no longer lists it");
}

#[test]
fn what_another_definition_wrote_over_is_not_there_though_the_list_leaves_that_out() {
    let situation = Situation::new().remembers(1, PastFate::Succeeded);
    let (own, over) = (situation.name(1), other(&situation, "model"));
    let mut reverted = situation.shows(&own, "91", "COMPLETED_SUCCESSFULLY");
    reverted.guard.allow_replace = true;
    reverted.item().on_existing = OnExisting::Replace;
    reverted.snapshot.attempts.push(sent("model", over, Some("t"), PastFate::Succeeded));
    reverted.expect(Action::Changed, 2, "of another definition, came after");
}

#[test]
fn what_somebody_else_made_later_is_newer_than_what_the_journal_saw() {
    let foreign = |id: &str| {
        let mut situation = Situation::new().remembers(1, PastFate::Succeeded);
        situation.snapshot.attempts[0].resource_id = Some(ResourceId::new("90"));
        let name = other(&situation, "model");
        situation.shows(&name, id, "COMPLETED_SUCCESSFULLY")
    };
    foreign("89").expect(Action::Satisfied, 1, "no longer lists it");
    let mut later = foreign("91");
    later.guard.allow_replace = true;
    later.item().on_existing = OnExisting::Replace;
    later.expect(Action::Changed, 2, "another than that of");
}

#[test]
fn a_failure_is_not_tried_again_where_the_journal_saw_another_end() {
    let shown = |change: &dyn Fn(&mut PastAttempt)| {
        let mut situation = Situation::new().remembers(1, PastFate::Accepted);
        change(&mut situation.snapshot.attempts[0]);
        let name = situation.name(1);
        situation.shows(&name, "92", "FAILED")
    };
    let why = "end otherwise, or more than one of it";
    shown(&|past| past.fate = PastFate::Succeeded).expect(Action::Blocked, 1, why);
    shown(&|past| past.fate = PastFate::Odd).expect(Action::Blocked, 1, why);
    shown(&|past| past.doubled = true).expect(Action::Blocked, 1, why);
    shown(&|past| past.resource_id = Some(ResourceId::new("91"))).expect(Action::Blocked, 1, why);
    shown(&|past| past.resource_id = Some(ResourceId::new("92"))).expect(Action::Retry, 2, "ended FAILED");
    shown(&|_| {}).expect(Action::Retry, 2, "ended FAILED");
}

#[test]
fn what_runs_is_not_attached_to_while_a_later_create_of_it_is_on_its_way() {
    let situation = Situation::new().remembers(1, PastFate::Accepted).remembers(2, PastFate::Open);
    let first = situation.name(1);
    situation.shows(&first, "91", "RUNNING").expect(
        Action::Blocked,
        2,
        "is not known: wait until the one that runs ends",
    );
}

#[test]
fn skip_takes_nothing_for_done_that_may_be_half_there() {
    let half = |shown: Option<&str>, fate: PastFate| {
        let mut situation = Situation::new();
        let database = ObjectName::bare("DRILL").unwrap();
        let item = situation.item();
        item.on_existing = OnExisting::Skip;
        item.target.database = None;
        item.objects[0].object_type = ObjectType::Database;
        item.objects[0].name = database.clone();
        item.objects[0].parent = database;
        let before = other(&situation, "model");
        situation.snapshot.attempts.push(sent("model", before.clone(), None, fate));
        match shown {
            Some(status) => situation.shows(&before, "91", status),
            None => situation,
        }
    };
    let mut new = half(None, PastFate::Gone);
    new.snapshot.attempts.clear();
    assert_eq!(new.decide().items[0].action, Action::Satisfied, "somebody else's is left alone");
    for (shown, fate) in [(Some("FAILED"), PastFate::Failed), (None, PastFate::Failed), (None, PastFate::Odd)] {
        for again in [false, true] {
            let mut situation = half(shown, fate);
            situation.again = again;
            let made = situation.decide();
            assert_eq!(made.items[0].action, Action::Blocked, "{shown:?} {fate:?} {again}: {}", made.items[0].reason);
            assert!(made.items[0].reason.contains("whether it is whole is not known"), "{}", made.items[0].reason);
        }
    }
    assert_eq!(half(None, PastFate::Succeeded).decide().items[0].action, Action::Satisfied);
}

#[test]
fn what_was_asked_for_anew_and_could_not_be_opened_is_opened_by_whoever_goes_on() {
    let mut situation = Situation::new();
    situation.again = true;
    situation.guard.allow_replace = true;
    situation.item().on_existing = OnExisting::Replace;
    let name = situation.name(1);
    let mut situation = situation.shows(&name, "91", "COMPLETED_SUCCESSFULLY");
    let readable = situation.snapshot.clone();
    let site = SiteId::new("PROD");
    situation.snapshot.restores.insert(site.clone(), Reading::Unreadable("503".into()));
    let blocked = situation.decide();
    assert_eq!((blocked.items[0].action, blocked.items[0].generation), (Action::Blocked, 1));
    let left = |run| Left::of(run, &RunState::default(), false).unwrap();
    let next = left(blocked).decide(&readable, "0").unwrap();
    assert_eq!((next.items[0].action, next.items[0].generation), (Action::Create, 2), "{}", next.items[0].reason);
    // Once it was begun, nobody asked for one more.
    situation.snapshot = readable;
    let second = next.items[0].request.as_ref().unwrap().job_name.clone();
    let seen = situation.shows(&second, "92", "COMPLETED_SUCCESSFULLY").snapshot;
    assert_eq!(left(next).decide(&seen, "0").unwrap().items[0].action, Action::Satisfied);
}

#[test]
fn nothing_is_sent_over_what_a_former_definition_or_a_renamed_restore_still_writes() {
    type Row<'a> = (&'a str, Option<&'a str>, PastFate, Option<&'a str>, bool, Option<&'a str>);
    let table: [Row<'_>; 11] = [
        // Whose it was, what it writes, what the journal knows, what the site shows, whether `--again`; what is said.
        ("gone", Some("t"), PastFate::Accepted, Some("RUNNING"), false, Some("runs at the site (RUNNING): wait until")),
        ("gone", None, PastFate::Accepted, Some("QUEUED"), true, Some("writes `DRILL` too and runs at the site")),
        ("moved", Some("t"), PastFate::Open, Some("RUNNING"), false, Some("which run r1 sent for `moved`, writes")),
        ("moved", Some("t"), PastFate::Open, None, false, Some("may still appear at the site: try again after")),
        ("moved", Some("t"), PastFate::Accepted, None, false, Some("then use `--again --only model`")),
        ("moved", Some("t"), PastFate::Accepted, None, true, None),
        ("gone", Some("another"), PastFate::Accepted, Some("RUNNING"), false, None),
        ("gone", Some("t"), PastFate::Accepted, Some("FAILED"), false, None),
        ("gone", Some("t"), PastFate::Gone, None, false, None),
        ("gone", Some("t"), PastFate::Succeeded, None, false, None),
        // What was given up turned up after all.
        ("gone", Some("t"), PastFate::Gone, Some("RUNNING"), false, Some("runs at the site")),
    ];
    for (of, writes, fate, shown, again, says) in table {
        let mut situation = Situation::new();
        situation.plan.items.push(item("moved", "elsewhere"));
        situation.again = again;
        let name = other(&situation, of);
        situation.snapshot.attempts.push(sent(of, name.clone(), writes, fate));
        let situation = match shown {
            Some(status) => situation.shows(&name, "91", status),
            None => situation,
        };
        let model = &situation.decide().items[0];
        let what = format!("{of} {writes:?} {fate:?} {shown:?} {again}: {}", model.reason);
        assert_eq!(model.action == Action::Blocked, says.is_some(), "{what}");
        assert!(model.reason.contains(says.unwrap_or_default()), "{what}");
    }
}

#[test]
fn restores_of_one_plan_in_two_environments_are_told_apart() {
    let situation = Situation::new();
    let own = situation.name(1);
    let mark = environment_mark("test");
    let elsewhere = JobName::new(own.as_str().replace(&format!("_{mark}"), &format!("_{}", environment_mark("west"))));
    assert_ne!(own, elsewhere);
    let made = situation.shows(&elsewhere, "91", "RUNNING").expect(Action::Create, 1, "no restore of it");
    assert_eq!(made.items[0].request.as_ref().unwrap().job_name, own);
}

#[test]
fn two_restores_whose_names_are_cut_to_the_same_are_refused() {
    let mut situation = Situation::new();
    let long = |end: &str| format!("{}-{end}", "x".repeat(60));
    situation.plan.items = vec![item(&long("a"), "a"), item(&long("b"), "b"), item("model", "t")];
    let keys = |name: &str| restorectl::changeset::item_key(&situation.plan.name, &Slug::parse(name).unwrap());
    assert_ne!(keys(&long("a")), keys(&long("b")), "they end in a hash of the whole");
    situation.plan.items[1].name = situation.plan.items[0].name.clone();
    let made = situation.decide();
    let actions: Vec<Action> = made.items.iter().map(|decision| decision.action).collect();
    assert_eq!(actions, [Action::Blocked, Action::Blocked, Action::Create]);
    assert!(made.items[0].reason.contains("couldn't be told apart"), "{}", made.items[0].reason);
}
