//! Clocks that are far off: no service stops us for a year, and no time breaks a report.

use restorectl::model::*;
use serde_json::{Value, json};

use super::server::{Act, Hostile, say};
use super::{answer, client, request, site};
use crate::rig::Rig;

#[tokio::test]
async fn no_service_stops_us_for_longer_than_an_hour() {
    // The headers; how long we wait for it; what is said.
    let table: Vec<(&str, Option<u64>, &str)> = vec![
        ("retry-after: 7\r\n", Some(7), ""),
        ("retry-after: 0\r\n", Some(0), ""),
        ("retry-after: 3600\r\n", Some(3600), ""),
        ("retry-after: 86400\r\n", Some(3600), "it asks to wait 1d, and gets 1h"),
        ("retry-after: 18446744073709551615\r\n", Some(3600), "and gets 1h"),
        ("retry-after: 99999999999999999999999999999999\r\n", Some(3600), "and gets 1h"),
        ("retry-after: -1\r\n", None, ""),
        ("retry-after: NaN\r\n", None, ""),
        ("retry-after: \r\n", None, ""),
        // A date is by the service's own clock, wherever that stands.
        ("date: Mon, 23 Nov 1970 12:00:00 GMT\r\nretry-after: Mon, 23 Nov 1970 12:00:30 GMT\r\n", Some(30), ""),
        ("date: Sat, 23 Nov 9998 12:00:00 GMT\r\nretry-after: Sat, 23 Nov 9998 12:00:30 GMT\r\n", Some(30), ""),
        ("date: Mon, 23 Nov 2026 12:00:00 GMT\r\nretry-after: Sun, 23 Nov 2025 12:00:00 GMT\r\n", Some(0), ""),
        ("date: Mon, 23 Nov 2026 12:00:00 GMT\r\nretry-after: Tue, 23 Nov 2027 12:00:00 GMT\r\n", Some(3600), "365d"),
        ("date: yesterday\r\nretry-after: Sun, 23 Nov 1997 12:00:00 GMT\r\n", Some(0), ""),
        ("retry-after: Mon, 99 Nov 99999 99:99:99 GMT\r\n", None, ""),
    ];
    let answers: Vec<Vec<u8>> =
        table.iter().map(|(headers, ..)| answer("429 Too Many Requests", headers, "")).collect();
    let gate = Hostile::new(move |number, _| vec![say(answers[number].clone())]).await;
    let client = client(&gate.url);
    for (headers, waits, said) in table {
        let outcome = client.create(&request()).await;
        let CreateOutcome::Rejected { message, retry: true, wait_ms } = outcome else { panic!("{outcome:?}") };
        assert_eq!(wait_ms, waits.map(Millis::from_secs), "{headers}");
        assert!(message.contains(said) && message.contains("asks to wait") != said.is_empty(), "{headers}: {message}");
    }
}

#[tokio::test]
async fn a_read_that_would_have_to_wait_too_long_fails_at_once() {
    let busy = answer("503 Service Unavailable", "retry-after: 31536000\r\n", "");
    let gate = Hostile::always(vec![say(busy)]).await;
    let said = client(&gate.url).restores(&site()).await.unwrap_err().to_string();
    assert!(said.contains("503 Service Unavailable") && said.contains("it asks to wait 365d, and gets 1h"), "{said}");
    assert_eq!(gate.requests().len(), 1, "the call's time is shorter than the shortest wait");
}

/// Times that clocks should not show: at the ends of time, the end before the beginning, and none at all.
const TIMES: [(&str, &str); 6] = [
    ("0001-01-01T00:00:00Z", "9999-12-30T22:00:00Z"),
    ("9999-12-30T22:00:00Z", "0001-01-01T00:00:00Z"),
    ("-009999-01-02T01:59:59Z", "-009999-01-02T01:59:59Z"),
    ("1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z"),
    ("2026-02-30T00:00:00Z", "never"),
    ("2026-11-23T12:00:00+25:00", ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn times_at_the_ends_of_time_break_no_report() {
    let rig = Rig::new().await;
    let base = rig.base.clone();
    let gate = Hostile::new(move |_, request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        match request.starts_with("GET") && path.ends_with("/restores") {
            true => vec![Act::Changed(base.clone(), with_other_times)],
            false => vec![Act::Forward(base.clone())],
        }
    })
    .await;
    rig.through(&gate.url, "");
    let mut shown = rig.run(&["apply", "plans/dr-weekly.yaml", "--env", "sim", "--auto-approve"]).await.code(0).stderr;
    for format in ["human", "json", "html"] {
        let ran = rig.run(&["report", "--latest", "--format", format]).await.code(0);
        shown += &(ran.stdout + &ran.stderr);
    }
    rig.run(&["diff", "plans/dr-weekly.yaml", "--env", "sim"]).await.code(0);
    assert!(!shown.contains("panicked"), "{shown}");
    crate::cli::no_doubles(&rig.creates().await, crate::cli::WEEKLY);
}

/// The site's own list, with other times in its restores.
fn with_other_times(number: usize, body: &str) -> String {
    let (start, end) = TIMES[number % TIMES.len()];
    let mut list: Vec<Value> = serde_json::from_str(body).unwrap();
    for restore in &mut list {
        let over = !restore["end_time"].is_null();
        restore["start_time"] = json!(start);
        restore["end_time"] = if over { json!(end) } else { json!(null) };
        for task in restore["restore_execution_sub_tasks"].as_array_mut().into_iter().flatten() {
            task["start_time"] = json!(end);
            task["end_time"] = json!(start);
        }
    }
    serde_json::to_string(&list).unwrap()
}
