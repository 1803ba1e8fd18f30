//! What an API says when it refuses, in the shapes of all five sources.
//!
//! Graph: `{"error":{"code","message","innerError":{"date","request-id","client-request-id"}}}`. Defender:
//! `{"error":{"code","message","target"}}`, where `target` is the id to quote to support. The legacy exporter and the
//! gateways before it: `{"Message": …}`, `{"error": "…", "error_description": "…"}`, a `WWW-Authenticate` header, or
//! nothing. Member names are matched without regard to case. The invariant: the token that was sent is never in here.

use reqwest::header::{DATE, HeaderMap, WWW_AUTHENTICATE};
use serde_json::{Map, Value};

/// Longest message that is kept, in characters.
const LONGEST_MESSAGE: usize = 600;

/// Microsoft's own words about a refusal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// `error.code`: `Forbidden`, `InvalidAuthenticationToken`, …
    pub code: Option<String>,
    /// `error.message`, one line.
    pub message: Option<String>,
    /// Id of the failing request, the one that Microsoft's support asks for.
    pub request_id: Option<String>,
    /// Id of the flow, where it differs from the request's.
    pub correlation_id: Option<String>,
    /// Microsoft's time of the refusal, as written by Microsoft.
    pub date: Option<String>,
}

impl Refusal {
    /// Reads an answer. `token` is struck out of everything that is kept.
    pub(crate) fn read(headers: &HeaderMap, body: &[u8], token: &str) -> Self {
        let mut refusal = Self::default();
        if let Ok(Value::Object(members)) =
            serde_json::from_slice(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body))
        {
            refusal.fill_from_body(&members);
        }
        refusal.fill_from_headers(headers);
        for kept in [
            &mut refusal.code,
            &mut refusal.message,
            &mut refusal.request_id,
            &mut refusal.correlation_id,
            &mut refusal.date,
        ] {
            *kept = kept.take().and_then(|text| clean(&text, token));
        }
        refusal
    }

    fn fill_from_body(&mut self, members: &Map<String, Value>) {
        if let Some(Value::Object(error)) = find(members, &["error", "odata.error"]) {
            self.code = text(error, &["code"]);
            self.message = text(error, &["message"]);
            self.request_id = text(error, &["target"]);
            if let Some(Value::Object(inner)) = find(error, &["innererror"]) {
                self.date = text(inner, &["date"]);
                self.request_id = text(inner, &["request-id", "requestid"]).or(self.request_id.take());
                self.correlation_id = text(inner, &["client-request-id", "clientrequestid"]);
            }
            return;
        }
        self.code = text(members, &["error", "errorcode", "code"]);
        self.message =
            text(members, &["error_description", "message", "exceptionmessage", "title", "detail"]);
        self.request_id = text(members, &["trace_id", "traceid", "requestid", "request-id"]);
        self.correlation_id = text(members, &["correlation_id", "correlationid", "activityid"]);
    }

    fn fill_from_headers(&mut self, headers: &HeaderMap) {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if self.code.is_none() {
            if let Some(challenge) = header(WWW_AUTHENTICATE.as_str()) {
                self.code = quoted(&challenge, "error");
                self.message = self.message.take().or_else(|| quoted(&challenge, "error_description"));
            }
        }
        self.request_id =
            self.request_id.take().or_else(|| header("request-id")).or_else(|| header("x-ms-request-id"));
        self.correlation_id = self.correlation_id.take().or_else(|| header("client-request-id"));
        self.date = self.date.take().or_else(|| header(DATE.as_str()));
    }
}

fn find<'a>(members: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| {
        members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

fn text(members: &Map<String, Value>, names: &[&str]) -> Option<String> {
    match find(members, names)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        // OData 3 wraps its message: {"lang": "en", "value": "…"}.
        Value::Object(wrapped) => find(wrapped, &["value"]).and_then(Value::as_str).map(str::to_owned),
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

/// `name="value"` in a challenge.
fn quoted(challenge: &str, name: &str) -> Option<String> {
    let mut rest = challenge;
    while let Some(at) = rest.find(name) {
        let alone = !rest[..at].ends_with(|before: char| before.is_ascii_alphanumeric() || before == '_');
        rest = &rest[at + name.len()..];
        if alone {
            if let Some(value) = rest.strip_prefix("=\"") {
                return value.split('"').next().map(str::to_owned);
            }
        }
    }
    None
}

fn clean(text: &str, token: &str) -> Option<String> {
    let text = if token.is_empty() { text.to_owned() } else { text.replace(token, "…") };
    let line: String = text.trim().chars().map_while(|it| (it != '\n' && it != '\r').then_some(it)).collect();
    let line: String = line.chars().filter(|it| !it.is_control()).take(LONGEST_MESSAGE).collect();
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::Refusal;

    fn read(body: &str, headers: &[(&'static str, &'static str)]) -> Refusal {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        Refusal::read(&headers, body.as_bytes(), "the-token")
    }

    #[test]
    fn graph_says_code_message_and_three_ids() {
        let body = r#"{"error":{"code":"Forbidden","message":"Missing application roles.\r\nMore.","innerError":
            {"date":"2026-11-20T10:00:00","request-id":"r-1","client-request-id":"c-1"}}}"#;
        assert_eq!(
            read(body, &[("request-id", "header")]),
            Refusal {
                code: Some("Forbidden".to_owned()),
                message: Some("Missing application roles.".to_owned()),
                request_id: Some("r-1".to_owned()),
                correlation_id: Some("c-1".to_owned()),
                date: Some("2026-11-20T10:00:00".to_owned()),
            }
        );
    }

    #[test]
    fn defender_says_its_id_in_target() {
        let refusal =
            read(r#"{"error":{"code":"Unauthorized","message":"m","target":"t-1"}}"#, &[("date", "now")]);
        assert_eq!((refusal.request_id, refusal.date), (Some("t-1".to_owned()), Some("now".to_owned())));
    }

    #[test]
    fn the_exporter_and_its_gateways_say_what_they_like() {
        assert_eq!(
            read(r#"{"Message":"Authorization has been denied for this request."}"#, &[])
                .message
                .unwrap()
                .len(),
            47
        );
        let refusal = read(r#"{"error":"invalid_token","error_description":"d","trace_id":"t"}"#, &[]);
        assert_eq!(
            (refusal.code, refusal.message, refusal.request_id),
            (Some("invalid_token".to_owned()), Some("d".to_owned()), Some("t".to_owned()))
        );
        let challenge = r#"Bearer realm="", error_description="Expired", error="invalid_token""#;
        let refusal = read("", &[("www-authenticate", challenge)]);
        assert_eq!(
            (refusal.code, refusal.message),
            (Some("invalid_token".to_owned()), Some("Expired".to_owned()))
        );
        assert_eq!(read("<html>no</html>", &[]), Refusal::default());
    }

    #[test]
    fn a_token_that_is_echoed_is_struck_out() {
        let refusal = read(r#"{"error":{"code":"x","message":"Bearer the-token is bad\u001b[31m"}}"#, &[]);
        assert_eq!(refusal.message, Some("Bearer … is bad[31m".to_owned()));
    }
}
