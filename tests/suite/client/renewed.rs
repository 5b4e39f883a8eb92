//! Secrets that expire in the middle: they are read anew from where they come, and nothing is created twice for that.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use restorectl::baas::{Access, Client, Source};
use restorectl::model::*;

use super::server::{Act, Hostile, say};
use super::{access, answer, api, json, request, site};
use crate::rig::{FAST, Rig};

fn with_token(token: &str) -> Access {
    Access { bearer: Some(Secret::new(token.to_owned())), ..access() }
}

/// A source that gives these tokens, the last for ever, and counts how often it is asked; none is a failure.
fn source(tokens: &[Option<&str>]) -> (Source, Arc<AtomicUsize>) {
    let tokens: Vec<Option<String>> = tokens.iter().map(|token| token.map(str::to_owned)).collect();
    let asked = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&asked);
    let source = move || {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let token = tokens.get(number).or(tokens.last()).cloned().flatten();
        token.map(|token| with_token(&token)).ok_or_else(|| "file `token` holds old-token no more".to_owned())
    };
    (Arc::new(source), asked)
}

/// Takes these tokens and refuses all others, with their own words sent back.
async fn gate(good: &'static [&'static str]) -> Hostile {
    Hostile::new(move |_, request| {
        let accepted = answer("202 Accepted", "x-resource-id: 91\r\n", "");
        let let_in = good.iter().any(|token| request.contains(&format!("authorization: Bearer {token}\r\n")));
        vec![say(match let_in {
            true if request.starts_with("GET") => json("[]"),
            true => accepted,
            false => answer("401 Unauthorized", "", request),
        })]
    })
    .await
}

fn client(gate: &Hostile, source: Source) -> Client {
    Client::new(&api(&gate.url), &with_token("old-token"), None, Some(source)).unwrap()
}

#[track_caller]
fn tells_no_secret(text: &str) {
    for secret in ["old-token", "new-token", "newer-token", "gate-keeper-key", "hunter2-password", "ZGJhOmh1bnRlcj"] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// The tokens of a source; how often it is asked; how many requests come; what is said in the end.
type Case = (&'static [Option<&'static str>], usize, usize, Option<&'static str>);

#[tokio::test]
async fn a_read_is_repeated_once_with_new_secrets() {
    let table: [Case; 6] = [
        (&[Some("new-token")], 1, 2, None),
        (&[Some("old-token")], 1, 1, Some("401 Unauthorized; it does not know us: check `api.headers`, `api.bearer`")),
        (
            &[Some("newer-token"), Some("newest-token")],
            1,
            2,
            Some("401 Unauthorized, also to secrets that were read anew"),
        ),
        (&[None], 2, 1, Some("the secrets could not be read anew: file `token` holds [redacted] no more")),
        (&[None, Some("new-token")], 2, 2, None),
        (&[Some("line\nbreak")], 1, 1, Some("the secrets could not be read anew: the value of `api.bearer` holds")),
    ];
    for (tokens, times, requests, said) in table {
        let gate = gate(&["new-token"]).await;
        let (source, asked) = source(tokens);
        let client = client(&gate, source);
        let read = client.restores(&site()).await;
        assert_eq!((asked.load(Ordering::SeqCst), gate.requests().len()), (times, requests), "{tokens:?}: {read:?}");
        match said {
            None => assert_eq!(read.unwrap(), vec![]),
            Some(said) => {
                let failed = read.unwrap_err();
                let shown = format!("{failed} {failed:?}");
                assert!(shown.contains(said), "{tokens:?}: {shown}");
                tells_no_secret(&shown);
            }
        }
    }
}

#[tokio::test]
async fn calls_that_are_refused_together_read_the_secrets_once() {
    for (token, requests) in [("new-token", 40), ("old-token", 20)] {
        let gate = gate(&["new-token"]).await;
        let (source, asked) = source(&[Some(token)]);
        let client = client(&gate, source);
        let mut reads = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let client = client.clone();
            reads.spawn(async move { client.restores(&site()).await.is_ok() });
        }
        while let Some(read) = reads.join_next().await {
            assert_eq!(read.unwrap(), token == "new-token");
        }
        assert_eq!((asked.load(Ordering::SeqCst), gate.requests().len()), (1, requests), "{token}");
    }
}

#[tokio::test]
async fn a_create_is_not_sent_again_but_may_be_attempted_again() {
    let table: [(&[Option<&str>], bool, &str); 3] = [
        (&[Some("new-token")], true, "401 Unauthorized; the secrets were read anew and are others now"),
        (&[Some("old-token")], false, "401 Unauthorized; it does not know us: check"),
        (&[None], false, "the secrets could not be read anew: file `token`"),
    ];
    for (tokens, expected, said) in table {
        let gate = gate(&["new-token"]).await;
        let (source, _) = source(tokens);
        let client = client(&gate, source);
        let outcome = client.create(&request()).await;
        let CreateOutcome::Rejected { message, retry, wait_ms: None } = outcome else { panic!("{outcome:?}") };
        assert_eq!(retry, expected, "{message}");
        assert!(message.contains(said), "{message}");
        tells_no_secret(&message);
        assert_eq!(gate.requests().len(), 1, "a create is sent once");
        if expected {
            let outcome = client.create(&request()).await;
            assert_eq!(outcome, CreateOutcome::Applied { resource_id: Some(ResourceId::new("91")) });
        }
    }
}

#[tokio::test]
async fn a_source_with_a_new_secret_each_time_does_not_have_us_knock_for_ever() {
    let gate = gate(&[]).await;
    let number = AtomicUsize::new(0);
    let source = move || Ok(with_token(&format!("token-number-{}", number.fetch_add(1, Ordering::SeqCst))));
    let client = client(&gate, Arc::new(source));
    let mut retries = Vec::new();
    for _ in 0..4 {
        // Between the attempts, reads go on as they do in a run.
        assert!(client.restores(&site()).await.is_err());
        match client.create(&request()).await {
            CreateOutcome::Rejected { retry, message, .. } => {
                assert!(!message.contains("token-number"), "{message}");
                retries.push(retry);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(retries, [true, false, false, false]);
    assert_eq!(gate.requests().iter().filter(|request| request.starts_with("POST")).count(), 4);
    assert_eq!(gate.requests().len(), 4 + 2 * 4, "each read is repeated once");
}

#[tokio::test]
async fn old_and_new_secrets_stay_hidden() {
    let gate = Hostile::new(|number, _| {
        let echo = "old-token, new-token, gate-keeper-key";
        vec![say(match number {
            0 => answer("401 Unauthorized", "", echo),
            1 => json("[]"),
            _ => answer("400 Bad Request", "", echo),
        })]
    })
    .await;
    let (source, _) = source(&[Some("new-token")]);
    let client = client(&gate, source);
    assert!(client.restores(&site()).await.is_ok());
    let shown = client.restores(&site()).await.unwrap_err().to_string();
    assert!(shown.contains("[redacted], [redacted], [redacted]"), "{shown}");
    tells_no_secret(&shown);
}

/// The tokens that the gate before the simulator takes.
type Good = Arc<Mutex<String>>;

/// A simulator behind a gate that takes one token at a time, and an environment whose token comes from `bearer`.
async fn guarded(bearer: &str) -> (Rig, Hostile, Good) {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let good: Good = Arc::new(Mutex::new("old-token-of-the-night".to_owned()));
    let (base, takes) = (rig.base.clone(), Arc::clone(&good));
    let gate = Hostile::new(move |_, request| {
        let expected = format!("authorization: Bearer {}\r\n", takes.lock().unwrap());
        match request.contains(&expected) {
            true => vec![Act::Forward(base.clone())],
            false => vec![say(answer("401 Unauthorized", "", request))],
        }
    })
    .await;
    rig.through(&gate.url, &format!("  bearer: {bearer}\n"));
    rig.write("token", "old-token-of-the-night\n");
    (rig, gate, good)
}

const APPLY: [&str; 5] = ["apply", "plans/dr-weekly.yaml", "--env", "sim", "--auto-approve"];

#[tokio::test(flavor = "multi_thread")]
async fn a_run_outlives_its_token() {
    for bearer in ["{file: ../../token}", "{command: [cat, token]}"] {
        let (rig, gate, good) = guarded(bearer).await;
        let child = rig.start(&APPLY);
        rig.until("two restores run", async |rig| rig.creates().await.len() >= 2).await;
        // First the source, then the service: as whoever renews tokens does it.
        rig.write("token", "new-token-of-the-morning\n");
        *good.lock().unwrap() = "new-token-of-the-morning".to_owned();
        rig.throughput(FAST).await;
        let ran = crate::rig::Ran::from(child.wait_with_output().await.unwrap()).code(0);
        crate::cli::no_doubles(&rig.creates().await, crate::cli::WEEKLY);
        assert!(gate.requests().iter().any(|request| request.contains("new-token-of-the-morning")));
        let mut shown = format!("{}{}", ran.stdout, ran.stderr);
        for format in ["human", "json", "html"] {
            shown += &rig.run(&["report", "--latest", "--format", format]).await.stdout;
        }
        shown += &rig.journal();
        assert!(!shown.contains("token-of-the-"), "a token is told");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_meets_the_end_of_its_token_is_made_by_another_attempt() {
    let rig = Rig::new().await;
    let base = rig.base.clone();
    // Reads are taken with either, so that only a create meets the change.
    let gate = Hostile::new(move |_, request| {
        let create = request.starts_with("POST") && request.contains("/restores HTTP");
        match create && !request.contains("Bearer new-token\r\n") {
            true => vec![say(answer("401 Unauthorized", "", request))],
            false => vec![Act::Forward(base.clone())],
        }
    })
    .await;
    rig.through(&gate.url, "  bearer: {command: [sh, -c, 'cat token; printf new-token > token']}\n");
    rig.write("token", "old-token");
    let ran = rig.run(&APPLY).await.code(0).says("the secrets were read anew and are others now");
    assert!(!ran.stderr.contains("old-token") && !ran.stderr.contains("new-token"), "{}", ran.stderr);
    crate::cli::no_doubles(&rig.creates().await, crate::cli::WEEKLY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_for_good_ends_the_run_in_clear_words() {
    let (rig, _gate, good) = guarded("{file: ../../token}").await;
    *good.lock().unwrap() = "another".to_owned();
    let said = "401 Unauthorized; it does not know us: check `api.headers`, `api.bearer`";
    rig.run(&["diff", "plans/dr-weekly.yaml", "--env", "sim"]).await.code(1).says(said);
    std::fs::remove_file(rig.path("token")).unwrap();
    rig.run(&["diff", "plans/dr-weekly.yaml", "--env", "sim"]).await.code(1).says("there is no such file");
}
