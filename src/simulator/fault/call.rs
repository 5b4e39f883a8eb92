//! Which call a request is.

use super::Call;

/// The path below which the service's calls are.
pub(in crate::simulator) const BASE: &str = "/data-protection/v2";

impl Call {
    /// The call that a method and a path make, if they make one.
    pub(in crate::simulator) fn of(method: &str, path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.strip_prefix(BASE)?.strip_prefix('/')?.split('/').collect();
        let call = match (method, parts.as_slice()) {
            ("GET", ["sites", _, "restores"]) => Self::List,
            ("POST", ["sites", _, "restore-permissions"]) => Self::Permissions,
            ("GET", ["sites", _, "databases"]) => Self::Databases,
            ("GET", ["sites", _, "jobs"]) => Self::Jobs,
            ("GET", ["sites", _, "jobs", _]) => Self::Job,
            ("GET", ["sites", _, "executions"] | ["sites", _, "jobs", _, "executions"]) => Self::Executions,
            ("GET", ["sites", _, "objects-preparation-status"]) => Self::PreparationStatus,
            (method, ["sites", _, "jobs", _, "executions", _, tail @ ..]) => match (method, tail) {
                ("POST", ["restores"]) => Self::Create,
                ("GET", ["restores"]) => Self::ExecutionRestores,
                ("GET", ["restores", _]) => Self::Status,
                ("POST", ["prepare-objects"]) => Self::PrepareObjects,
                ("GET", ["objects"]) => Self::Objects,
                _ => return None,
            },
            _ => return None,
        };
        Some(call)
    }
}
