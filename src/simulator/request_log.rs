//! The log of all requests to the service, for tests and for people who want to see what was sent.

use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::fault::Call;
use super::moment::Moment;

/// What is known of a request when it arrives. It holds no header's value.
#[derive(Debug)]
pub(super) struct Arrival<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) body: &'a [u8],
    pub(super) call: Option<Call>,
    pub(super) has_credentials: bool,
}

/// Notes a request before anything is done about it; gives its number.
pub(super) async fn arrived(sql: &mut SqliteConnection, request: &Arrival<'_>) -> sqlx::Result<i64> {
    let body = (!request.body.is_empty()).then(|| String::from_utf8_lossy(request.body));
    sqlx::query_scalar(
        "INSERT INTO sim_requests (time, method, path, query, body, call, has_credentials) VALUES (?, ?, ?, ?, ?, ?, ?) \
         RETURNING seq",
    )
    .bind(Moment::now().0)
    .bind(request.method)
    .bind(request.path)
    .bind(request.query)
    .bind(body.as_deref())
    .bind(request.call.map(|call| call.to_string()))
    .bind(request.has_credentials)
    .fetch_one(sql)
    .await
}

/// Notes how a request was answered (no status: not at all) and what was made to go wrong.
pub(super) async fn answered(
    sql: &mut SqliteConnection,
    seq: i64,
    status: Option<u16>,
    fault: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE sim_requests SET status = ?, fault = ? WHERE seq = ?")
        .bind(status)
        .bind(fault)
        .bind(seq)
        .execute(sql)
        .await?;
    Ok(())
}

/// The requests after a number, oldest first, as documents.
pub(super) async fn after(sql: &mut SqliteConnection, seq: i64, limit: i64) -> sqlx::Result<Vec<Value>> {
    type Row =
        (i64, i64, String, String, Option<String>, Option<String>, Option<String>, bool, Option<u16>, Option<String>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT seq, time, method, path, query, body, call, has_credentials, status, fault FROM sim_requests \
         WHERE seq > ? ORDER BY seq LIMIT ?",
    )
    .bind(seq)
    .bind(limit)
    .fetch_all(sql)
    .await?;
    let document = |(seq, time, method, path, query, body, call, has_credentials, status, fault): Row| {
        json!({
            "seq": seq, "time": Moment(time).timestamp(), "method": method, "path": path, "query": query,
            "body": body.map(|text| document_or_text(&text)), "call": call, "has_credentials": has_credentials,
            "status": status, "fault": fault.map(|text| document_or_text(&text)),
        })
    };
    Ok(rows.into_iter().map(document).collect())
}

/// What a text says as JSON, or else the text.
fn document_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}
