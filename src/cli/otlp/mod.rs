//! Sends a run's trace and metrics to a collector, after its end: nothing here stops, delays or fails a run.

#![allow(clippy::disallowed_methods, reason = "the standard's variables are read here")]

mod settings;

use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use self::settings::{Settings, Signal, Target};
use super::files;
use super::post::{self, Receiver};
use super::signals;
use super::terminal::Terminal;
use crate::model::harmless;
use crate::report::{Report, Telemetry, otlp_metrics, otlp_traces};

/// How long all of it may take. A run of 100,000 restores is sent in some hundreds of requests.
const LONGEST: Duration = Duration::from_secs(60);

/// Of what a collector says, the beginning is shown.
const EXCERPT: usize = 200;

/// What the variables say of the sender, for who writes files.
pub(super) fn telemetry() -> Telemetry {
    Settings::read(&variable, false).telemetry
}

/// Sends a run that is over, if the variables say where to. What goes wrong is a warning.
pub(super) async fn tell(report: Option<&Report>, terminal: Terminal) {
    let Some(report) = report else { return };
    let settings = Settings::read(&variable, false);
    if settings.targets.is_empty() && settings.wrong.is_empty() {
        return;
    }
    for why in send(report, settings).await {
        terminal.say(&harmless(&format!(
            "warning: telemetry: {why}; the run is not affected, and `restorectl report {} --otlp` sends it again",
            report.run.id
        )));
    }
}

/// Sends a run because somebody asked for that.
///
/// # Errors
/// When not all of it was taken.
pub(super) async fn sent(report: &Report, terminal: Terminal) -> anyhow::Result<()> {
    let settings = Settings::read(&variable, true);
    if settings.targets.is_empty() && settings.wrong.is_empty() {
        anyhow::bail!(
            "telemetry: the variables want neither traces nor metrics of it (`OTEL_TRACES_EXPORTER`, `OTEL_METRICS_EXPORTER`), so nothing was sent"
        );
    }
    let sent = settings.targets.iter().map(|target| {
        let host = target.url.origin().ascii_serialization();
        format!("{} to {host}", target.signal.words())
    });
    let sent = sent.collect::<Vec<_>>().join(", ");
    let wrong = send(report, settings).await;
    if let [first, more @ ..] = wrong.as_slice() {
        more.iter().for_each(|why| terminal.say(&harmless(&format!("error: telemetry: {why}"))));
        anyhow::bail!("telemetry: {first}");
    }
    terminal.progress(&harmless(&format!("sent run {}: {sent}", report.run.id)));
    Ok(())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Gives what went wrong.
async fn send(report: &Report, settings: Settings) -> Vec<String> {
    let Settings { telemetry, targets, mut wrong } = settings;
    // Side by side, so that one that takes all the time hides nothing of the other.
    let all = targets.iter().map(async |target| {
        let late = |_| format!("not all {} could be sent in {} seconds", target.signal.words(), LONGEST.as_secs());
        tokio::time::timeout(LONGEST, signal(report, &telemetry, target)).await.map_err(late)?
    });
    tokio::select! {
        ended = futures_util::future::join_all(all) => wrong.extend(ended.into_iter().filter_map(Result::err)),
        _ = signals::one() => wrong.push("it was not waited for".to_owned()),
    }
    wrong
}

/// Sends one signal, batch by batch.
async fn signal(report: &Report, telemetry: &Telemetry, target: &Target) -> Result<(), String> {
    let words = target.signal.words();
    let receiver = receiver(target).map_err(|why| format!("no {words} are sent: {why}"))?;
    let bodies: Box<dyn Iterator<Item = String>> = match target.signal {
        Signal::Traces => Box::new(otlp_traces(report, telemetry)),
        Signal::Metrics => Box::new(std::iter::once(otlp_metrics(report, telemetry))),
    };
    let mut refused = None;
    for (sent, body) in bodies.enumerate() {
        let answer = receiver.post(body.as_bytes(), |_| HeaderMap::new()).await.map_err(|why| match sent {
            0 => format!("no {words} could be sent: {why}"),
            sent => format!("only {sent} parts of the {words} could be sent: {why}"),
        })?;
        refused = refused.or_else(|| not_taken(&answer));
    }
    match refused {
        Some(why) => Err(format!("{} didn't take all {words}: {why}", receiver.host())),
        None => Ok(()),
    }
}

fn receiver(target: &Target) -> Result<Receiver, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &target.headers {
        let (name, value) = post::header(name, value)?;
        headers.insert(name, value);
    }
    let authority = target.authority.as_ref().map(|path| files::read(Path::new(path), files::LARGEST)).transpose();
    let authority = authority.map_err(|why| why.to_string())?;
    let receiver = Receiver::new(target.url.clone(), headers, authority.as_deref(), target.timeout)?;
    Ok(receiver.tries_again_on(may_pass))
}

/// What the protocol wants to be tried again, and nothing else.
fn may_pass(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// What a collector says of parts that it didn't take; none where it took all.
fn not_taken(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let part = answer.get("partialSuccess")?;
    let count = |key: &str| part.get(key).map(|count| count.as_str().map_or_else(|| count.to_string(), str::to_owned));
    let refused = count("rejectedSpans").or_else(|| count("rejectedDataPoints")).filter(|count| count != "0")?;
    let why = part.get("errorMessage").and_then(Value::as_str).unwrap_or_default();
    let why: String = harmless(why).chars().take(EXCERPT).collect();
    Some(format!("{refused} refused ({why})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_were_not_taken_are_told() {
        for (answer, told) in [
            ("", None),
            ("{}", None),
            (r#"{"partialSuccess":{}}"#, None),
            (r#"{"partialSuccess":{"rejectedSpans":"0","errorMessage":"old"}}"#, None),
            (
                r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too\u001b[1m old"}}"#,
                Some("3 refused (too\\u{1b}[1m old)"),
            ),
            (r#"{"partialSuccess":{"rejectedDataPoints":2}}"#, Some("2 refused ()")),
        ] {
            assert_eq!(not_taken(answer.as_bytes()).as_deref(), told, "{answer}");
        }
    }
}
