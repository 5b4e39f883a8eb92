//! What can go wrong with a call, in one clear sentence, and what it proves.

use std::fmt;

use jiff::Timestamp;
use reqwest::StatusCode;

use crate::model::{CreateOutcome, Millis};

/// A call that did not give what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {fault}")]
pub struct CallFailed {
    /// The method and the address, without secrets.
    pub call: String,
    /// What went wrong.
    pub fault: Fault,
}

/// What went wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No connection came about, so nothing was sent.
    NotConnected(String),
    /// The request was sent, in part or whole, and no whole answer came back.
    NoAnswer(String),
    /// The service answered with a status that isn't the documented one.
    Status {
        /// The status.
        status: u16,
        /// The beginning of the body.
        body: String,
        /// From `Retry-After`.
        wait: Option<Millis>,
    },
    /// The service did not know us (401), and so the secrets were read anew.
    Refused {
        /// The beginning of the body.
        body: String,
        /// What came of that.
        anew: Anew,
    },
    /// The body was cut off.
    CutOff {
        /// The status that came before it.
        status: u16,
    },
    /// The body is larger than anything we take.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The list holds more than any that we take.
    TooMany {
        /// How many entries fit.
        entries: usize,
    },
    /// The body isn't JSON.
    NotJson {
        /// The status that came with it.
        status: u16,
        /// From `Content-Type`.
        content_type: String,
        /// The beginning of the body.
        body: String,
    },
    /// The answer has another shape than documented.
    OtherShape {
        /// The status that came with it.
        status: u16,
        /// What is different.
        why: String,
    },
    /// The request could not be built.
    Unsendable(String),
}

/// What came of reading the secrets anew after a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anew {
    /// They are others now, and nothing was sent with them yet.
    Others,
    /// They were others, and the service did not take those either.
    OthersToo,
    /// They could not be read.
    Failed(String),
}

/// The longest that a service may stop us for. It must not be able to do so for a year.
const LONGEST_WAIT: Millis = Millis::from_secs(3600);

impl Fault {
    /// Whether the same read may succeed a little later.
    pub(super) fn passes(&self) -> bool {
        match self {
            Self::NotConnected(_) | Self::NoAnswer(_) | Self::CutOff { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Self::Refused { .. } | Self::TooMany { .. } => false,
            Self::TooLarge { .. } | Self::NotJson { .. } | Self::OtherShape { .. } | Self::Unsendable(_) => false,
        }
    }

    /// How long we wait because the service asks for it: an hour at most.
    pub(super) fn wait(&self) -> Option<Millis> {
        match self {
            Self::Status { wait, .. } => wait.map(|asked| asked.min(LONGEST_WAIT)),
            _ => None,
        }
    }

    /// Whether the service says that it doesn't know us.
    pub(super) fn is_unknown_user(&self) -> bool {
        matches!(self, Self::Status { status: 401, .. })
    }

    /// Notes on a refusal what came of reading the secrets anew.
    pub(super) fn after(&mut self, anew: Anew) {
        if let Self::Status { status: 401, body, .. } = self {
            *self = Self::Refused { body: std::mem::take(body), anew };
        }
    }

    /// Whether an object list isn't ready. Nothing tells how the service answers then: by what is seen, it has none or
    /// takes the question for too early.
    pub(crate) fn is_not_ready(&self) -> bool {
        matches!(self, Self::Status { status: 400 | 404 | 405 | 409 | 425, .. })
    }

    /// Whether the service has no such call or no such thing.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Status { status: 404 | 405, .. })
    }
}

impl CallFailed {
    /// What a failed create call proves about the restore.
    pub(super) fn as_outcome(&self) -> CreateOutcome {
        let message = self.to_string();
        let rejected = |retry| CreateOutcome::Rejected { message: message.clone(), retry, wait_ms: self.fault.wait() };
        match &self.fault {
            Fault::NotConnected(_) | Fault::Status { status: 429, .. } => rejected(true),
            // A refusal proves that nothing was accepted; with other secrets it may be.
            Fault::Refused { anew, .. } => rejected(*anew == Anew::Others),
            Fault::Status { status: 300..=399, .. } => rejected(false),
            // A gateway's time-out says nothing of what the service behind it did.
            // A conflict may be with this very request, delivered twice on the way.
            Fault::Status { status: 408 | 409, .. } => CreateOutcome::Unknown { message },
            Fault::Status { status: 400..=499, .. } => rejected(false),
            Fault::Unsendable(_) => rejected(false),
            _ => CreateOutcome::Unknown { message },
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected(why) => {
                write!(f, "no connection: {why}; check `api.url`, the network and, for https, the certificates")
            }
            Self::NoAnswer(why) => write!(f, "no whole answer came back: {why}; look at the network and try again"),
            Self::Status { status, body, wait } => {
                let name = StatusCode::from_u16(*status).ok().and_then(|s| s.canonical_reason()).unwrap_or("");
                write!(f, "the service answered {status} {name}; {}", advice(*status))?;
                if let Some(asked) = wait.filter(|asked| *asked > LONGEST_WAIT) {
                    write!(f, "; it asks to wait {asked}, and gets {LONGEST_WAIT}")?;
                }
                says(f, body)
            }
            Self::Refused { body, anew } => {
                write!(f, "the service answered 401 Unauthorized")?;
                match anew {
                    Anew::Others => write!(f, "; the secrets were read anew and are others now")?,
                    Anew::OthersToo => write!(f, ", also to secrets that were read anew; {}", advice(401))?,
                    Anew::Failed(why) => write!(f, "; {}; the secrets could not be read anew: {why}", advice(401))?,
                }
                says(f, body)
            }
            Self::CutOff { status } => {
                write!(f, "the answer ({status}) was cut off in the middle; look at the network or a proxy on the way")
            }
            Self::TooLarge { limit } => {
                write!(f, "the answer is larger than {} MiB, which no documented answer is", limit / (1024 * 1024))
            }
            Self::TooMany { entries } => write!(
                f,
                "the list holds more than any documented one: after {entries} entries it no longer fits into the memory that a list may take"
            ),
            Self::NotJson { status, content_type, body } => write!(
                f,
                "the answer ({status}) is `{content_type}` and not JSON; a login page or a proxy may stand between, check `api.url`; it begins: {body}"
            ),
            Self::OtherShape { status, why } => write!(
                f,
                "the answer ({status}) has another shape than documented: {why}; check `api.url`, and report it if that is right"
            ),
            Self::Unsendable(why) => write!(f, "the request could not be built: {why}"),
        }
    }
}

/// The service's own words at the end of a sentence.
fn says(f: &mut fmt::Formatter<'_>, body: &str) -> fmt::Result {
    if body.is_empty() { Ok(()) } else { write!(f, "; it says: {body}") }
}

fn advice(status: u16) -> &'static str {
    match status {
        300..=399 => "redirects are not followed, so that credentials stay where they belong: check `api.url`",
        400 => "it does not take the request as it is",
        401 => "it does not know us: check `api.headers`, `api.bearer` and `api.restore_credentials`",
        403 => "it does not allow us that: check the rights of the user",
        404 => "it does not know that address: check `api.url`, the site, the job and the execution",
        429 => "it asks for fewer calls: raise `limits.poll_interval` or lower `limits.concurrency`",
        500..=599 => "it has trouble of its own: try again later",
        _ => "that is not a documented answer",
    }
}

/// Reads `Retry-After`: seconds, or a date. A number too large to be read is a very long time.
pub(crate) fn retry_after(value: &str, now: Timestamp) -> Option<Millis> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().map_or(Millis(u64::MAX), Millis::from_secs));
    }
    Some(Millis::between(now, moment(value)?))
}

/// Reads a date as it stands in headers.
pub(super) fn moment(value: &str) -> Option<Timestamp> {
    let reader = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    reader.parse_timestamp(value.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(fault: Fault) -> CreateOutcome {
        CallFailed { call: "POST /x".into(), fault }.as_outcome()
    }

    fn status(status: u16) -> Fault {
        Fault::Status { status, body: String::new(), wait: None }
    }

    #[test]
    fn a_create_is_sent_again_only_where_it_was_not_accepted_for_certain() {
        for fault in [Fault::NotConnected("refused".into()), status(429)] {
            assert!(matches!(outcome(fault.clone()), CreateOutcome::Rejected { retry: true, .. }), "{fault:?}");
        }
        for code in [301, 400, 401, 403, 404, 422] {
            assert!(matches!(outcome(status(code)), CreateOutcome::Rejected { retry: false, .. }), "{code}");
        }
        for fault in [
            Fault::NoAnswer("reset".into()),
            Fault::CutOff { status: 202 },
            Fault::NotJson { status: 200, content_type: "text/html".into(), body: String::new() },
            status(408),
            status(409),
            status(500),
            status(502),
            status(503),
        ] {
            assert!(matches!(outcome(fault.clone()), CreateOutcome::Unknown { .. }), "{fault:?}");
        }
    }

    #[test]
    fn reads_both_forms_of_retry_after() {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        assert_eq!(retry_after("7", now), Some(Millis(7000)));
        assert_eq!(retry_after("Mon, 23 Nov 2026 12:00:30 GMT", now), Some(Millis(30_000)));
        for nothing in ["soon", "", "-5", "1.5", "0x10", "Mon, 99 Nov 2026 12:00:30 GMT"] {
            assert_eq!(retry_after(nothing, now), None, "{nothing}");
        }
    }

    #[test]
    fn no_service_stops_us_for_longer_than_an_hour() {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        for (asked, waits, said) in [
            ("3600", 3_600_000, ""),
            ("31536000", 3_600_000, "; it asks to wait 365d, and gets 1h"),
            ("99999999999999999999999999", 3_600_000, "and gets 1h"),
            ("Mon, 06 Dec 9999 23:59:59 GMT", 3_600_000, "and gets 1h"),
            ("Mon, 01 Jan 0001 00:00:00 GMT", 0, ""),
        ] {
            let fault = Fault::Status { status: 429, body: String::new(), wait: retry_after(asked, now) };
            assert_eq!(fault.wait(), Some(Millis(waits)), "{asked}");
            let shown = fault.to_string();
            assert!(shown.contains(said) && shown.contains("asks to wait") != said.is_empty(), "{asked}: {shown}");
        }
    }
}
