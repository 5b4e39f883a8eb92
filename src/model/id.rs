//! Identifiers, one type each, so that a job can't be passed where a site belongs.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text, as the service or the plan wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

identifier!(
    /// A site as the service names it, like `TDICGC73149PP88`.
    SiteId
);
identifier!(
    /// A backup job at a site. The service writes numbers; we keep the text.
    JobId
);
identifier!(
    /// One execution of a backup job, from `backup_job_execution_id`.
    ExecutionId
);
identifier!(
    /// What `x-resource-id` said when a create was accepted; probably the restore's execution id.
    ResourceId
);
identifier!(
    /// One run of restorectl in the journal.
    RunId
);
identifier!(
    /// The name under which a restore is created: the one key by which it is found again.
    JobName
);

/// A backup job at its site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobKey {
    /// The site that was backed up.
    pub site: SiteId,
    /// The backup job there.
    pub job: JobId,
}
