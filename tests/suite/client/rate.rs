//! A limit of requests holds for all that is asked, also for what is asked again.

use std::time::{Duration, Instant};

use super::server::{Hostile, say};
use super::{answer, client, json, request, site};
use crate::rig::Rig;

/// Nothing but the first request has a place so soon.
const LONG_BEFORE_THE_NEXT: Duration = Duration::from_secs(50);

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_is_repeated_waits_for_its_place() {
    let gate = Hostile::new(|number, _| {
        vec![say(match number {
            0 => answer("503 Service Unavailable", "", ""),
            _ => json("[]"),
        })]
    })
    .await;
    // A second each; it would be repeated after 0.4 s at the latest.
    let client = client(&gate.url).at_most(Some(60));
    let begun = Instant::now();
    client.restores(&site()).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(gate.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_is_not_held_up() {
    let gate = Hostile::always(vec![say(json("[]"))]).await;
    let client = client(&gate.url).at_most(Some(1));
    let begun = Instant::now();
    client.restores(&site()).await.unwrap();
    client.create(&request()).await;
    assert!(begun.elapsed() < LONG_BEFORE_THE_NEXT, "{:?}", begun.elapsed());
    assert_eq!(gate.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_keeps_the_plans_limit() {
    let rig = Rig::new().await;
    rig.change("plans/environments/sim.yaml", "limits:\n", "limits:\n  requests_per_minute: 300\n");
    let begun = Instant::now();
    rig.run(&["diff", "plans/dr-weekly.yaml", "--env", "sim"]).await.code(0);
    let took = begun.elapsed();
    let requests = u32::try_from(rig.requests().await.len()).unwrap();
    assert!(requests > 3, "{requests}");
    assert!(took >= Duration::from_millis(200) * (requests - 1), "{requests} requests in {took:?}");
}
