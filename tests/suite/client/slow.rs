//! Servers that take their time: whatever comes, and however slowly, one call ends after `api.timeout`.

use std::time::Duration;

use restorectl::baas::Client;
use restorectl::model::*;

use super::server::{Act, Hostile, say};
use super::{access, api, request, site};

/// Small, because nothing here ever answers; what is told apart below is this from "for ever".
const TIMEOUT: Millis = Millis(300);

/// Long enough for a machine that does ten other things.
const FOR_EVER: Duration = Duration::from_secs(60);

/// What comes of a call that ends.
async fn ended<T>(what: &str, call: impl Future<Output = T>) -> T {
    tokio::time::timeout(FOR_EVER, call).await.expect(what)
}

fn client(gate: &Hostile) -> Client {
    let api = Api { timeout_ms: TIMEOUT, ..api(&gate.url) };
    Client::new(&api, &access(), None, None).unwrap()
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

/// Every way to be slow, each with the status of its head where one comes.
fn ways() -> Vec<(&'static str, Vec<Act>)> {
    let drip = |text: &str| Act::Drip(text.into());
    vec![
        ("silence", vec![Act::Silence]),
        ("half a head", vec![say("HTTP/1.1 20"), Act::Silence]),
        ("headers that drip", vec![say(HEAD), drip("x-drip: a\r\n")]),
        ("one header that drips", vec![say(format!("{HEAD}x-drip: ")), drip("a")]),
        ("a body that never begins", vec![say(format!("{HEAD}content-length: 9\r\n\r\n")), Act::Silence]),
        ("a body that drips", vec![say(format!("{HEAD}content-length: 1000000\r\n\r\n[")), drip(" ")]),
        ("a body without end that drips", vec![say(format!("{HEAD}\r\n[")), drip(" ")]),
        ("chunks that drip", vec![say(format!("{HEAD}transfer-encoding: chunked\r\n\r\n")), drip("1\r\n \r\n")]),
        ("a chunk's size that drips", vec![say(format!("{HEAD}transfer-encoding: chunked\r\n\r\n")), drip("0")]),
        (
            "trailers that drip",
            vec![say(format!("{HEAD}transfer-encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n")), drip("x: y\r\n")],
        ),
        ("answers before the answer", vec![Act::Repeat("HTTP/1.1 103 Early Hints\r\n\r\n".into())]),
        ("dripping answers before the answer", vec![drip("HTTP/1.1 100 Continue\r\n\r\n")]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_ends_in_time() {
    for (way, acts) in ways() {
        let gate = Hostile::always(acts).await;
        let client = client(&gate);
        let said = ended(way, client.restores(&site())).await.expect_err(way).to_string();
        // What breaks a rule of HTTP within the time ends as that.
        assert!(said.contains("no whole answer") || said.contains("was cut off"), "{way}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_ends_in_time_with_nothing_known() {
    for (way, acts) in ways() {
        let gate = Hostile::always(acts).await;
        let client = client(&gate);
        let outcome = ended(way, client.create(&request())).await;
        assert!(matches!(outcome, CreateOutcome::Unknown { .. }), "{way}: {outcome:?}");
        assert_eq!((gate.connections(), gate.requests().len()), (1, 1), "{way}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_took_all_its_time_is_not_begun_again() {
    let gate = Hostile::always(vec![say(format!("{HEAD}\r\n[")), Act::Drip(" ".into())]).await;
    let reader = client(&gate);
    let failed = ended("drips", reader.restores(&site())).await.unwrap_err();
    assert!(failed.to_string().contains("the time for it ran out (`api.timeout`)"), "{failed}");
    assert_eq!(gate.requests().len(), 1);
    // The words of an error may drip too; what came of them is told.
    let acts = vec![say("HTTP/1.1 503 Service Unavailable\r\n\r\nout of order"), Act::Drip(" ".into())];
    let gate = Hostile::always(acts).await;
    let reader = client(&gate);
    let failed = ended("words that drip", reader.restores(&site())).await.unwrap_err();
    assert!(failed.to_string().ends_with("it says: out of order"), "{failed}");
    assert_eq!(gate.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_binary_ends_in_time() {
    let rig = crate::rig::Rig::new().await;
    let gate = Hostile::always(vec![say(format!("{HEAD}\r\n[")), Act::Drip(" ".into())]).await;
    rig.through(&gate.url, "  timeout: 300ms\n");
    let plan = ["plans/dr-weekly.yaml", "--env", "sim"];
    for command in [&["diff"][..], &["apply", "--auto-approve"]] {
        ended("the binary", rig.run(&[command, &plan].concat()))
            .await
            .code(1)
            .says("the time for it ran out (`api.timeout`)");
    }
    assert!(gate.requests().iter().all(|request| request.starts_with("GET") || request.contains("permissions")));
}
