//! Webhooks of the real binary: what receivers are told, and that a receiver that means harm changes nothing.

use std::sync::atomic::Ordering;

use restorectl::simulator::Config;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::cli::APPLY;
use crate::client::server::{Act, Hostile, say};
use crate::client::tls::{Authority, Guarded, Manner};
use crate::client::{answer, json};
use crate::rig::{FAST, Ran, Rig};

const ENVIRONMENT: &str = "plans/environments/sim.yaml";
const KEY: &str = "open-sesame";

/// A rig whose environment has these webhooks.
async fn rig(webhooks: &str, change: impl FnOnce(&mut Config)) -> Rig {
    let rig = Rig::with(change).await;
    add(&rig, webhooks);
    rig.write("plans/environments/key", &format!("{KEY}\n"));
    rig
}

fn add(rig: &Rig, webhooks: &str) {
    let text = std::fs::read_to_string(rig.path(ENVIRONMENT)).unwrap();
    rig.write(ENVIRONMENT, &format!("{text}\nwebhooks:\n{webhooks}"));
}

/// A delivery: its headers by lower-case names, and its body.
struct Delivery {
    head: String,
    body: String,
}

impl Delivery {
    fn of(request: &str) -> Self {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        Self { head: head.to_owned(), body: body.to_owned() }
    }

    fn header(&self, name: &str) -> &str {
        let found = self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        found.unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }

    fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

fn deliveries(receiver: &Hostile) -> Vec<Delivery> {
    receiver.requests().iter().map(|request| Delivery::of(request)).collect()
}

fn events(receiver: &Hostile) -> Vec<String> {
    deliveries(receiver).iter().map(|one| one.value()["event"].as_str().unwrap().to_owned()).collect()
}

/// HMAC-SHA256 as RFC 2104 writes it.
fn hmac(key: &[u8], text: &[u8]) -> String {
    let padded = |with: u8| -> Vec<u8> { (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ with).collect() };
    let inner = Sha256::digest([&padded(0x36), text].concat());
    Sha256::digest([&padded(0x5c)[..], &inner[..]].concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_told_of_at_its_beginning_and_its_end_and_what_is_told_is_signed() {
    let receiver = Hostile::always(vec![Act::Say(json("ok"))]).await;
    let hook = format!(
        "  ops:\n    url: {}\n    bearer: {{file: key}}\n    headers: {{X-Team: {{file: key}}}}\n    signing_key: {{file: key}}\n",
        receiver.url
    );
    let rig = rig(&hook, |_| {}).await;
    let ran = rig.run(&APPLY).await.code(0);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    assert_eq!(events(&receiver), ["started", "finished"]);
    let schema: Value = serde_json::from_str(&rig.run(&["schema", "webhook"]).await.code(0).stdout).unwrap();
    let validator = jsonschema::options().offline().build(&schema).unwrap();
    let report = rig.report().await;
    for delivery in deliveries(&receiver) {
        let value = delivery.value();
        assert!(validator.is_valid(&value), "{value}");
        assert!(delivery.head.starts_with("POST /data-protection/v2 HTTP/1.1"), "{}", delivery.head);
        assert_eq!(delivery.header("content-type"), "application/json");
        assert_eq!(delivery.header("x-restorectl-id"), value["id"]);
        assert_eq!(delivery.header("authorization"), format!("Bearer {KEY}"));
        assert_eq!(delivery.header("x-team"), KEY);
        let signed = format!("{}.{}", delivery.header("x-restorectl-timestamp"), delivery.body);
        let expected = format!("sha256={}", hmac(KEY.as_bytes(), signed.as_bytes()));
        assert_eq!(delivery.header("x-restorectl-signature"), expected);
        assert_eq!(value["run"]["id"], report["run"]["id"]);
        assert_eq!(value["run"]["simulated"], true);
    }
    let end = deliveries(&receiver)[1].value();
    assert_eq!(end["verdict"], report["verdict"]);
    assert_eq!((&end["how"], &end["counts"]["succeeded"]), (&"completed".into(), &10.into()));
    assert_eq!(end["objectives"], report["objectives"]);
    for text in [rig.journal(), ran.stderr, ran.stdout] {
        assert!(!text.contains(KEY), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_only_looks_tells_nobody() {
    let receiver = Hostile::always(vec![Act::Say(json("ok"))]).await;
    let rig = rig(&format!("  ops: {{url: '{}'}}\n", receiver.url), |_| {}).await;
    rig.run(&["validate", "plans/", "--env", "sim"]).await.code(0);
    rig.run(&["render", "plans/dr-weekly.yaml", "--env", "sim"]).await.code(0);
    rig.run(&["diff", "plans/dr-weekly.yaml", "--env", "sim", "--save", "change.json"]).await.code(0);
    rig.run(&["apply", "plans/dr-weekly.yaml", "--env", "sim"]).await.code(1).says("nobody can be asked here");
    assert_eq!(receiver.connections(), 0);
    // What was saved and approved still knows whom to tell.
    rig.run(&["apply", "change.json"]).await.code(0);
    rig.run(&["report", "--latest"]).await.code(0);
    assert_eq!(events(&receiver), ["started", "finished"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missed_objective_is_told_while_the_run_goes_on_and_only_to_those_who_want_it() {
    let all = Hostile::always(vec![Act::Say(json("ok"))]).await;
    let ends = Hostile::always(vec![Act::Say(json("ok"))]).await;
    let hooks = format!("  all: {{url: '{}'}}\n  ends: {{url: '{}', events: [finished]}}\n", all.url, ends.url);
    let rig = rig(&hooks, |config| config.throughput = 0).await;
    rig.change("plans/dr-weekly.yaml", "{rto: 4h, rpo: 30d}", "{rto: 1s, rpo: 1s}");
    let child = rig.start(&APPLY);
    rig.until("both are told", async |_| all.requests().len() == 3).await;
    let told: Vec<Value> = deliveries(&all).iter().map(Delivery::value).collect();
    let kinds: Vec<&Value> = told.iter().map(|one| &one["objective"]["kind"]).collect();
    assert_eq!(kinds, [&Value::Null, &"rpo".into(), &"rto".into()]);
    assert_eq!((&told[2]["counts"]["succeeded"], &told[2]["verdict"]), (&0.into(), &Value::Null));
    assert_eq!(ends.requests().len(), 0);
    rig.throughput(FAST).await;
    let ran = Ran::from(child.wait_with_output().await.unwrap()).code(0);
    assert_eq!(events(&all), ["started", "objective_missed", "objective_missed", "finished"], "{}", ran.stderr);
    assert_eq!(events(&ends), ["finished"]);
    let missed: Vec<Value> = deliveries(&all)[3].value()["objectives"].as_array().unwrap().clone();
    assert!(missed.iter().all(|one| one["verdict"] == "missed"), "{missed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_goes_on_with_another_says_so_and_an_interrupted_one_too() {
    let receiver = Hostile::always(vec![Act::Say(json("ok"))]).await;
    let rig = rig(&format!("  ops: {{url: '{}'}}\n", receiver.url), |config| config.throughput = 0).await;
    let mut child = rig.start(&APPLY);
    rig.until("as many run as may", async |rig| rig.creates().await.len() == 4).await;
    let pid = child.id().unwrap().to_string();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    // Two that come close together may be delivered as one.
    for told in ["stopping", "leaving"] {
        let sent = std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap();
        assert!(sent.success());
        while !lines.next_line().await.unwrap().unwrap().contains(told) {}
    }
    assert_eq!(child.wait().await.unwrap().code(), Some(130));
    rig.throughput(FAST).await;
    rig.run(&["resume", "--auto-approve"]).await.code(0);
    let told: Vec<Value> = deliveries(&receiver).iter().map(Delivery::value).collect();
    assert_eq!(events(&receiver), ["started", "finished", "started", "finished"]);
    assert_eq!((&told[1]["how"], &told[1]["verdict"]["code"]), (&"interrupted".into(), &"interrupted".into()));
    assert_eq!(told[1]["counts"]["running"], 4);
    assert_eq!((&told[0]["run"]["resumes"], &told[2]["run"]["resumes"]), (&Value::Null, &told[0]["run"]["id"]));
    assert!(told[2]["text"].as_str().unwrap().contains("goes on with run"), "{}", told[2]["text"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_is_tried_again_under_the_same_id() {
    let receiver = Hostile::new(|number, _| match number {
        0 => vec![say(answer("503 Service Unavailable", "retry-after: 0\r\n", ""))],
        1 => vec![Act::Reset],
        _ => vec![say(json("ok"))],
    });
    let receiver = receiver.await;
    let rig = rig(&format!("  ops: {{url: '{}', events: [finished], timeout: 60s}}\n", receiver.url), |_| {}).await;
    let ran = rig.run(&APPLY).await.code(0);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    let ids: Vec<String> = deliveries(&receiver).iter().map(|one| one.header("x-restorectl-id").to_owned()).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0] && id.ends_with(":finished")), "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_means_harm_is_warned_of_and_changes_nothing() {
    let elsewhere = Hostile::always(vec![Act::Say(json("ok"))]).await;
    let moved = answer("307 Temporary Redirect", &format!("location: {}\r\n", elsewhere.url), "");
    let receivers = [
        ("refuses", vec![say(answer("403 Forbidden", "", "s3cret"))], "127.0.0.1:0 answered 403"),
        ("breaks", vec![say(answer("500 Internal Server Error", "", "s3cret"))], "127.0.0.1:0 answered 500"),
        ("moves", vec![say(moved)], "127.0.0.1:0 answered 307, and redirects are not followed"),
        ("hangs", vec![Act::Silence], "127.0.0.1:0 didn't answer in time"),
        ("resets", vec![Act::Reset], "127.0.0.1:0 can't be reached"),
        ("babbles", vec![say("no http at all\r\n\r\n")], "127.0.0.1:0 can't be reached"),
    ];
    let mut hooks = String::new();
    let mut servers = Vec::new();
    for (name, acts, _) in &receivers {
        let server = Hostile::always(acts.clone()).await;
        // Those that answer for good do so at once, however long they are given.
        let timeout = if matches!(*name, "refuses" | "moves") { "20s" } else { "900ms" };
        hooks.push_str(&format!("  {name}: {{url_from: {{file: {name}}}, timeout: {timeout}}}\n"));
        servers.push(server);
    }
    // And one that takes it, and then talks for ever.
    let talks = Hostile::always(vec![say("HTTP/1.1 200 OK\r\n\r\n"), Act::Repeat(vec![b'x'; 4096])]).await;
    hooks.push_str(&format!("  talks: {{url: '{}'}}\n  gone: {{url_from: {{file: gone}}}}\n", talks.url));
    hooks.push_str("  lost: {url_from: {file: lost}}\n  odd: {url_from: {file: odd}}\n");
    let rig = rig(&hooks, |_| {}).await;
    for ((name, ..), server) in receivers.iter().zip(&servers) {
        rig.write(&format!("plans/environments/{name}"), &format!("{}/T0/s3cret?sig=s3cret\n", server.url));
    }
    rig.write("plans/environments/gone", "http://127.0.0.1:1/s3cret\n");
    rig.write("plans/environments/odd", "http://hooks.example.com/s3cret\n");
    let ran = rig.run(&APPLY).await.code(0);
    let port = |url: &str| url.split('/').nth(2).unwrap().to_owned();
    for ((name, _, says), server) in receivers.iter().zip(&servers) {
        let says = says.replace("127.0.0.1:0", &format!("http://{}", port(&server.url)));
        for event in ["started", "finished"] {
            let line = format!("warning: webhook `{name}`: `{event}` could not be told: {says}");
            assert!(ran.stderr.contains(&line), "{line}\n{}", ran.stderr);
        }
    }
    for line in [
        "warning: webhook `gone`: `finished` could not be told: http://127.0.0.1:1 can't be reached",
        "warning: webhook `lost`: it can't be used: its `url_from`: ",
        "warning: webhook `odd`: it can't be used: what file ",
        "is plain http",
    ] {
        assert!(ran.stderr.contains(line), "{line}\n{}", ran.stderr);
    }
    assert!(!ran.stderr.contains("webhook `talks`"), "{}", ran.stderr);
    for text in [&ran.stderr, &ran.stdout, &rig.journal()] {
        assert!(!text.contains("s3cret"), "{text}");
    }
    assert_eq!(elsewhere.connections(), 0, "no redirect is followed");
    assert_eq!(servers[0].requests().len(), 2, "what is refused for good is not tried again");
    assert!(servers[1].requests().len() > 2, "what may pass is");
    assert_eq!(rig.creates().await.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_to_a_receiver_that_nobody_vouches_for() {
    let (ours, foreign) = (Authority::new(), Authority::new());
    let server = |authority: &Authority| Manner::Answers(authority.server("127.0.0.1", true, |_| {}), json("ok"));
    let known = Guarded::new(server(&ours)).await;
    let unknown = Guarded::new(server(&foreign)).await;
    let hook = |name: &str, url: &str| format!("  {name}: {{url: '{url}', ca_file: ca.pem, timeout: 5s}}\n");
    let rig = rig(&[hook("known", &known.url), hook("unknown", &unknown.url)].concat(), |_| {}).await;
    rig.write("plans/environments/ca.pem", &ours.0.pem());
    let ran = rig.run(&APPLY).await.code(0);
    assert!(ran.stderr.contains("webhook `unknown`: `started` could not be told"), "{}", ran.stderr);
    assert!(ran.stderr.contains("certificate"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("webhook `known`"), "{}", ran.stderr);
    assert_eq!(known.requests.load(Ordering::SeqCst), 2);
    assert_eq!(unknown.requests.load(Ordering::SeqCst), 0);
}
