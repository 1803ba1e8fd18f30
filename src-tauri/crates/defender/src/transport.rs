//! What became of a request: the transport's errors and the headers of an answer, sorted into what a pull can act on.
//!
//! Sends nothing itself. The invariant: what leaves here names hosts, never an address with its query.

use std::error::Error;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER, WARNING};
use url::Url;

use crate::error::{Denial, PullError, Wait};
use crate::summary::ProviderTrouble;

/// Host and port of an address, as told to people.
pub(crate) fn host(address: &Url) -> String {
    let host = address.host_str().unwrap_or_default();
    address.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Same scheme, host and port.
pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

/// An error of a request to which no answer came, and whether asking again can help.
pub(crate) fn unanswered<E: Error + 'static>(
    error: reqwest::Error,
    host: &str,
    after: Duration,
) -> (PullError<E>, bool) {
    let host = host.to_owned();
    let error = error.without_url();
    if let Some(reason) = tls_reason(&error) {
        return (PullError::Tls { host, reason }, false);
    }
    if error.is_timeout() {
        let wait = if error.is_connect() { Wait::Connection } else { Wait::Answer };
        return (PullError::TimedOut { host, wait, limit: after }, true);
    }
    if error.is_connect() {
        return (PullError::Unreachable { host, cause: error }, false);
    }
    // Something listened and hung up before it answered.
    (PullError::Cut { host, received: 0 }, true)
}

/// The verdict on a certificate, wherever in the chain it hides: `io::Error` does not name what it wraps as a source.
fn tls_reason(error: &reqwest::Error) -> Option<String> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(verdict) = error.downcast_ref::<rustls::Error>() {
            return Some(verdict.to_string());
        }
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// The kind of a 4xx.
pub(crate) fn denial(status: u16) -> Denial {
    match status {
        401 => Denial::Unauthorised,
        403 => Denial::Denied,
        404 => Denial::NotFound,
        410 => Denial::Gone,
        _ => Denial::Request,
    }
}

/// An answer that a program in front of the API wrote for people.
pub(crate) fn is_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let html = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().contains("html"));
    let start = body.trim_ascii_start();
    let begins = |tag: &[u8]| start.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    // A wrong content type around a JSON refusal is still a refusal.
    (html && !begins(b"{")) || begins(b"<!doctype html") || begins(b"<html")
}

/// How long `Retry-After` asks to wait: seconds, or a date, compared with the answer's own.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = |text: &str| rfc2822::parse(text).ok().map(|date| date.timestamp());
    let until = date(text)?;
    let from = headers.get(DATE).and_then(|value| value.to_str().ok()).and_then(date).unwrap_or(now);
    Some(Duration::try_from(until.duration_since(from)).unwrap_or_default())
}

/// What a 206 says about the providers behind Graph: `199 - "{Vendor}/{Provider}/{Status}/{ms}"`.
pub(crate) fn partial(headers: &HeaderMap) -> Vec<ProviderTrouble> {
    headers
        .get_all(WARNING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split('"').skip(1).step_by(2))
        .map(|text| {
            let parts: Vec<&str> = text.split('/').map(str::trim).collect();
            let number = |at: usize| parts.get(at).and_then(|part| part.parse::<u64>().ok());
            ProviderTrouble {
                provider: short(&parts.iter().take(2).copied().collect::<Vec<_>>().join("/")),
                status: number(2).and_then(|status| u16::try_from(status).ok()),
                milliseconds: number(3),
            }
        })
        .collect()
}

/// What is shown of a name that comes over the wire.
fn short(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER, WARNING};

    use super::{is_page, partial, retry_after};
    use crate::summary::Note;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2026-11-20T10:00:00Z".parse().unwrap();
        let with = |value: &'static str, date: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
            if let Some(date) = date {
                headers.insert(DATE, HeaderValue::from_static(date));
            }
            retry_after(&headers, now)
        };
        assert_eq!(with("7", None), Some(Duration::from_secs(7)));
        assert_eq!(with("Fri, 20 Nov 2026 10:00:30 GMT", None), Some(Duration::from_secs(30)));
        assert_eq!(
            with("Fri, 20 Nov 2026 10:00:30 GMT", Some("Fri, 20 Nov 2026 10:00:20 GMT")),
            Some(Duration::from_secs(10))
        );
        assert_eq!(with("Fri, 20 Nov 2026 09:00:00 GMT", None), Some(Duration::ZERO));
        assert_eq!(with("-5", None), None);
        assert_eq!(with("soon", None), None);
        assert_eq!(with("1e300", None), None);
    }

    #[test]
    fn a_partial_answer_names_the_provider_that_failed() {
        let mut headers = HeaderMap::new();
        assert_eq!(partial(&headers), []);
        headers.append(WARNING, HeaderValue::from_static(r#"199 - "Microsoft/MDATP/403/10""#));
        headers.append(
            WARNING,
            HeaderValue::from_static(r#"199 - "Microsoft/MCAS/504/10000", 199 - "Microsoft/X/500/1""#),
        );
        let told: Vec<_> = partial(&headers)
            .into_iter()
            .map(|trouble| (trouble.provider.clone(), trouble.status, trouble.milliseconds, trouble.note()))
            .collect();
        assert_eq!(
            told,
            [
                ("Microsoft/MDATP".to_owned(), Some(403), Some(10), Note::ProviderNotLicensed),
                ("Microsoft/MCAS".to_owned(), Some(504), Some(10_000), Note::ProviderTimedOut),
                ("Microsoft/X".to_owned(), Some(500), Some(1), Note::PartialAnswer),
            ]
        );
    }

    #[test]
    fn pages_for_people_are_recognised() {
        let mut headers = HeaderMap::new();
        assert!(is_page(&headers, b"\r\n <!DOCTYPE html><html>"));
        assert!(!is_page(&headers, b"<?xml version='1.0'?><error/>"));
        headers.insert("content-type", HeaderValue::from_static("text/html; charset=utf-8"));
        assert!(is_page(&headers, b"no"));
        assert!(!is_page(&headers, b" {\"error\":1}"));
    }
}
