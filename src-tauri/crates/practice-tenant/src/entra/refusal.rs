//! Entra's refusals: AADSTS code, OAuth error, and the three forms in which they reach people and programs.
//!
//! Which refusal is for what stands in the rooms below, by whom it concerns. Codes and meanings are those of Entra's published error reference; the sentences follow what Entra sends, because
//! people paste them into search engines.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::html;

mod request;
mod sign_in;
mod token;

/// What identifies one answer in Entra's logs.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    id: Uuid,
    correlation: Uuid,
    /// Whether the client wants its id back in a header.
    echo: bool,
    at: Timestamp,
}

impl Trace {
    /// A new trace; the correlation id is the client's if it sent a GUID.
    pub(crate) fn new(headers: &HeaderMap, now: Timestamp) -> Self {
        let sent = headers
            .get("client-request-id")
            .and_then(|value| value.to_str().ok())
            .and_then(|text| Uuid::try_parse(text.trim()).ok());
        let echo = headers
            .get("return-client-request-id")
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
        Self { id: Uuid::new_v4(), correlation: sent.unwrap_or_else(Uuid::new_v4), echo, at: now }
    }

    fn timestamp(&self) -> String {
        self.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
    }

    /// Entra's headers.
    pub(crate) fn mark(&self, response: &mut Response) {
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&self.id.to_string()) {
            headers.insert("x-ms-request-id", id);
        }
        if let (true, Ok(id)) = (self.echo, HeaderValue::from_str(&self.correlation.to_string())) {
            headers.insert("client-request-id", id);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    }
}

/// A refusal.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u32,
    pub(crate) error: &'static str,
    status: StatusCode,
    text: String,
    /// `error_subcode` of a redirect.
    pub(crate) subcode: Option<&'static str>,
    suberror: Option<&'static str>,
    claims: Option<String>,
}

impl Refusal {
    fn new(code: u32, error: &'static str, text: impl Into<String>) -> Self {
        Self {
            code,
            error,
            status: StatusCode::BAD_REQUEST,
            text: text.into(),
            subcode: None,
            suberror: None,
            claims: None,
        }
    }

    fn unauthorized(mut self) -> Self {
        self.status = StatusCode::UNAUTHORIZED;
        self
    }

    fn suberror(mut self, suberror: &'static str) -> Self {
        self.suberror = Some(suberror);
        self
    }

    /// `AADSTSnnnnn: text`, then the ids.
    pub(crate) fn description(&self, trace: &Trace) -> String {
        format!(
            "AADSTS{}: {}\r\nTrace ID: {}\r\nCorrelation ID: {}\r\nTimestamp: {}",
            self.code,
            self.text,
            trace.id,
            trace.correlation,
            trace.timestamp()
        )
    }

    pub(crate) fn uri(&self, login: &str) -> String {
        format!("{login}/error?code={}", self.code)
    }

    /// The token endpoint's answer.
    pub(crate) fn json(&self, trace: &Trace, login: &str) -> Response {
        let mut body = json!({
            "error": self.error,
            "error_description": self.description(trace),
            "error_codes": [self.code],
            "timestamp": trace.timestamp(),
            "trace_id": trace.id,
            "correlation_id": trace.correlation,
            "error_uri": self.uri(login),
        });
        if let Some(fields) = body.as_object_mut() {
            if let Some(suberror) = self.suberror {
                fields.insert("suberror".to_owned(), suberror.into());
            }
            if let Some(claims) = &self.claims {
                fields.insert("claims".to_owned(), Value::from(claims.as_str()));
            }
        }
        let mut response = (self.status, Json(body)).into_response();
        trace.mark(&mut response);
        response
    }

    /// The page that Entra shows instead of a redirect.
    pub(crate) fn page(&self, trace: &Trace) -> Response {
        self.page_with(trace, "", None)
    }

    /// The same, with more below the message.
    pub(crate) fn page_with(&self, trace: &Trace, below: &str, form_target: Option<&str>) -> Response {
        let body = format!(
            "<p>Sorry, but we’re having trouble signing you in.</p>\n\
             <p class=\"problem\" id=\"exceptionMessageContainer\" role=\"alert\">AADSTS{}: {}</p>\n\
             <dl><dt>Request Id</dt><dd><code>{}</code></dd><dt>Correlation Id</dt><dd><code>{}</code></dd>\
             <dt>Timestamp</dt><dd>{}</dd></dl>\n{below}",
            self.code,
            html::escape(&self.text),
            trace.id,
            trace.correlation,
            trace.timestamp()
        );
        let mut response = html::page(self.status, "Sign in", &body, form_target);
        trace.mark(&mut response);
        response
    }

    /// The sentence alone, for a page that goes on.
    pub(crate) fn sentence(&self) -> String {
        format!("AADSTS{}: {}", self.code, self.text)
    }
}

/// What `{login}/error?code=` says: the number in plain words.
pub(crate) fn explanation(code: &str) -> String {
    let digits = code.trim().trim_start_matches("AADSTS");
    let text = if digits.chars().all(|c| c.is_ascii_digit()) && !digits.is_empty() {
        format!(
            "Error AADSTS{digits}. Microsoft's error reference explains it; the answer that carried it names the cause."
        )
    } else {
        "Add ?code= and a number to this address.".to_owned()
    };
    format!("<p>{}</p>", html::escape(&text))
}
