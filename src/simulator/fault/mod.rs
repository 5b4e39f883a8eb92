//! What can be told to go wrong: at which call or restore, how often, and how.

mod book;
mod call;
mod text;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) use book::{Applied, FaultBook};
pub(super) use call::BASE;
pub use text::FaultError;

/// Something that goes wrong on purpose.
///
/// As text, for a command line: `create:lose-reply`, `create:answer=429,times=2,retry-after=1`,
/// `restore:fail,name=dr-weekly_*`, `list:delay=2s,after=3`. As JSON:
/// `{"call": "create", "times": 2, "effect": {"answer": {"status": 429}}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawFault")]
pub struct Fault {
    /// Where it strikes.
    pub call: Call,
    /// Strikes only where the restore's job name fits: `*` for any text, `?` for any character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many matches to let pass first.
    pub after: u64,
    /// How often it strikes; for ever, if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// What it does.
    pub effect: Effect,
}

/// The calls of the service, and the course of a restore once it is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Call {
    /// The create call.
    Create,
    /// What becomes of an accepted restore; for the effects that need one.
    Restore,
    /// All restores of a site.
    List,
    /// One restore.
    Status,
    /// The restores of one backup execution.
    ExecutionRestores,
    /// Whether restores are permitted.
    Permissions,
    /// The databases of a site.
    Databases,
    /// The jobs of a site.
    Jobs,
    /// One job.
    Job,
    /// Executions of a job or site.
    Executions,
    /// The order to prepare an object list.
    PrepareObjects,
    /// How far that is.
    PreparationStatus,
    /// The object list.
    Objects,
    /// Any call.
    Any,
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The restore breaks off halfway and ends FAILED.
    Fail {
        /// What its status details say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        details: Option<String>,
    },
    /// All objects but the last come back; the restore ends COMPLETED_WITH_ERRORS.
    Partial {},
    /// The restore ends COMPLETED_WITH_WARNINGS.
    Warn {
        /// The warning.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// The objects come back and the restore ends with this status, known to anybody or not.
    Status {
        /// The status.
        word: String,
    },
    /// The restore takes so many times longer.
    Slow {
        /// How many times.
        factor: f64,
    },
    /// The restore stays RUNNING for ever, halfway, and holds its locks.
    Hang {},
    /// The restore is accepted and missing in every list for a time.
    Vanish {
        /// How long.
        ms: u64,
    },
    /// The call is carried out at once and answered late.
    Delay {
        /// How much later.
        ms: u64,
    },
    /// The connection closes at once without an answer; the create is accepted later all the same.
    LateAccept {
        /// How much later.
        ms: u64,
    },
    /// The call is carried out, and the connection closes without an answer.
    LoseReply {},
    /// The connection closes without an answer, and nothing is carried out.
    Drop {},
    /// This answer comes instead, and nothing is carried out.
    Answer {
        /// The status.
        status: u16,
        /// A text (HTML where it begins with `<`) or a JSON document; an error document if not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
        /// Seconds for the header `Retry-After`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    },
    /// The call is carried out; the answer keeps its status and holds no readable document.
    Garbage {},
    /// The call is carried out; the answer breaks off in the middle of its body.
    Truncate {},
    /// A redirect comes instead, and nothing is carried out.
    Redirect {
        /// Where to.
        to: String,
    },
}

impl Effect {
    /// Whether it strikes a restore once accepted, and not the call.
    fn is_of_restore(&self) -> bool {
        use Effect::{Fail, Hang, Partial, Slow, Status, Vanish, Warn};
        matches!(self, Fail { .. } | Partial {} | Warn { .. } | Status { .. } | Slow { .. } | Hang {} | Vanish { .. })
    }
}

/// A fault as JSON has it, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFault {
    call: Call,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    after: u64,
    #[serde(default)]
    times: Option<u64>,
    effect: Value,
}

impl TryFrom<RawFault> for Fault {
    type Error = FaultError;

    fn try_from(raw: RawFault) -> Result<Self, FaultError> {
        // An effect without settings may be written as its bare name.
        let effect = match raw.effect {
            Value::String(name) => serde_json::json!({ name: {} }),
            other => other,
        };
        let effect = serde_json::from_value(effect).map_err(|error| FaultError::new(format!("`effect`: {error}")))?;
        Self { call: raw.call, name: raw.name, after: raw.after, times: raw.times, effect }.checked()
    }
}

impl Fault {
    /// The fault, if its parts go together. Effects on a restore may be written with either call of
    /// `create` and `restore`.
    fn checked(mut self) -> Result<Self, FaultError> {
        if self.effect.is_of_restore() {
            if !matches!(self.call, Call::Create | Call::Restore) {
                return Err(FaultError::new("this effect strikes a restore: write `restore:` before it".into()));
            }
            self.call = Call::Restore;
        } else if self.call == Call::Restore {
            return Err(FaultError::new(
                "this effect strikes a call: write the call before it, like `create:` or `list:`".into(),
            ));
        }
        match &self.effect {
            Effect::LateAccept { .. } if self.call != Call::Create => {
                Err(FaultError::new("`late_accept` strikes `create` only".into()))
            }
            Effect::Slow { factor } if !(factor.is_finite() && *factor > 0.0) => {
                Err(FaultError::new("`slow` needs a factor above 0".into()))
            }
            Effect::Answer { status, .. } if !(200..=599).contains(status) => {
                Err(FaultError::new(format!("`answer` needs an HTTP status from 200 to 599, not {status}")))
            }
            Effect::Redirect { to } if to.is_empty() || !to.bytes().all(|b| b.is_ascii_graphic()) => {
                Err(FaultError::new("`redirect` needs a URL".into()))
            }
            _ => Ok(self),
        }
    }
}
