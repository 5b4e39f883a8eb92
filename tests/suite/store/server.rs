//! A server that goes away in the middle of a run.

use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::places::{OwnServer, Place};
use crate::cli::{APPLY, WEEKLY, no_doubles};
use crate::rig::{FAST, Ran, Rig};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a PostgreSQL server: .ci/postgres cargo test -- --include-ignored"]
async fn a_server_that_comes_back_is_waited_for() {
    let server = OwnServer::new();
    let mut rig = Rig::with(|config| config.throughput = 0).await;
    rig.state = Place::database(&server.url).await.said();
    let mut run = rig.start(&[&["-v"][..], &APPLY[..]].concat());
    let mut told = BufReader::new(run.stderr.take().unwrap()).lines();
    rig.until("four restores run", async |rig| rig.creates().await.len() >= 4).await;
    server.crash();
    rig.throughput(FAST).await;
    // It sees that they are done, and can't write that down.
    loop {
        let line = told.next_line().await.unwrap().expect("it ended");
        if line.contains("did not append to the journal") && line.contains("trying again") {
            break;
        }
    }
    assert_eq!(rig.creates().await.len(), 4, "a create was sent that no journal holds");
    server.start();
    while told.next_line().await.unwrap().is_some() {}
    Ran::from(run.wait_with_output().await.unwrap()).code(0).says("ALL SUCCEEDED");
    no_doubles(&rig.creates().await, WEEKLY);
    assert_eq!(rig.runs().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a PostgreSQL server: .ci/postgres cargo test -- --include-ignored"]
async fn a_server_that_stays_away_ends_the_run_and_loses_nothing() {
    let server = OwnServer::new();
    let mut rig = Rig::with(|config| config.throughput = 0).await;
    rig.state = Place::database(&server.url).await.said();
    let run = rig.command(&APPLY).env("RESTORECTL_STATE_PATIENCE", "500ms").spawn().unwrap();
    rig.until("four restores run", async |rig| rig.creates().await.len() >= 4).await;
    server.crash();
    let before = rig.creates().await.len();
    rig.throughput(FAST).await;
    let ran =
        Ran::from(run.wait_with_output().await.unwrap()).code(1).says("could not append to the journal, for 500ms now");
    let ran = ran.says("nothing more was started").says("these may run at the site:\n  - ");
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    assert_eq!(rig.creates().await.len(), before, "a create was sent that no journal holds");
    // Opening a store that is away is not waited for.
    rig.run(&APPLY).await.code(1).says("could not be opened");
    server.start();
    rig.run(&APPLY).await.code(0).says("left its lease behind");
    no_doubles(&rig.creates().await, WEEKLY);
}
