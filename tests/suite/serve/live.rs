//! A run that goes on while somebody watches it.

use reqwest::StatusCode;

use super::{Events, Serving, counted};
use crate::cli::{APPLY, WEEKLY};
use crate::rig::{FAST, Ran, Rig};
use crate::store::places::{Place, at_both};

at_both!(a_run_is_watched_from_its_middle_to_its_end, a_run_that_was_killed_is_not_shown_as_going_on);

async fn a_run_is_watched_from_its_middle_to_its_end(place: Place) {
    let mut rig = Rig::with(|config| config.throughput = 0).await;
    rig.state = place.said();
    let _ = place.open().await;
    let serving = Serving::new(&rig).await;
    assert!(serving.page("/").await.contains("There are no runs yet"));
    let run = rig.start(&APPLY);
    rig.until("some restores run", async |rig| rig.creates().await.len() >= 4).await;
    let id = serving.newest().await;
    assert!(serving.page("/").await.contains("class=\"standing live\">running"));
    let live = serving.page(&format!("/runs/{id}")).await;
    assert!(live.contains("Live view of a run") && live.contains("data-count=\"running\""), "{live}");
    let mut events = Events::of(&serving, &id).await;
    let mut others = Events::of(&serving, &id).await;
    let running = |name: &str, event: &serde_json::Value| {
        name == "update" && counted(event, "running") >= Some(4) && counted(event, "done") == Some(0)
    };
    let first = events.until("four that run", running).await;
    assert_eq!(first["mark"], "open", "{first}");
    others.until("four that run", running).await;
    // The report so far is there as well, and says that it goes on.
    let so_far = serving.page(&format!("/runs/{id}?view=report")).await;
    assert!(so_far.contains("This run goes on") && so_far.contains("running at the site"));

    rig.throughput(FAST).await;
    let last = events.until("the end", |name, _| name == "end").await;
    assert_eq!((counted(&last, "done"), counted(&last, "running")), (Some(WEEKLY as u64), Some(0)), "{last}");
    assert!(last["mark"] == "good" && last.to_string().contains("See its report"), "{last}");
    assert_eq!(events.next().await, None, "nothing comes after the end");
    others.until("the end", |name, _| name == "end").await;
    Ran::from(run.wait_with_output().await.unwrap()).code(0);

    let report = serving.page(&format!("/runs/{id}")).await;
    assert!(report.contains("Restore report") && report.contains("all succeeded"), "{report}");
    // Who comes when all is over is told so at once.
    let mut late = Events::of(&serving, &id).await;
    assert_eq!(late.next().await.unwrap().0, "end");
    assert_eq!(late.next().await, None);
    serving.stop("TERM").await.code(0);
}

async fn a_run_that_was_killed_is_not_shown_as_going_on(place: Place) {
    let mut rig = Rig::with(|config| config.throughput = 0).await;
    rig.state = place.said();
    let _ = place.open().await;
    let serving = Serving::new(&rig).await;
    let mut run = rig.start(&APPLY);
    rig.until("some restores run", async |rig| rig.creates().await.len() >= 4).await;
    let id = serving.newest().await;
    let mut events = Events::of(&serving, &id).await;
    events.until("that it goes on", |name, event| name == "update" && counted(event, "running") >= Some(4)).await;
    run.kill().await.unwrap();
    let last = events.until("that it broke off", |name, _| name == "end").await;
    assert!(last["mark"] == "bad" && last.to_string().contains("Its process is gone"), "{last}");
    assert_eq!(events.next().await, None);
    assert!(serving.page("/").await.contains("broken off"));
    let page = serving.page(&format!("/runs/{id}")).await;
    assert!(page.contains("Restore report") && page.contains("Its process is gone"), "{page}");
    serving.stop("INT").await.code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_may_watch_and_no_more_and_a_stop_ends_them_all() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let run = rig.start(&APPLY);
    rig.until("some restores run", async |rig| !rig.creates().await.is_empty()).await;
    let serving = Serving::new(&rig).await;
    let id = serving.newest().await;
    let mut all = Vec::new();
    for _ in 0..64 {
        all.push(Events::of(&serving, &id).await);
    }
    let path = format!("/runs/{id}/events");
    let refused = serving.get(&path).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    // Pages are shown to others all the same.
    assert!(serving.page("/").await.contains(&id));
    // Each is told the same, and who leaves makes room.
    for events in &mut all {
        events.until("how it stands", |name, _| name == "update").await;
    }
    all.pop();
    rig.until("there is room again", async |_| serving.get(&path).await.status() == StatusCode::OK).await;
    assert_eq!(serving.get("/runs/no-such-run/events").await.status(), StatusCode::NOT_FOUND);
    serving.stop("TERM").await.code(0);
    for events in &mut all {
        while let Some((name, _)) = events.next().await {
            assert_eq!(name, "update");
        }
    }
    rig.throughput(FAST).await;
    Ran::from(run.wait_with_output().await.unwrap()).code(0);
}
