//! Where traces and metrics go, by the variables that all of OpenTelemetry reads.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderName;

use crate::model::{Secret, is_this_machine};
use crate::report::{Telemetry, TraceParent};

/// How long one request may take where nothing is said.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest that it may be set to: a run's end waits for it.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Where a collector listens where nothing is said.
const USUAL: &str = "http://localhost:4318";

/// The only encoding that we write.
const PROTOCOL: &str = "http/json";

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    Traces,
    Metrics,
}

impl Signal {
    /// The word for it in names of variables.
    fn variable(self) -> &'static str {
        match self {
            Self::Traces => "TRACES",
            Self::Metrics => "METRICS",
        }
    }

    /// The word for it in sentences, and in paths.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
        }
    }
}

/// Where a signal goes.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) signal: Signal,
    pub(super) url: Url,
    pub(super) headers: Vec<(String, Secret)>,
    pub(super) timeout: Duration,
    /// The file of a certificate authority to trust besides the system's.
    pub(super) authority: Option<String>,
}

/// What the variables say.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) telemetry: Telemetry,
    pub(super) targets: Vec<Target>,
    /// What they say and can't be done.
    pub(super) wrong: Vec<String>,
}

/// The value of a variable; an empty one counts as none.
pub(super) type Get<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Settings {
    /// Reads the variables. A signal is sent where its address is said, or where sending was `asked` for.
    pub(super) fn read(get: Get<'_>, asked: bool) -> Self {
        let mut settings = Self::default();
        settings.telemetry = telemetry(get, &mut settings.wrong);
        if get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) && !asked {
            return settings;
        }
        for signal in [Signal::Traces, Signal::Metrics] {
            // Whoever began the trace and doesn't keep it wants nothing of it.
            let is_dropped = settings.telemetry.parent.as_ref().is_some_and(|parent| !parent.sampled);
            if signal == Signal::Traces && is_dropped && !asked {
                continue;
            }
            match target(signal, get, asked) {
                Ok(target) => settings.targets.extend(target),
                Err(why) => settings.wrong.push(why),
            }
        }
        settings
    }
}

fn target(signal: Signal, get: Get<'_>, asked: bool) -> Result<Option<Target>, String> {
    let name = signal.variable();
    let exporters = get(&format!("OTEL_{name}_EXPORTER"));
    if exporters.is_some_and(|list| list.split(',').all(|exporter| exporter.trim() != "otlp")) {
        return Ok(None);
    }
    // What is said of one signal goes before what is said of all.
    let own = |what: &str| {
        let (own, all) = (format!("OTEL_EXPORTER_OTLP_{name}_{what}"), format!("OTEL_EXPORTER_OTLP_{what}"));
        get(&own).map(|value| (own, value)).or_else(|| get(&all).map(|value| (all, value)))
    };
    let (variable, address) = match own("ENDPOINT") {
        Some(said) => said,
        None if asked => ("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), USUAL.to_owned()),
        None => return Ok(None),
    };
    if let Some((variable, protocol)) = own("PROTOCOL").filter(|(_, protocol)| protocol != PROTOCOL) {
        return Err(format!(
            "no {} are sent: `{variable}` asks for `{protocol}`, and restorectl speaks `{PROTOCOL}` alone; a collector \
             takes that at its port for HTTP, usually 4318",
            signal.words()
        ));
    }
    let wrong = |why: &str| format!("no {} are sent: `{variable}` {why}", signal.words());
    let mut url: Url = address.parse().map_err(|_| wrong("is no address; write `https://HOST:4318`"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong("is no address of a web server; write `https://HOST:4318`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds a login; give it by `OTEL_EXPORTER_OTLP_HEADERS`"));
    }
    if variable == "OTEL_EXPORTER_OTLP_ENDPOINT"
        && let Ok(mut path) = url.path_segments_mut()
    {
        path.pop_if_empty().extend(["v1", signal.words()]);
    }
    let headers = match own("HEADERS") {
        Some((variable, list)) => {
            // The name is shown where it is none, so it must be one: after a slip it may hold a secret.
            let named = |list: &Vec<(String, String)>| list.iter().all(|(name, _)| name.parse::<HeaderName>().is_ok());
            let list = pairs(&list).filter(named).ok_or_else(|| {
                format!("no {} are sent: `{variable}` is no list of KEY=VALUE with commas between", signal.words())
            })?;
            list.into_iter().map(|(name, value)| (name, Secret::new(value))).collect()
        }
        None => Vec::new(),
    };
    if url.scheme() == "http" && !is_this_machine(&url) && !headers.is_empty() {
        return Err(wrong(
            "is plain http: what `OTEL_EXPORTER_OTLP_HEADERS` holds would cross the network in the open",
        ));
    }
    let timeout = match own("TIMEOUT") {
        Some((variable, text)) => {
            let millis = text
                .trim()
                .parse()
                .map_err(|_| format!("no {} are sent: `{variable}` is no number of milliseconds", signal.words()))?;
            Duration::from_millis(millis).clamp(Duration::from_millis(1), LONGEST_TIMEOUT)
        }
        None => TIMEOUT,
    };
    let authority = own("CERTIFICATE").map(|(_, path)| path);
    Ok(Some(Target { signal, url, headers, timeout, authority }))
}

fn telemetry(get: Get<'_>, wrong: &mut Vec<String>) -> Telemetry {
    let mut resource = vec![
        ("service.name".to_owned(), "restorectl".to_owned()),
        ("service.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let mut put = |key: String, value: String| match resource.iter_mut().find(|(known, _)| *known == key) {
        Some((_, known)) => *known = value,
        None => resource.push((key, value)),
    };
    if let Some(list) = get("OTEL_RESOURCE_ATTRIBUTES") {
        match pairs(&list) {
            Some(list) => list.into_iter().for_each(|(key, value)| put(key, value)),
            None => wrong.push(
                "`OTEL_RESOURCE_ATTRIBUTES` is no list of KEY=VALUE with commas between, and is passed over".to_owned(),
            ),
        }
    }
    if let Some(name) = get("OTEL_SERVICE_NAME") {
        put("service.name".to_owned(), name);
    }
    let delta = get("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE")
        .is_some_and(|wanted| ["delta", "lowmemory"].iter().any(|word| wanted.eq_ignore_ascii_case(word)));
    Telemetry { resource, parent: get("TRACEPARENT").and_then(|text| TraceParent::parse(&text)), delta }
}

/// A list as W3C Baggage writes it: `key=value` with commas between, values with percent signs. None: it isn't one.
fn pairs(list: &str) -> Option<Vec<(String, String)>> {
    let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (key, value) = part.split_once('=')?;
            let key = decoded(key.trim())?;
            (!key.is_empty()).then_some((key, decoded(value.trim())?))
        })
        .collect()
}

/// A text with its percent signs resolved.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
