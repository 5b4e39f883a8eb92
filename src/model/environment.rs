//! Where a plan is carried out: the API, its credentials by reference, and what is allowed there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Millis, Origin, SecretRef, Webhook};

/// An environment, with its bases merged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The file's name without `.yaml`.
    pub name: String,
    /// How to reach the service. None: the environment serves `validate` and `render` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// Who is told of runs there, by names of the author's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub webhooks: BTreeMap<String, Webhook>,
    /// What is allowed there.
    #[serde(default)]
    pub guard: Guard,
    /// Where in its file that stands, or where the file begins if nothing of it is said there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard_origin: Option<Origin>,
}

impl Environment {
    /// Where what is allowed there is to be changed, as the end of a sentence; nothing where that isn't known.
    pub fn guard_place(&self) -> String {
        self.guard_origin.as_ref().map_or_else(String::new, |origin| format!(" ({origin})"))
    }

    /// The paths of files that it refers to.
    pub fn paths_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let api = self.api.iter_mut().flat_map(|api| {
            let password = api.restore_credentials.iter_mut().map(|login| &mut login.password);
            let references = api.headers.values_mut().chain(api.bearer.iter_mut()).chain(password);
            references.filter_map(SecretRef::path_mut).chain(api.ca_file.iter_mut())
        });
        api.chain(self.webhooks.values_mut().flat_map(Webhook::paths_mut))
    }
}

/// How to reach the service. Holds references to secrets, never their values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Api {
    /// The base, up to and with `/data-protection/v2`; opaque to us.
    pub url: String,
    /// Headers to send with every call.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, SecretRef>,
    /// A token to send as `Authorization: Bearer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<SecretRef>,
    /// The login that the create call carries in `x-auth-credentials`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_credentials: Option<RestoreCredentials>,
    /// How to ask whether a restore is permitted.
    #[serde(default)]
    pub permission_query: PermissionQuery,
    /// A certificate authority (PEM) to trust besides the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<String>,
    /// How long one call may take altogether.
    pub timeout_ms: Millis,
    /// Allow `http://` to a host that isn't this machine. Said loudly on every run.
    #[serde(default)]
    pub allow_plain_http: bool,
}

/// The login that restores are carried out with at the target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreCredentials {
    /// The user's name; not a secret.
    pub user: String,
    /// Where the password comes from.
    pub password: SecretRef,
}

/// How to ask `restore-permissions`. Its body is not documented, so it is configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionQuery {
    /// Whether to ask at all.
    pub enabled: bool,
    /// Whether the query carries `x-auth-credentials` like the create call.
    pub with_credentials: bool,
    /// The body to send.
    pub body: serde_json::Value,
}

impl Default for PermissionQuery {
    fn default() -> Self {
        Self { enabled: true, with_credentials: false, body: serde_json::json!({}) }
    }
}

/// What an environment allows. Everything dangerous is off unless a file in git says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Guard {
    /// `apply` needs `--confirm NAME`.
    pub protected: bool,
    /// Restores over the very objects that were backed up.
    pub allow_in_place: bool,
    /// Restores that replace or drop something else at the target.
    pub allow_replace: bool,
}
