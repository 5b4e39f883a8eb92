//! Backup executions and how a plan chooses one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ExecutionId, Millis, RestoreStatus, StatusClass};

/// One execution of a backup job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupExecution {
    /// From `backup_job_execution_id`.
    pub id: ExecutionId,
    /// From `status`.
    pub status: RestoreStatus,
    /// From `start_time`.
    pub start_time: Option<Timestamp>,
    /// From `end_time`.
    pub end_time: Option<Timestamp>,
    /// From `backup_set_size`, in bytes.
    pub bytes: Option<u64>,
}

impl BackupExecution {
    /// Whether a restore may come from it: only from one that completed successfully.
    pub fn is_restorable(&self) -> bool {
        self.status.class() == StatusClass::Succeeded
    }

    /// The moment that its data is from, as near as the service tells.
    pub fn taken_at(&self) -> Option<Timestamp> {
        self.end_time.or(self.start_time)
    }

    /// Oldest first: by time, then by number, then by text.
    fn age_key(&self) -> (Option<Timestamp>, Option<u128>, &str) {
        (self.taken_at(), self.id.as_str().parse().ok(), self.id.as_str())
    }
}

/// Which execution a restore comes from. Always a successful one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionSelector {
    /// This one.
    Id(ExecutionId),
    /// The newest.
    Latest,
    /// The newest that ended before this moment.
    Before(Timestamp),
    /// One of those that ended within this time before now.
    Within {
        /// How far back to look.
        window_ms: Millis,
        /// Which of them.
        pick: Pick,
    },
}

/// Which of several executions to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// The newest.
    Latest,
    /// The oldest.
    Oldest,
    /// Any of them, the same one for the same seed and the same list.
    Random {
        /// What the choice is drawn from. A text in documents, because not every JSON reader keeps large numbers.
        #[serde(with = "as_text")]
        seed: u64,
    },
}

impl ExecutionSelector {
    /// The execution that this selects from those a job has, at the moment `now`.
    ///
    /// # Errors
    /// A sentence that says why there is none.
    pub fn select<'a>(&self, executions: &'a [BackupExecution], now: Timestamp) -> Result<&'a BackupExecution, String> {
        let mut fit: Vec<&BackupExecution> = executions.iter().filter(|e| e.is_restorable()).collect();
        fit.sort_by(|a, b| a.age_key().cmp(&b.age_key()));
        let total = executions.len();
        let none = |what: &str| format!("none of the job's {total} executions {what}");
        match self {
            Self::Id(id) => {
                let found = executions.iter().find(|e| e.id == *id);
                let found = found.ok_or_else(|| format!("the job has no execution `{id}` ({total} seen)"))?;
                if found.is_restorable() {
                    Ok(found)
                } else {
                    Err(format!("execution `{id}` did not complete successfully: its status is {}", found.status))
                }
            }
            Self::Latest => fit.pop().ok_or_else(|| none("completed successfully")),
            Self::Before(moment) => {
                fit.retain(|e| e.taken_at().is_some_and(|at| at < *moment));
                fit.pop().ok_or_else(|| none(&format!("completed successfully before {moment}")))
            }
            Self::Within { window_ms, pick } => {
                let since = window_ms.before(now);
                fit.retain(|e| e.taken_at().is_some_and(|at| at >= since && at <= now));
                let index = match pick {
                    Pick::Latest => fit.len().checked_sub(1),
                    Pick::Oldest => Some(0),
                    Pick::Random { seed } => mix(*seed).checked_rem(fit.len() as u64).map(|i| i as usize),
                };
                let chosen = index.and_then(|i| fit.get(i).copied());
                chosen.ok_or_else(|| none(&format!("completed successfully within the last {window_ms}")))
            }
        }
    }
}

impl std::fmt::Display for ExecutionSelector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Latest => f.write_str("latest"),
            Self::Before(moment) => write!(f, "before {moment}"),
            Self::Within { window_ms, pick: Pick::Latest } => write!(f, "latest within {window_ms}"),
            Self::Within { window_ms, pick: Pick::Oldest } => write!(f, "oldest within {window_ms}"),
            Self::Within { window_ms, pick: Pick::Random { seed } } => {
                write!(f, "random within {window_ms}, seed {seed}")
            }
        }
    }
}

mod as_text {
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One step of SplitMix64: spreads a seed over all bits, the same everywhere and for ever.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution(id: &str, status: &str, end: &str) -> BackupExecution {
        BackupExecution {
            id: ExecutionId::new(id),
            status: RestoreStatus(status.into()),
            start_time: None,
            end_time: Some(end.parse().unwrap()),
            bytes: None,
        }
    }

    fn history() -> Vec<BackupExecution> {
        vec![
            execution("9", "SUCCESSFUL", "2026-11-01T00:00:00Z"),
            execution("10", "SUCCESSFUL", "2026-11-08T00:00:00Z"),
            execution("11", "FAILED", "2026-11-15T00:00:00Z"),
        ]
    }

    fn chosen(selector: ExecutionSelector) -> Result<String, String> {
        let now = "2026-11-16T00:00:00Z".parse().unwrap();
        selector.select(&history(), now).map(|e| e.id.to_string())
    }

    #[test]
    fn takes_successful_executions_only() {
        assert_eq!(chosen(ExecutionSelector::Latest).unwrap(), "10");
        assert_eq!(chosen(ExecutionSelector::Id(ExecutionId::new("9"))).unwrap(), "9");
        let failed = chosen(ExecutionSelector::Id(ExecutionId::new("11"))).unwrap_err();
        assert!(failed.contains("FAILED"), "{failed}");
        assert!(chosen(ExecutionSelector::Id(ExecutionId::new("7"))).is_err());
        let before = ExecutionSelector::Before("2026-11-08T00:00:00Z".parse().unwrap());
        assert_eq!(chosen(before).unwrap(), "9");
    }

    #[test]
    fn windows_and_picks() {
        let within = |days: u64, pick| ExecutionSelector::Within { window_ms: Millis::from_secs(days * 86_400), pick };
        assert_eq!(chosen(within(30, Pick::Oldest)).unwrap(), "9");
        assert_eq!(chosen(within(10, Pick::Oldest)).unwrap(), "10");
        assert!(chosen(within(2, Pick::Latest)).is_err());
        assert!(chosen(within(2, Pick::Random { seed: 1 })).is_err());
        let drawn = chosen(within(30, Pick::Random { seed: 7 })).unwrap();
        assert_eq!(chosen(within(30, Pick::Random { seed: 7 })).unwrap(), drawn);
    }
}
