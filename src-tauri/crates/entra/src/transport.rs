//! One HTTP exchange: sent, read up to a cap, and its failures as data. What the answer means is no matter here.
//!
//! The client is given, with its redirects off: a redirect of an API is never followed, since it would carry secrets
//! elsewhere. The invariant: no error holds more of an address than its host.

use std::error::Error as _;
use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use reqwest::header::{DATE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, Url};
use zeroize::Zeroizing;

/// An HTTP client together with what its answers told of the time. Copies share both; two that were made apart know
/// nothing of each other.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    /// When an answer came last, and what its `Date` said.
    told: Arc<Mutex<Option<(Instant, Timestamp)>>>,
}

impl Http {
    /// Takes a client, whose redirects are off.
    pub fn new(client: Client) -> Self {
        Self { client, told: Arc::default() }
    }

    /// The client itself.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Microsoft's time, by the `Date` of the last answer and the time since: what this computer's clock is compared
    /// with when a token is refused. Nothing is decided by it.
    pub fn server_time(&self) -> Option<Timestamp> {
        let (seen, date) = (*self.told.lock().unwrap_or_else(PoisonError::into_inner))?;
        date.checked_add(SignedDuration::try_from(seen.elapsed()).ok()?).ok()
    }

    fn note_time(&self, date: Option<Timestamp>) {
        if let Some(date) = date {
            *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), date));
        }
    }
}

/// Why no usable answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The host cannot be reached.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// Host, with its port where that is unusual.
        host: String,
        /// What the operating system or proxy said.
        reason: String,
    },
    /// Its certificate is not trusted, or TLS failed otherwise.
    #[error("{host} is not trusted: {reason}")]
    Tls {
        /// Host.
        host: String,
        /// What the TLS library said.
        reason: String,
    },
    /// The proxy on the way wants a sign-in, or another one (407).
    #[error("the proxy on the way to {host} wants a sign-in")]
    ProxyRefused {
        /// Host that was asked for, not the proxy's.
        host: String,
    },
    /// It did not answer in time.
    #[error("{host} did not answer in time")]
    TimedOut {
        /// Host.
        host: String,
    },
    /// The connection broke half-way.
    #[error("the connection to {host} broke")]
    Cut {
        /// Host.
        host: String,
    },
    /// It wanted to lead elsewhere.
    #[error("{host} wanted to lead to {target}")]
    Foreign {
        /// Host.
        host: String,
        /// The other host, or `unknown`.
        target: String,
    },
    /// The answer is larger than any real one.
    #[error("the answer of {host} is larger than {limit} bytes")]
    TooLarge {
        /// Host.
        host: String,
        /// Bytes.
        limit: usize,
    },
    /// The answer is not what the protocol says.
    #[error("the answer of {host} is unreadable: {reason}")]
    Unreadable {
        /// Host.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It asks to slow down.
    #[error("{host} asks to slow down")]
    Throttled {
        /// Host.
        host: String,
        /// How long, where it says so.
        retry_after: Option<Duration>,
    },
    /// It is in trouble (5xx).
    #[error("{host} is in trouble (status {status})")]
    Unavailable {
        /// Host.
        host: String,
        /// HTTP status.
        status: u16,
    },
}

impl TransportError {
    /// The problem that it is: the contract's kebab-case code.
    pub const fn problem(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Tls { .. } => "tls-refused",
            Self::ProxyRefused { .. } => "proxy-refused",
            Self::TimedOut { .. } => "timed-out",
            Self::Cut { .. } => "connection-cut",
            Self::Foreign { .. } => "foreign-host",
            Self::TooLarge { .. } => "response-too-large",
            Self::Unreadable { .. } => "response-unreadable",
            Self::Throttled { .. } => "throttled",
            Self::Unavailable { .. } => "microsoft-unavailable",
        }
    }

    /// Worth trying again without anybody doing anything.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::TimedOut { .. } | Self::Cut { .. } | Self::Throttled { .. } | Self::Unavailable { .. } => {
                true
            }
            Self::Unreachable { .. }
            | Self::Tls { .. }
            | Self::ProxyRefused { .. }
            | Self::Foreign { .. }
            | Self::TooLarge { .. }
            | Self::Unreadable { .. } => false,
        }
    }

    /// Sorts a failure of the HTTP client.
    pub fn from_http(host: &str, error: &reqwest::Error) -> Self {
        let host = host.to_owned();
        if error.is_timeout() {
            return Self::TimedOut { host };
        }
        let mut innermost = String::new();
        let mut cause = error.source();
        while let Some(current) = cause {
            if let Some(tls) = current.downcast_ref::<rustls::Error>() {
                return Self::Tls { host, reason: verdict(tls) };
            }
            if is_proxy_refusal(current) {
                return Self::ProxyRefused { host };
            }
            if is_cut(current) && !error.is_connect() {
                return Self::Cut { host };
            }
            innermost = current.to_string();
            cause = beneath(current);
        }
        if error.is_body() || error.is_decode() {
            return Self::Cut { host };
        }
        Self::Unreachable { host, reason: innermost }
    }
}

/// What the certificate's verifier said in its own words, else what the TLS library says.
fn verdict(error: &rustls::Error) -> String {
    if let rustls::Error::InvalidCertificate(rustls::CertificateError::Other(own)) = error {
        return own.0.to_string();
    }
    error.to_string()
}

/// A 407 to `CONNECT`. The tunnel's error type is private to hyper-util; its text is all that there is.
fn is_proxy_refusal(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.to_string().ends_with("proxy authorization required")
}

/// The next cause. An I/O error passes over the very error inside it when it is asked for its source.
fn beneath<'e>(
    cause: &'e (dyn std::error::Error + 'static),
) -> Option<&'e (dyn std::error::Error + 'static)> {
    match cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(inside) => Some(inside),
        None => cause.source(),
    }
}

fn is_cut(cause: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(hyper) = cause.downcast_ref::<hyper::Error>() {
        return hyper.is_incomplete_message() || hyper.is_canceled() || hyper.is_closed();
    }
    cause.downcast_ref::<std::io::Error>().is_some_and(|io| {
        matches!(io.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
    })
}

/// An answer, read whole.
pub(crate) struct Reply {
    pub(crate) host: String,
    pub(crate) status: u16,
    /// As Microsoft's clock says.
    pub(crate) date: Option<Timestamp>,
    pub(crate) retry_after: Option<Duration>,
    /// May hold tokens.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Reply {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body without the byte order mark that some proxies leave in.
    pub(crate) fn json(&self) -> &[u8] {
        self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body)
    }

    pub(crate) fn unreadable(&self, reason: impl Into<String>) -> TransportError {
        TransportError::Unreadable { host: self.host.clone(), reason: reason.into() }
    }

    /// What an answer of failure is when Entra did not write it.
    pub(crate) fn failure(&self) -> TransportError {
        let host = self.host.clone();
        match self.status {
            // Over plain HTTP the proxy's own answer comes in the host's place.
            407 => TransportError::ProxyRefused { host },
            429 => TransportError::Throttled { host, retry_after: self.retry_after },
            status @ 500..=599 => TransportError::Unavailable { host, status },
            status => {
                TransportError::Unreadable { host, reason: format!("status {status} without an explanation") }
            }
        }
    }
}

/// Sends a request and reads the answer, at most `limit` bytes of it.
pub(crate) async fn exchange(
    http: &Http,
    url: &Url,
    request: RequestBuilder,
    limit: usize,
) -> Result<Reply, TransportError> {
    let host = host_of(url);
    let mut response = request.send().await.map_err(|error| TransportError::from_http(&host, &error))?;
    let status = response.status();
    if status.is_redirection() {
        return Err(TransportError::Foreign { target: target_of(&response, url), host });
    }
    let date = http_date(response.headers(), DATE.as_str());
    http.note_time(date);
    let retry_after = retry_after(response.headers(), date);

    let too_large = || TransportError::TooLarge { host: host.clone(), limit };
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    // Room for all of it at once: a buffer that grows leaves copies of tokens behind.
    let mut body = Zeroizing::new(Vec::with_capacity(announced.unwrap_or(16 * 1024)));
    while let Some(chunk) =
        response.chunk().await.map_err(|error| TransportError::from_http(&host, &error))?
    {
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { host, status: status.as_u16(), date, retry_after, body })
}

/// The host of an address, with its port where that is unusual.
pub fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("unknown");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn target_of(response: &Response, from: &Url) -> String {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    location
        .and_then(|location| from.join(location).ok())
        .map_or_else(|| "unknown".to_owned(), |url| host_of(&url))
}

fn http_date(headers: &HeaderMap, name: &str) -> Option<Timestamp> {
    let text = headers.get(name)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

/// Seconds, or a date that is compared with the answer's own.
fn retry_after(headers: &HeaderMap, now: Option<Timestamp>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = http_date(headers, RETRY_AFTER.as_str())?;
    Duration::try_from(until.duration_since(now?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_retry_after_are_understood() {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, "Fri, 20 Nov 2026 10:00:00 GMT".parse().unwrap());
        let now = http_date(&headers, "date");
        assert_eq!(now, Some("2026-11-20T10:00:00Z".parse().unwrap()));
        for (text, seconds) in [("7", Some(7)), ("Fri, 20 Nov 2026 10:00:30 GMT", Some(30)), ("soon", None)] {
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn the_verifiers_own_words_are_kept() {
        #[derive(Debug, thiserror::Error)]
        #[error("issued by somebody else")]
        struct Verdict;
        let own = rustls::CertificateError::Other(rustls::OtherError(std::sync::Arc::new(Verdict)));
        assert_eq!(verdict(&rustls::Error::InvalidCertificate(own)), "issued by somebody else");
        assert!(verdict(&rustls::Error::DecryptError).contains("decrypt"));
    }

    #[test]
    fn a_proxy_that_wants_a_sign_in_is_told_from_a_host_that_refuses() {
        let reply = |status| Reply {
            host: "login.example".to_owned(),
            status,
            date: None,
            retry_after: None,
            body: Zeroizing::new(Vec::new()),
        };
        assert_eq!(reply(407).failure(), TransportError::ProxyRefused { host: "login.example".to_owned() });
        assert_eq!(reply(407).failure().problem(), "proxy-refused");
        assert_eq!(reply(403).failure().problem(), "response-unreadable");
        for text in ["proxy authorization required", "tunnel error: proxy authorization required"] {
            assert!(is_proxy_refusal(&std::io::Error::other(text)), "{text}");
        }
    }

    #[test]
    fn a_host_carries_its_port_only_where_it_is_unusual() {
        assert_eq!(host_of(&"https://login.example:443/x".parse().unwrap()), "login.example");
        assert_eq!(host_of(&"http://127.0.0.1:8080/x?secret".parse().unwrap()), "127.0.0.1:8080");
    }
}
