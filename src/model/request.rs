//! What a create call asks for.

use serde::{Deserialize, Serialize};

use super::{ExecutionKey, JobName, Mode, Options, RestoreObject, Target};

/// One create call: everything that is sent but the credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateRequest {
    /// The name it is sent under.
    pub job_name: JobName,
    /// The backup execution that it restores from; gives the call's path.
    pub source: ExecutionKey,
    /// Where it goes.
    pub target: Target,
    /// What to bring back.
    pub objects: Vec<RestoreObject>,
    /// Copy or restore.
    pub mode: Mode,
    /// Switches of the service.
    pub options: Options,
}
