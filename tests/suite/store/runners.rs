//! Whole runners, as processes, over one store.

use std::path::Path;

use restorectl::journal::Store as _;
use restorectl::model::Slug;
use tokio::process::Child;

use super::places::{Place, at_both};
use crate::claims::elsewhere;
use crate::cli::{APPLY, WEEKLY, no_doubles};
use crate::rig::{FAST, Ran, Rig};

at_both![
    two_runners_do_not_apply_one_plan_at_once,
    who_was_killed_is_followed_at_once,
    a_runner_whose_lease_is_broken_sends_nothing_more,
    the_lease_of_another_machine_is_broken_by_hand_alone,
    nothing_is_held_after_any_end,
];

/// A site where nothing gets ready until it is told to.
async fn rig(place: &Place) -> Rig {
    let mut rig = Rig::with(|config| config.throughput = 0).await;
    rig.state = place.said();
    rig
}

async fn ended(child: Child) -> Ran {
    Ran::from(child.wait_with_output().await.unwrap())
}

const UNLOCK: [&str; 4] = ["unlock", "dr-weekly", "--env", "sim"];

async fn two_runners_do_not_apply_one_plan_at_once(place: Place) {
    let rig = rig(&place).await;
    let first = rig.start(&APPLY);
    rig.until("four restores run", async |rig| rig.creates().await.len() >= 4).await;
    let before = rig.creates().await.len();
    let refused =
        rig.run(&APPLY).await.code(1).says("another restorectl applies plan `dr-weekly` to environment `sim`");
    let pid = format!("(process {}, run ", first.id().unwrap());
    refused.says("tester@").says(&pid).says("restorectl unlock dr-weekly --env sim");
    assert_eq!(rig.creates().await.len(), before);
    // Reading disturbs nobody, and a live holder isn't unlocked by mistake.
    rig.run(&["diff", "plans/dr-weekly.yaml", "--env", "sim"]).await.code(0);
    rig.run(&[&UNLOCK[..], &["--yes"]].concat()).await.code(1).says("ALIVE").says("--force");
    rig.throughput(FAST).await;
    ended(first).await.code(0);
    rig.run(&APPLY).await.code(0).says("nothing to do");
    no_doubles(&rig.creates().await, WEEKLY);
}

async fn who_was_killed_is_followed_at_once(place: Place) {
    let rig = rig(&place).await;
    let mut child = rig.start(&APPLY);
    rig.until("four restores run", async |rig| rig.creates().await.len() >= 4).await;
    child.kill().await.unwrap();
    rig.throughput(FAST).await;
    rig.run(&APPLY).await.code(0).says("left its lease behind");
    no_doubles(&rig.creates().await, WEEKLY);
}

async fn a_runner_whose_lease_is_broken_sends_nothing_more(place: Place) {
    let rig = rig(&place).await;
    let child = rig.start(&APPLY);
    rig.until("four restores run", async |rig| rig.creates().await.len() >= 4).await;
    rig.run(&[&UNLOCK[..], &["--yes", "--force"]].concat()).await.code(0).says("ALIVE").says("is broken");
    let before = rig.creates().await.len();
    rig.throughput(FAST).await;
    let ran = ended(child)
        .await
        .code(1)
        .says("nothing more was started")
        .says("was broken with `restorectl unlock` by tester");
    assert!(ran.stderr.contains("these may run at the site"), "{}", ran.stderr);
    assert_eq!(rig.creates().await.len(), before, "it went on sending");
    rig.run(&APPLY).await.code(0);
    no_doubles(&rig.creates().await, WEEKLY);
}

async fn the_lease_of_another_machine_is_broken_by_hand_alone(place: Place) {
    let rig = rig(&place).await;
    rig.throughput(FAST).await;
    rig.run(&UNLOCK).await.code(0).says("nobody holds the lease");
    let claim = elsewhere(&Slug::parse("dr-weekly").unwrap(), "sim");
    place.open().await.take(&claim, &[]).await.unwrap();
    rig.run(&APPLY).await.code(1).says("cleo@here (process 7) since ").says("restorectl unlock dr-weekly --env sim");
    assert_eq!(rig.creates().await.len(), 0);
    rig.run(&UNLOCK).await.code(1).says("can't be told from here").says("--yes");
    rig.run(&["unlock", "plans/dr-weekly.yaml", "--env", "sim", "--yes"]).await.code(0).says("cleo@here is broken");
    rig.run(&APPLY).await.code(0);
    no_doubles(&rig.creates().await, WEEKLY);
}

async fn nothing_is_held_after_any_end(place: Place) {
    let mut rig = rig(&place).await;
    rig.throughput(FAST).await;
    let free = "nobody holds the lease";
    rig.run(&APPLY).await.code(0);
    rig.run(&UNLOCK).await.code(0).says(free);
    // Refused before anything ran.
    rig.run(&["apply", "plans/dr-weekly.yaml", "--env", "sim", "--again"]).await.code(1).says("--auto-approve");
    rig.run(&UNLOCK).await.code(0).says(free);
    rig.cut().await;
    rig.run(&APPLY).await.code(1).says("no connection");
    rig.run(&UNLOCK).await.code(0).says(free);
}

/// A process that stood still while somebody else did its work: it must not go on where it stood.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a PostgreSQL server: .ci/postgres cargo test -- --include-ignored"]
async fn a_runner_that_slept_while_another_took_over_sends_nothing_more() {
    let place = Place::server().await;
    let rig = rig(&place).await;
    let sleeper = rig.start(&APPLY);
    rig.until("four restores run", async |rig| rig.creates().await.len() >= 4).await;
    signal(&sleeper, "STOP").await;
    rig.run(&[&UNLOCK[..], &["--yes", "--force"]].concat()).await.code(0);
    rig.throughput(FAST).await;
    rig.run(&APPLY).await.code(0);
    signal(&sleeper, "CONT").await;
    ended(sleeper).await.code(1).says("is lost");
    no_doubles(&rig.creates().await, WEEKLY);
}

async fn signal(child: &Child, name: &str) {
    let pid = child.id().unwrap().to_string();
    let sent = tokio::process::Command::new("kill").args(["-s", name, &pid]).status().await.unwrap();
    assert!(sent.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_not_taken_from_the_command_line() {
    let rig = Rig::new().await;
    for url in ["postgres://ada:hunter2@127.0.0.1:1/x", "postgresql://ada@127.0.0.1:1/x?password=hunter2"] {
        let ran = rig.run(&["--state", url, "runs", "list"]).await.code(1).says("list of processes").says("PGPASSWORD");
        assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
        let ran = rig.command(&["-vv", "runs", "list"]).env("RESTORECTL_STATE", url).output().await.unwrap();
        let ran = Ran::from(ran).code(1).says("postgres://ada@127.0.0.1:1/x").says("could not be opened");
        assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
    }
    rig.run(&["--state", "postgres://ada@127.0.0.1:1/x?pasword=hunter2", "runs", "list"])
        .await
        .code(1)
        .says("`pasword`");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a PostgreSQL server: .ci/postgres cargo test -- --include-ignored"]
async fn the_password_is_left_nowhere() {
    let place = Place::server().await;
    let said = place.said();
    let url = url::Url::parse(&said).unwrap();
    let password = url.password().unwrap();
    let mut bare = url.clone();
    bare.set_password(None).unwrap();
    let rig = Rig::new().await;
    // By the variable of libpq, with the address where everybody may read it.
    let apply = [&["-vv", "--state", bare.as_str()][..], &APPLY[..]].concat();
    let mut all = Ran::from(rig.command(&apply).env("PGPASSWORD", password).output().await.unwrap()).code(0).stderr;
    for arguments in
        [&["-vv", "runs", "list"][..], &["-vv", "demo"][..], &["report", "--latest", "--format", "json"][..]]
    {
        let ran = Ran::from(rig.command(arguments).env("RESTORECTL_STATE", &said).output().await.unwrap()).code(0);
        all += &(ran.stdout + &ran.stderr);
    }
    // Without a password, and with a wrong one.
    rig.run(&["--state", bare.as_str(), "runs", "list"]).await.code(1);
    let wrong = rig.command(&["--state", bare.as_str(), "runs", "list"]).env("PGPASSWORD", "hunter2").output().await;
    all += &Ran::from(wrong.unwrap()).code(1).says("the login is wrong").stderr;
    assert!(all.len() > 10_000 && !all.contains(password) && !all.contains("hunter2"));
    assert!(!Path::new(&rig.path("state.db")).exists(), "nothing is kept beside it");
}
