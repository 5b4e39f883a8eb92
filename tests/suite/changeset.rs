//! The decisions: one table of situations, each with the action it must lead to.

use std::collections::BTreeMap;

use restorectl::changeset::{self, Basis, Changeset, Estimate, LoadError, derived_name, differences, fingerprint};
use restorectl::model::*;

use crate::drill::{decided, execution, item, plan, snapshot, start};

/// A plan of one restore, `model`, what is known of it, and what is asked for.
pub struct Situation {
    pub plan: Plan,
    pub snapshot: Snapshot,
    pub guard: Guard,
    pub again: bool,
}

impl Situation {
    pub fn new() -> Self {
        let plan = plan(vec![item("model", "t")]);
        let snapshot = snapshot(&plan);
        Self { plan, snapshot, guard: Guard::default(), again: false }
    }

    pub fn item(&mut self) -> &mut Item {
        &mut self.plan.items[0]
    }

    pub fn name(&self, attempt: u32) -> JobName {
        let item = &self.plan.items[0];
        let print = fingerprint((&self.plan.name, "test"), item, &execution().id).unwrap();
        derived_name(&self.plan.name, &item.name, &print, 1, attempt)
    }

    pub fn shows(mut self, name: &JobName, id: &str, status: &str) -> Self {
        let record = RestoreRecord {
            job_name: Some(name.clone()),
            execution_id: Some(id.into()),
            status: RestoreStatus(status.into()),
            end_time: (!matches!(status, "RUNNING" | "QUEUED")).then(start),
            ..RestoreRecord::default()
        };
        if let Some(Reading::Read(list)) = self.snapshot.restores.get_mut(&SiteId::new("PROD")) {
            list.push(record);
        }
        self
    }

    pub fn remembers(mut self, attempt: u32, fate: PastFate) -> Self {
        self.snapshot.attempts.push(PastAttempt {
            run: RunId::new("r1"),
            item: self.plan.items[0].name.clone(),
            job_name: self.name(attempt),
            at: start(),
            prior: vec![],
            resource_id: None,
            writes: vec![],
            fate,
            doubled: false,
            measured: None,
        });
        self
    }

    fn unreadable<T>(reading: &mut BTreeMap<SiteId, Reading<T>>) {
        reading.insert(SiteId::new("PROD"), Reading::Unreadable("GET: 503".into()));
    }

    pub fn decide(&self) -> Changeset {
        decided(&self.plan, &self.snapshot, self.guard, self.again)
    }

    #[track_caller]
    pub fn expect(self, action: Action, attempt: u32, reason: &str) -> Changeset {
        let made = self.decide();
        let decision = &made.items[0];
        assert_eq!(decision.action, action, "{}", decision.reason);
        assert!(decision.reason.contains(reason), "`{}` should say `{reason}`", decision.reason);
        assert_eq!(decision.attempt, attempt);
        made
    }
}

#[test]
fn nothing_there_is_created() {
    let made = Situation::new().expect(Action::Create, 1, "no restore of it");
    let request = made.items[0].request.as_ref().unwrap();
    assert_eq!(request.source.execution.as_str(), "5002", "`latest` is frozen");
    assert!(made.items[0].losses[0].contains("lists no tables"), "what can't be seen is said");
}

#[test]
fn what_the_site_shows_decides() {
    let table: [(&str, Action, u32, &str); 8] = [
        ("QUEUED", Action::Adopt, 1, "runs at the site"),
        ("RUNNING", Action::Adopt, 1, "restore 91"),
        ("COMPLETED_SUCCESSFULLY", Action::Satisfied, 1, "is there"),
        ("COMPLETED_WITH_WARNINGS", Action::Satisfied, 1, "is there"),
        ("FAILED", Action::Retry, 2, "ended FAILED"),
        ("ABORTED", Action::Retry, 2, "ended ABORTED"),
        ("COMPLETED_WITH_ERRORS", Action::Retry, 2, "ended COMPLETED_WITH_ERRORS"),
        ("ODDLY_DONE", Action::Blocked, 1, "does not know"),
    ];
    for (status, action, attempt, reason) in table {
        let situation = Situation::new();
        let name = situation.name(1);
        situation.shows(&name, "91", status).expect(action, attempt, reason);
    }
}

#[test]
fn another_definition_of_the_item_is_a_change() {
    let other = derived_name(&plan(vec![]).name, &Slug::parse("model").unwrap(), "4d90123456789", 1, 1);
    Situation::new().shows(&other, "91", "FAILED").expect(Action::Changed, 1, "another than that of");
    Situation::new().shows(&other, "91", "RUNNING").expect(Action::Blocked, 1, "still runs");
    // What succeeded under the other definition is probably in the way, and nobody allowed to replace it.
    Situation::new().shows(&other, "91", "COMPLETED_SUCCESSFULLY").expect(Action::Blocked, 1, "on_existing: replace");
    let mut situation = Situation::new().shows(&other, "91", "COMPLETED_SUCCESSFULLY");
    situation.item().on_existing = OnExisting::Replace;
    situation.guard.allow_replace = true;
    let made = situation.expect(Action::Changed, 1, "another than that of");
    assert_eq!(made.items[0].data_loss, DataLoss::Replaces);
}

#[test]
fn two_at_once_are_nobodys_guess() {
    let situation = Situation::new();
    let (one, two) = (situation.name(1), situation.name(2));
    situation.shows(&one, "91", "RUNNING").shows(&two, "92", "RUNNING").expect(Action::Blocked, 2, "both run");
}

#[test]
fn the_journal_remembers_what_the_site_does_not_show() {
    Situation::new().remembers(1, PastFate::Open).expect(Action::Adopt, 1, "never learned");
    Situation::new().remembers(1, PastFate::Gone).expect(Action::Create, 2, "no restore of it");
    Situation::new().remembers(1, PastFate::Succeeded).expect(Action::Satisfied, 1, "no longer lists it");
    let shown = Situation::new().remembers(1, PastFate::Open);
    let name = shown.name(1);
    shown.shows(&name, "91", "COMPLETED_SUCCESSFULLY").expect(Action::Satisfied, 1, "is there");
}

/// A situation in which an earlier run sent another definition of the item so many seconds ago, by the clocks of two hosts,
/// and the site shows nothing of it.
fn sent_otherwise(seconds_ago: i64, fate: PastFate) -> Situation {
    let mut situation = Situation::new().remembers(1, fate);
    let past = &mut situation.snapshot.attempts[0];
    past.at = start() - jiff::SignedDuration::from_secs(seconds_ago);
    past.job_name = derived_name(&plan(vec![]).name, &Slug::parse("model").unwrap(), "4d90123456789", 1, 1);
    situation
}

#[test]
fn how_long_ago_another_host_sent_something_is_not_told_by_clocks_alone() {
    let asks =
        |situation: &Situation| changeset::rests_on_clocks(&situation.plan, "test", &situation.snapshot).unwrap();
    let day = 24 * 3600;
    for (seconds_ago, fate, action, rests) in [
        // By these clocks the settle window isn't over.
        (0, PastFate::Open, Action::Blocked, false),
        (60, PastFate::Open, Action::Blocked, false),
        // It is, if they are right.
        (61, PastFate::Open, Action::Create, true),
        (day, PastFate::Open, Action::Create, true),
        // What was accepted and isn't listed may run, however long ago that was.
        (3600, PastFate::Accepted, Action::Blocked, true),
        (2 * day, PastFate::Accepted, Action::Blocked, false),
        // No two clocks differ by so much.
        (day + 1, PastFate::Open, Action::Create, false),
        // Nobody can have sent it later than now.
        (-1, PastFate::Open, Action::Blocked, true),
        (-5 * 3600, PastFate::Accepted, Action::Blocked, true),
        // Of these it is known what became of them.
        (61, PastFate::Gone, Action::Create, false),
        (61, PastFate::Failed, Action::Create, false),
    ] {
        let mut situation = sent_otherwise(seconds_ago, fate);
        assert_eq!(asks(&situation), rests, "{seconds_ago} {fate:?}");
        assert_eq!(situation.decide().items[0].action, action, "{seconds_ago} {fate:?}");
        // Where the window was waited for, nothing rests on clocks any more.
        situation.snapshot.settled = true;
        assert!(!asks(&situation));
        let settled = if fate == PastFate::Accepted { Action::Blocked } else { Action::Create };
        assert_eq!(situation.decide().items[0].action, settled, "{seconds_ago} {fate:?}");
    }
    // What the site shows is known.
    let shown = sent_otherwise(61, PastFate::Open);
    let name = shown.snapshot.attempts[0].job_name.clone();
    let shown = shown.shows(&name, "91", "RUNNING");
    assert!(!asks(&shown));
    assert_eq!(shown.decide().items[0].action, Action::Blocked);
    // What was sent of this very definition is watched for by the run itself; what was accepted, and isn't listed, isn't.
    let mut own = Situation::new().remembers(1, PastFate::Open);
    own.snapshot.attempts[0].at = start() - jiff::SignedDuration::from_hours(1);
    assert!(!asks(&own));
    own.snapshot.attempts[0].fate = PastFate::Accepted;
    assert!(asks(&own));
}

#[test]
fn another_definition_that_the_site_accepted_and_does_not_list_is_somebodys_to_look_at() {
    let gone = || sent_otherwise(7200, PastFate::Accepted);
    gone().expect(Action::Blocked, 1, "doesn't list it: look what became of it, then use `--again --only model`");
    let mut again = gone();
    again.again = true;
    again.expect(Action::Create, 1, "no restore of it");
    // What was sent after it had the last word: somebody has looked.
    let mut later = gone().remembers(1, PastFate::Failed);
    later.snapshot.attempts[1].at = start() - jiff::SignedDuration::from_secs(3600);
    assert_ne!(later.decide().items[0].action, Action::Blocked);
}

#[test]
fn again_opens_a_generation() {
    let mut situation = Situation::new();
    situation.again = true;
    situation.guard.allow_replace = true;
    situation.item().on_existing = OnExisting::Replace;
    let name = situation.name(1);
    let made = situation.shows(&name, "91", "COMPLETED_SUCCESSFULLY").expect(Action::Create, 1, "new generation");
    assert_eq!(made.items[0].generation, 2);
    assert!(made.items[0].request.as_ref().unwrap().job_name.as_str().ends_with("_2_1"));
}

#[test]
fn a_name_set_by_the_plan_is_matched_alone() {
    let fixed = JobName::new("nightly_copy");
    let make = || {
        let mut situation = Situation::new();
        situation.item().job_name = Some(JobName::new("nightly_copy"));
        situation
    };
    let made = make().expect(Action::Create, 1, "");
    assert!(made.items[0].notes.iter().any(|note| note.contains("can't be seen")));
    make().shows(&fixed, "7", "RUNNING").expect(Action::Adopt, 1, "runs");
    make().shows(&fixed, "7", "COMPLETED_SUCCESSFULLY").expect(Action::Satisfied, 1, "is there");
    let made = make().shows(&fixed, "7", "FAILED").expect(Action::Retry, 2, "ended FAILED");
    assert_eq!(made.items[0].request.as_ref().unwrap().job_name, fixed);
}

#[test]
fn what_cannot_be_read_blocks_what_needs_it() {
    let mut situation = Situation::new();
    Situation::unreadable(&mut situation.snapshot.restores);
    situation.expect(Action::Blocked, 1, "restores of site `PROD` could not be read");
    let mut situation = Situation::new();
    Situation::unreadable(&mut situation.snapshot.databases);
    situation.expect(Action::Blocked, 1, "databases of site `PROD` could not be read");
    let mut situation = Situation::new();
    let key = situation.plan.items[0].source.key();
    situation.snapshot.executions.insert(key, Reading::Read(vec![]));
    situation.expect(Action::Blocked, 1, "completed successfully");
    let mut situation = Situation::new();
    situation.snapshot.permissions.insert(SiteId::new("PROD"), Permission::Denied("403".into()));
    situation.expect(Action::Blocked, 1, "does not permit");
}

#[test]
fn losses_are_named_and_guarded() {
    // A table over itself.
    let in_place = || {
        let mut situation = Situation::new();
        situation.item().target.database = None;
        situation
    };
    in_place().expect(Action::Blocked, 1, "is the very object that was backed up");
    let mut situation = in_place();
    situation.item().on_existing = OnExisting::Replace;
    situation.expect(Action::Blocked, 1, "allow_in_place");
    let mut situation = in_place();
    situation.item().on_existing = OnExisting::Replace;
    situation.guard.allow_in_place = true;
    let made = situation.expect(Action::Create, 1, "");
    assert_eq!(made.items[0].data_loss, DataLoss::Replaces);
    assert!(made.items[0].losses[0].contains("BANK.t"), "{:?}", made.items[0].losses);
    let mut situation = in_place();
    situation.item().on_existing = OnExisting::Skip;
    situation.expect(Action::Blocked, 1, "API lists no tables");

    // A whole database.
    let whole = || {
        let mut situation = in_place();
        let object = &mut situation.item().objects[0];
        object.object_type = ObjectType::Database;
        object.name = ObjectName::bare("bank").unwrap();
        object.parent = ObjectName::bare("DBC").unwrap();
        situation
    };
    whole().expect(Action::Blocked, 1, "would drop what was made in it since the backup");
    let mut situation = whole();
    situation.item().on_existing = OnExisting::Replace;
    situation.guard.allow_in_place = true;
    assert_eq!(situation.expect(Action::Create, 1, "").items[0].data_loss, DataLoss::Drops);
    let mut situation = whole();
    situation.item().on_existing = OnExisting::Skip;
    situation.expect(Action::Satisfied, 1, "on_existing: skip");

    // A database that isn't there.
    let mut situation = Situation::new();
    situation.item().target.database = Some(ObjectName::bare("NOWHERE").unwrap());
    situation.expect(Action::Blocked, 1, "`NOWHERE` does not exist at site `PROD`; create it there");
    let mut situation = Situation::new();
    situation.item().target.database = Some(ObjectName::bare("dril").unwrap());
    situation.expect(Action::Blocked, 1, "`dril` does not exist at site `PROD` (did you mean `DRILL`?)");
}

#[test]
fn the_backup_must_hold_what_is_asked_for() {
    let listed = |name: &str, kind: ObjectType| BackupObject {
        name: ObjectName::bare(name).unwrap(),
        object_type: kind,
        parent: ObjectName::bare("BANK").ok(),
        parent_type: None,
        bytes: Some(1_000),
    };
    let with = |list: &[BackupObject]| {
        let mut situation = Situation::new();
        let key = ExecutionKey { job: situation.plan.items[0].source.key(), execution: execution().id };
        situation.snapshot.objects.insert(key, Reading::Read(list.to_vec()));
        situation
    };
    let table = |name: &str| listed(name, ObjectType::Table);
    with(&[table("other")]).expect(
        Action::Blocked,
        1,
        "execution `5002` holds no TABLE `BANK.t`; look at its object list",
    );
    with(&[table("t2")]).expect(Action::Blocked, 1, "no TABLE `BANK.t` (did you mean `BANK.t2`?)");
    assert_eq!(with(&[table("T"), table("other")]).expect(Action::Create, 1, "").items[0].bytes, Some(1_000));
    // What isn't ready decides nothing.
    let situation = with(&[]);
    let note = |made: &Changeset| made.items[0].notes.iter().find(|note| note.contains("object list")).cloned();
    let made = situation.expect(Action::Create, 1, "");
    let hence = "so sizes and contents are not known";
    assert_eq!(note(&made), Some(format!("the backup's object list is not prepared, {hence}")));
    // Nor does what can't be read; but that is another thing, and its reason is told.
    let mut situation = with(&[]);
    for reading in situation.snapshot.objects.values_mut() {
        *reading = Reading::Unreadable("GET: 403".into());
    }
    let made = situation.expect(Action::Create, 1, "");
    assert_eq!(note(&made), Some(format!("the backup's object list could not be read, {hence}: GET: 403")));

    // Each of several that are missing is named.
    let mut situation = with(&[table("orders")]);
    let mut second = situation.item().objects[0].clone();
    second.name = ObjectName::bare("ordres").unwrap();
    situation.item().objects.push(second);
    situation.expect(Action::Blocked, 1, "no TABLE `BANK.t` and no TABLE `BANK.ordres` (did you mean `BANK.orders`?)");

    // One that runs goes on; no other attempt may follow it.
    let situation = with(&[table("other")]);
    let name = situation.name(1);
    let made = situation.shows(&name, "91", "RUNNING").expect(Action::Adopt, 1, "runs at the site");
    assert!(made.items[0].refusal.as_ref().unwrap().contains("holds no TABLE `BANK.t`"), "{:?}", made.items[0].refusal);

    let noted = |made: Changeset, words: &str| {
        let notes = &made.items[0].notes;
        assert!(notes.iter().any(|note| note.contains(words)), "{notes:?} should say `{words}`");
    };
    noted(with(&[listed("t", ObjectType::View)]).expect(Action::Create, 1, ""), "holds it as VIEW");
    let mut situation = with(&[table("orders"), table("items")]);
    let object = &mut situation.item().objects[0];
    object.object_type = ObjectType::Database;
    object.name = ObjectName::bare("bank").unwrap();
    object.exclude = vec![ObjectName::bare("ITEMS").unwrap(), ObjectName::bare("order").unwrap()];
    let made = situation.decide();
    assert_eq!(made.items[0].bytes, Some(1_000));
    noted(made, "`exclude` names `order`, which execution `5002` does not hold in `bank`; did you mean `orders`?");
}

#[test]
fn a_saved_changeset_comes_back_whole_or_not_at_all() {
    let made = Situation::new().decide();
    let (digest, text) = changeset::save(&made).unwrap();
    let (back, stated) = changeset::load(&text).unwrap();
    assert_eq!((back, stated), (made.clone(), digest));
    let touched = text.replace("\"5002\"", "\"5001\"");
    assert!(matches!(changeset::load(&touched), Err(LoadError::Changed { .. })));
    assert!(matches!(changeset::load("{}"), Err(LoadError::NotOne(_))));
    let newer = text.replace("\"version\":1", "\"version\":9");
    assert!(matches!(changeset::load(&newer), Err(LoadError::Version(9))));
    assert_eq!(changeset::save(&made).unwrap().1, text, "the same changeset gives the same bytes");
}

#[test]
fn a_site_that_moved_on_is_named() {
    let saved = Situation::new().decide();
    assert_eq!(differences(&saved, &Situation::new().decide()), Vec::<String>::new());
    let situation = Situation::new();
    let name = situation.name(1);
    let fresh = situation.shows(&name, "91", "RUNNING").decide();
    let found = differences(&saved, &fresh);
    assert!(found[0].contains("its action was `create`, and now is `adopt`"), "{found:?}");

    let running = |status: &str| {
        let situation = Situation::new();
        let name = situation.name(1);
        situation.shows(&name, "91", status).decide()
    };
    // Progress is no change; an end is one.
    assert_eq!(differences(&running("QUEUED"), &running("RUNNING")), Vec::<String>::new());
    assert!(!differences(&running("RUNNING"), &running("FAILED")).is_empty());
    // Restores that have nothing to do with the plan don't matter.
    let other = Situation::new().shows(&JobName::new("somebody_elses"), "99", "RUNNING").decide();
    assert_eq!(differences(&saved, &other), Vec::<String>::new());
}

#[test]
fn meaning_counts_and_not_spelling() {
    let print = |item: &Item| fingerprint((&Slug::parse("drill").unwrap(), "test"), item, &execution().id).unwrap();
    let base = item("model", "t");
    let mut upper = base.clone();
    upper.objects[0].name = ObjectName::bare("T").unwrap();
    upper.origin.line = 99;
    upper.priority = 7;
    assert_eq!(print(&base), print(&upper));
    let mut renamed = base.clone();
    renamed.objects[0].rename_to = ObjectName::bare("t2").ok();
    assert_ne!(print(&base), print(&renamed));
    // Pinned: these digits stand in job names at sites for years. If this fails, finished restores would run again.
    assert_eq!(print(&base), "4d946a19e3c1a");
}

#[test]
fn items_of_one_plan_do_not_overwrite_each_other_unsaid() {
    let two = |ordered: bool, on_existing: OnExisting| {
        let mut situation = Situation::new();
        let mut second = item("again", "T");
        second.on_existing = on_existing;
        if ordered {
            second.after = vec![situation.plan.items[0].name.clone()];
        }
        situation.plan.items.push(second);
        situation.guard.allow_replace = true;
        situation.decide()
    };
    for ordered in [true, false] {
        let made = two(ordered, OnExisting::Fail);
        assert_eq!(made.items[0].action, Action::Create);
        assert_eq!(made.items[1].action, Action::Blocked);
        assert!(made.items[1].reason.contains("which `model` restores in this plan"), "{}", made.items[1].reason);
        let made = two(ordered, OnExisting::Replace);
        assert_eq!((made.items[1].action, made.items[1].data_loss), (Action::Create, DataLoss::Replaces));
    }
    // The earlier in the plan may be the later in the run.
    let mut situation = Situation::new();
    situation.plan.items.push(item("again", "t"));
    situation.plan.items[0].after = vec![situation.plan.items[1].name.clone()];
    let made = situation.decide();
    assert_eq!((made.items[0].action, made.items[1].action), (Action::Blocked, Action::Create));
}

#[test]
fn what_can_never_start_is_not_said_to_be_created() {
    let mut situation = Situation::new();
    situation.item().target.database = Some(ObjectName::bare("NOWHERE").unwrap());
    for (name, after) in [("second", "model"), ("third", "second")] {
        let mut next = item(name, name);
        next.after = vec![Slug::parse(after).unwrap()];
        situation.plan.items.push(next);
    }
    let made = situation.decide();
    assert_eq!(made.count(Action::Blocked), 3);
    assert!(made.items[2].reason.contains("it needs `second`, which is blocked"));
    assert!(!made.has_changes());
}

#[test]
fn another_target_under_a_new_definition_is_not_in_the_way() {
    // Last week's copy bore another suffix, and the journal knows where it was written.
    let mut situation = Situation::new();
    situation.item().objects[0].rename_to = Some(ObjectName::bare("t_week_2").unwrap());
    let other = derived_name(&situation.plan.name, &Slug::parse("model").unwrap(), "4d90123456789", 1, 1);
    let touched = |name: &str| Touched {
        site: SiteId::new("PROD"),
        database: ObjectName::bare("DRILL").unwrap(),
        object: ObjectName::bare(name).ok(),
    };
    let past = |name: &str| PastAttempt {
        run: RunId::new("r1"),
        item: Slug::parse("model").unwrap(),
        job_name: other.clone(),
        at: start(),
        prior: vec![],
        resource_id: None,
        writes: vec![touched(name)],
        fate: PastFate::Succeeded,
        doubled: false,
        measured: None,
    };
    let mut situation = situation.shows(&other, "91", "COMPLETED_SUCCESSFULLY");
    situation.snapshot.attempts = vec![past("T_WEEK_2")];
    assert_eq!(situation.decide().items[0].action, Action::Blocked);
    situation.snapshot.attempts = vec![past("t_week_1")];
    situation.expect(Action::Changed, 1, "another than that of");
}

#[test]
fn what_earlier_restores_took_tells_what_the_next_will_take() {
    let mut situation = Situation::new();
    situation.plan.items.extend([item("other", "u"), item("third", "v")]);
    let objects =
        [("t", Some(3_000_000_000)), ("u", Some(500_000_000)), ("v", None)].map(|(name, bytes)| BackupObject {
            name: ObjectName::bare(name).unwrap(),
            object_type: ObjectType::Table,
            parent: Some(ObjectName::bare("BANK").unwrap()),
            parent_type: Some(ObjectType::Database),
            bytes,
        });
    let key = ExecutionKey { job: situation.plan.items[0].source.key(), execution: execution().id };
    situation.snapshot.objects.insert(key, Reading::Read(objects.to_vec()));
    let told = |situation: &Situation| situation.decide().items.iter().map(|one| one.estimate).collect::<Vec<_>>();
    assert_eq!(told(&situation), [None; 3], "nothing is known yet");

    // 20 seconds for a gigabyte; what failed and what tells no bytes counts for nothing here.
    let fates = [
        (1, PastFate::Failed, None),
        (2, PastFate::Succeeded, Some(Measured { took_ms: Millis(20_000), bytes: Some(1_000_000_000) })),
    ];
    for (attempt, fate, measured) in fates {
        situation = situation.remembers(attempt, fate);
        situation.snapshot.attempts.last_mut().unwrap().measured = measured;
    }
    let throughput = |seconds: u64, bytes_per_second| Estimate {
        duration_ms: Millis::from_secs(seconds),
        basis: Basis::Throughput { bytes_per_second, restores: 1 },
    };
    let own = |seconds: u64, restores| Estimate {
        duration_ms: Millis::from_secs(seconds),
        basis: Basis::OwnRestores(restores),
    };
    assert_eq!(
        told(&situation),
        [Some(own(60, 1)), Some(throughput(10, 50_000_000)), None],
        "three times the bytes, three times as long; and nothing tells how much `v` is"
    );
    // What the site shows of the same restore isn't counted twice, and what it shows besides is.
    for (attempt, seconds) in [(2, 20), (3, 200)] {
        let name = situation.name(attempt);
        situation = situation.shows(&name, &attempt.to_string(), "COMPLETED_SUCCESSFULLY");
        let Some(Reading::Read(list)) = situation.snapshot.restores.get_mut(&SiteId::new("PROD")) else { panic!() };
        let record = list.last_mut().unwrap();
        record.start_time = Some(start());
        record.end_time = Some(Millis::from_secs(seconds).after(start()));
        record.sub_tasks = vec![SubTask { bytes: Some(1_000_000_000), ..SubTask::default() }];
    }
    assert_eq!(told(&situation)[0], Some(own(600, 2)));
}
