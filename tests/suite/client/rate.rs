//! A limit of requests holds for all that is asked, also for what is asked again.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::server::{Hostile, say};
use super::{answer, client, json, request, site};
use crate::rig::Rig;

/// Carries something out while time goes on in small steps alone, between which whatever is on its way arrives; so it
/// makes no difference how fast the machine is.
async fn in_steps<T>(work: impl Future<Output = T>) -> T {
    // As long as something blocks, time doesn't leap to the next moment that somebody waits for.
    let (_over, blocks) = std::sync::mpsc::channel::<()>();
    tokio::task::spawn_blocking(move || blocks.recv());
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = turns(100) => tokio::time::advance(Duration::from_millis(50)).await,
        }
    }
}

/// Lets everybody else go on who can, so often.
async fn turns(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

/// A server that takes down when each request came, and answers the first one so, and a list to all others.
async fn watched(first: Vec<u8>) -> (Hostile, Arc<Mutex<Vec<Instant>>>) {
    let came = Arc::<Mutex<Vec<Instant>>>::default();
    let seen = Arc::clone(&came);
    let gate = Hostile::new(move |number, _| {
        seen.lock().unwrap().push(Instant::now());
        vec![say(if number == 0 { first.clone() } else { json("[]") })]
    });
    (gate.await, came)
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_is_repeated_waits_for_its_place() {
    let (gate, came) = watched(answer("503 Service Unavailable", "", "")).await;
    // A second each; it would be repeated after 0.4 s at the latest.
    let client = client(&gate.url).at_most(Some(60));
    in_steps(client.restores(&site())).await.unwrap();
    let came = came.lock().unwrap();
    assert_eq!(came.len(), 2);
    assert!(came[1] - came[0] >= Duration::from_secs(1), "{:?}", came[1] - came[0]);
}

#[tokio::test(start_paused = true)]
async fn a_create_is_not_held_up() {
    let (gate, came) = watched(json("[]")).await;
    let client = client(&gate.url).at_most(Some(1));
    in_steps(client.restores(&site())).await.unwrap();
    in_steps(client.create(&request())).await;
    // What is read after it waits for the create's place, too.
    in_steps(client.restores(&site())).await.unwrap();
    let came = came.lock().unwrap();
    assert_eq!(came.len(), 3);
    let [held_up, after] = [came[1] - came[0], came[2] - came[0]];
    assert!(held_up < Duration::from_secs(1) && after >= Duration::from_mins(2), "{held_up:?}, {after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_keeps_the_plans_limit() {
    let rig = Rig::new().await;
    rig.change("plans/environments/sim.yaml", "limits:\n", "limits:\n  requests_per_minute: 300\n");
    // Real time, because it is another process; but no machine is so slow that this fails.
    let begun = std::time::Instant::now();
    rig.run(&["diff", "plans/dr-weekly.yaml", "--env", "sim"]).await.code(0);
    let took = begun.elapsed();
    let requests = u32::try_from(rig.requests().await.len()).unwrap();
    assert!(requests > 3, "{requests}");
    assert!(took >= Duration::from_millis(200) * (requests - 1), "{requests} requests in {took:?}");
}
