//! Whole processes, each with a shard, over one store: a file, and a server.

use std::collections::BTreeSet;

use serde_json::Value;
use tokio::process::Child;

use crate::cli::{APPLY, WEEKLY, no_doubles};
use crate::rig::{FAST, Ran, Rig};
use crate::store::places::{Place, at_both};

at_both![
    shards_run_side_by_side_and_restore_each_thing_once,
    the_whole_plan_and_other_splits_are_kept_out,
    a_killed_shard_is_followed_at_once_by_the_whole_plan,
    leases_of_shards_are_broken_one_by_one_or_all,
];

pub const WEEKLY_PLAN: &str = "plans/dr-weekly.yaml";

/// `apply` of one shard of the weekly plan.
pub fn apply(shard: &str) -> Vec<&str> {
    [&APPLY[..], &["--shard", shard]].concat()
}

async fn slow(place: &Place) -> Rig {
    let mut rig = Rig::with(|config| config.throughput = 0).await;
    rig.state = place.said();
    rig
}

pub async fn ended(child: Child) -> Ran {
    Ran::from(child.wait_with_output().await.unwrap())
}

/// What was printed, on one line.
fn unwrapped(ran: &Ran) -> String {
    ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The items of a saved changeset or a report.
fn items(document: &Value, name: impl Fn(&Value) -> &Value) -> BTreeSet<String> {
    let all = document["items"].as_array().unwrap();
    all.iter().map(|item| name(item).as_str().unwrap().to_owned()).collect()
}

async fn diff(rig: &Rig, shard: &str) -> Value {
    let diff = ["diff", WEEKLY_PLAN, "--env", "sim", "--format", "json", "--shard", shard];
    serde_json::from_str(&rig.run(&diff).await.code(0).stdout).unwrap()
}

async fn shards_run_side_by_side_and_restore_each_thing_once(place: Place) {
    let rig = slow(&place).await;
    let (one, two) = (rig.start(&apply("1/2")), rig.start(&apply("2/2")));
    // Five restores at once: more than one process of this plan keeps in flight.
    rig.until("both have begun", async |rig| rig.creates().await.len() > 4).await;
    let both = rig.run(&["runs", "list"]).await.code(0).stdout;
    assert!(both.contains("1/2") && both.contains("2/2"), "{both}");
    rig.throughput(FAST).await;
    let (one, two) = (ended(one).await.code(0), ended(two).await.code(0));
    for (ran, shard) in [(&one, "this is shard 1 of 2 of the plan"), (&two, "this is shard 2 of 2 of the plan")] {
        let text = unwrapped(ran);
        assert!(text.contains("ALL SUCCEEDED") && text.contains(shard), "{text}");
        assert!(text.contains("belong to the others"), "{text}");
    }
    no_doubles(&rig.creates().await, WEEKLY);
    // The whole plan sees what its shards did.
    rig.run(&APPLY).await.code(0).says("nothing to do: all 10 restores are there");
    rig.run(&apply("2/3")).await.code(0).says("more restores of the plan belong to other shards");
    no_doubles(&rig.creates().await, WEEKLY);
}

async fn the_whole_plan_and_other_splits_are_kept_out(place: Place) {
    let rig = slow(&place).await;
    let first = rig.start(&apply("1/2"));
    rig.until("it has begun", async |rig| !rig.creates().await.is_empty()).await;
    let words = "another restorectl applies shard 1/2 of plan `dr-weekly` to environment `sim`";
    rig.run(&APPLY).await.code(1).says(words);
    rig.run(&apply("1/2")).await.code(1).says(words);
    rig.run(&apply("2/3")).await.code(1).says(words).says("split into 2 shards there and into 3 here");
    // The same shard of a plan that somebody changed meanwhile is cut otherwise, perhaps.
    let text = std::fs::read_to_string(rig.path(WEEKLY_PLAN)).unwrap();
    rig.write("plans/changed.yaml", &text.replace("concurrency: 4", "concurrency: 3"));
    let changed = ["apply", "plans/changed.yaml", "--env", "sim", "--auto-approve", "--shard", "2/2"];
    rig.run(&changed).await.code(1).says(words).says("means something else there");
    // To look at it disturbs nobody.
    rig.run(&["diff", WEEKLY_PLAN, "--env", "sim"]).await.code(0);
    rig.throughput(FAST).await;
    ended(first).await.code(0);

    rig.throughput(0).await;
    let whole = rig.start(&[&APPLY[..], &["--again"]].concat());
    rig.until("it has begun", async |rig| rig.runs().await >= 2).await;
    rig.run(&apply("2/2")).await.code(1).says("another restorectl applies plan `dr-weekly` to environment `sim`");
    rig.throughput(FAST).await;
    ended(whole).await.code(0);
}

async fn a_killed_shard_is_followed_at_once_by_the_whole_plan(place: Place) {
    let rig = slow(&place).await;
    let (mut one, mut two) = (rig.start(&apply("1/2")), rig.start(&apply("2/2")));
    rig.until("both have begun", async |rig| rig.creates().await.len() > 4).await;
    one.kill().await.unwrap();
    two.kill().await.unwrap();
    rig.throughput(FAST).await;
    let ran = rig.run(&APPLY).await.code(0).says("left its lease behind");
    assert_eq!(ran.stderr.matches("left its lease behind").count(), 2, "{}", ran.stderr);
    no_doubles(&rig.creates().await, WEEKLY);
}

async fn leases_of_shards_are_broken_one_by_one_or_all(place: Place) {
    let rig = slow(&place).await;
    let (one, two) = (rig.start(&apply("1/2")), rig.start(&apply("2/2")));
    rig.until("both have begun", async |rig| rig.creates().await.len() > 4).await;
    let unlock = |more: &[&'static str]| [&["unlock", "dr-weekly", "--env", "sim"], more].concat();
    rig.run(&unlock(&["--shard", "1/3"])).await.code(0).says("nobody holds the lease of shard 1/3 of plan `dr-weekly`");
    let both = rig.run(&unlock(&["--yes"])).await.code(1).says("shard 1/2 of plan `dr-weekly` in environment `sim`");
    both.says("shard 2/2 of plan").says("ALIVE");
    let broken = rig.run(&unlock(&["--shard", "1/2", "--yes", "--force"])).await.code(0);
    broken.says("on shard 1/2 is broken");
    rig.throughput(FAST).await;
    ended(one).await.code(1).says("the lease of shard 1/2 of plan `dr-weekly`").says("was broken with");
    ended(two).await.code(0);
    rig.run(&APPLY).await.code(0);
    no_doubles(&rig.creates().await, WEEKLY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diff_says_which_shard_it_is_and_counts_what_is_elsewhere() {
    let rig = Rig::new().await;
    let diff_of = |shard| ["diff", WEEKLY_PLAN, "--env", "sim", "--shard", shard];
    let ran = rig.run(&diff_of("1/3")).await.code(0).says("1 of 3, with 4 restores of 10").says("4 to create");
    let ran = ran.says("hold for this shard by itself: all 3 together keep up to 12");
    ran.says("6 more restores of the plan belong to other shards, and were not looked at");
    let mut all = BTreeSet::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let part = diff(&rig, shard).await;
        assert_eq!(part["shard"]["shard"], shard);
        let items = items(&part, |item| &item["name"]);
        assert!(all.is_disjoint(&items), "{items:?}");
        all.extend(items);
    }
    assert_eq!(all.len(), WEEKLY);
    // A shard without restores is no mistake.
    let empty = ["diff", "plans/rename-table.yaml", "--env", "sim", "--shard", "2/2", "--detailed-exitcode"];
    rig.run(&empty)
        .await
        .code(0)
        .says("no restore of the plan falls into this shard")
        .says("1 more restore of the plan");
    let apply = ["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve", "--shard", "2/2"];
    rig.run(&apply).await.code(0).says("NOTHING TO DO: no restore of the plan falls into it");
    assert_eq!(rig.creates().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_such_shard_is_a_mistake_of_the_command_line() {
    let rig = Rig::new().await;
    for (shard, words) in [
        ("0/3", "there is no shard 0 of 3: write 1/3 for the first and 3/3 for the last"),
        ("4/3", "there is no shard 4 of 3"),
        ("a/b", "write I/N, like `1/3`"),
        ("1/0", "can't be split into 0 shards"),
        ("1/1001", "1000 shards at most"),
    ] {
        for command in ["diff", "apply", "unlock"] {
            rig.run(&[command, WEEKLY_PLAN, "--env", "sim", "--shard", shard]).await.code(2).says(words);
        }
    }
    assert_eq!(rig.requests().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_changeset_remembers_its_shard() {
    let rig = Rig::new().await;
    let save = ["diff", WEEKLY_PLAN, "--env", "sim", "--shard", "2/2", "--out", "change.json"];
    rig.run(&save).await.code(0);
    rig.run(&["apply", "change.json", "--shard", "1/2"]).await.code(2).says("`--shard`");
    let expected = diff(&rig, "2/2").await["items"].as_array().unwrap().len();
    let ran = rig.run(&["apply", "change.json"]).await.code(0);
    assert!(unwrapped(&ran).contains("this is shard 2 of 2 of the plan"), "{}", ran.stdout);
    no_doubles(&rig.creates().await, expected);
    assert_eq!(rig.report().await["run"]["shard"]["shard"], "2/2");
}

#[tokio::test(flavor = "multi_thread")]
async fn resume_goes_on_with_the_shard_that_the_run_was() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let mut child = rig.start(&apply("1/2"));
    rig.until("it has begun", async |rig| !rig.creates().await.is_empty()).await;
    child.kill().await.unwrap();
    rig.throughput(FAST).await;
    let ran = rig.run(&["resume", "--auto-approve"]).await.code(0);
    assert!(unwrapped(&ran).contains("this is shard 1 of 2 of the plan"), "{}", ran.stdout);
    let mine = items(&diff(&rig, "1/2").await, |item| &item["name"]);
    assert_eq!(items(&rig.report().await, |item| &item["name"]), mine);
    no_doubles(&rig.creates().await, mine.len());

    // The plan means something else now, elsewhere or here.
    let text = std::fs::read_to_string(rig.path(WEEKLY_PLAN)).unwrap();
    rig.write(WEEKLY_PLAN, &text.replace("concurrency: 4", "concurrency: 3"));
    rig.run(&["resume", "--auto-approve"]).await.code(1).says("or restores of its other shards");
    let accepted = rig.run(&["resume", "--auto-approve", "--accept-changes"]).await.code(0);
    assert!(unwrapped(&accepted).contains("this is shard 1 of 2 of the plan"), "{}", accepted.stdout);
    no_doubles(&rig.creates().await, mine.len());
}
