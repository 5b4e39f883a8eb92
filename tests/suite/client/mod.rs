//! The client against servers that misbehave: each time one clear message, and never a wrong claim. What
//! `docs/hostile-servers.md` promises is shown here, at the client and, where a user would meet it, at the real binary.

mod answers;
mod clock;
mod cut;
mod endless;
mod huge;
mod leaks;
mod odd;
mod rate;
mod renewed;
pub mod server;
mod slow;
pub mod tls;

use restorectl::baas::{Access, Client};
use restorectl::model::*;

use crate::drill::{execution, item};

/// An answer with its length, after which the connection ends.
pub fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
        .into_bytes()
}

/// A good answer.
pub fn json(body: &str) -> Vec<u8> {
    answer("200 OK", "content-type: application/json\r\n", body)
}

/// The `api` of an environment.
pub fn api(url: &str) -> Api {
    Api {
        url: url.to_owned(),
        headers: Default::default(),
        bearer: None,
        restore_credentials: None,
        permission_query: PermissionQuery::default(),
        ca_file: None,
        timeout_ms: Millis::from_secs(20),
        allow_plain_http: false,
    }
}

/// One secret of each kind.
pub fn access() -> Access {
    Access {
        headers: vec![("x-gateway-key".into(), Secret::new("gate-keeper-key".into()))],
        bearer: Some(Secret::new("very-secret-token".into())),
        restore: Some(("dba".into(), Secret::new("hunter2-password".into()))),
    }
}

/// A client with these secrets, and nowhere to read others.
pub fn client(url: &str) -> Client {
    Client::new(&api(url), &access(), None, None).unwrap()
}

pub fn site() -> SiteId {
    SiteId::new("PROD")
}

/// A create call.
pub fn request() -> CreateRequest {
    let item = item("model", "t");
    CreateRequest {
        job_name: JobName::new("drill_model_4d90123456789_1_1"),
        source: ExecutionKey { job: item.source.key(), execution: execution().id },
        target: item.target.clone(),
        objects: item.objects.clone(),
        mode: item.mode,
        options: item.options,
    }
}
