//! Why a pull ended without all of its alerts, as data.
//!
//! Hosts, statuses, limits and Microsoft's own words; no prose for people, no address with a query, no token.

use std::time::Duration;

use crate::query::UnusableQuery;
use crate::refusal::Refusal;

/// Why a pull failed. `E` is the caller's own error: of the token source, or of whoever takes the alerts.
#[derive(Debug, thiserror::Error)]
pub enum PullError<E: std::error::Error + 'static> {
    /// The question cannot be put; nothing was sent.
    #[error(transparent)]
    Query(#[from] UnusableQuery),
    /// No token was to be had, or whoever takes the alerts gave up.
    #[error("the pull was ended from this side")]
    Caller(#[source] E),
    /// The token cannot stand in a header; nothing was sent.
    #[error("the token holds characters that no token has")]
    TokenMalformed,
    /// The host cannot be reached: no such name, no route, nothing listening, or the proxy would not.
    #[error("{host} cannot be reached")]
    Unreachable {
        /// Host and port.
        host: String,
        /// The transport's own chain, without the address.
        #[source]
        cause: reqwest::Error,
    },
    /// The host's certificate or TLS does not hold.
    #[error("TLS with {host} failed: {reason}")]
    Tls {
        /// Host and port.
        host: String,
        /// The verifier's verdict.
        reason: String,
    },
    /// Nothing came in time, each time it was tried.
    #[error("{host}: nothing came within {limit:?} ({wait:?})")]
    TimedOut {
        /// Host and port.
        host: String,
        /// What was waited for.
        wait: Wait,
        /// The limit.
        limit: Duration,
    },
    /// The answer ended in the middle, each time it was tried.
    #[error("{host} cut the answer after {received} bytes")]
    Cut {
        /// Host and port.
        host: String,
        /// Bytes of the last answer.
        received: u64,
    },
    /// The host sent us elsewhere. Nobody went there: the token is for this host only.
    #[error("{host} answered {status} and sent us elsewhere")]
    Redirected {
        /// Host and port.
        host: String,
        /// 3xx.
        status: u16,
        /// Where to, host and port only.
        to: Option<String>,
    },
    /// The next page lies on another host. Nothing was sent there.
    #[error("{host} named a next page on {link}")]
    ForeignLink {
        /// Host and port.
        host: String,
        /// The other host and port.
        link: String,
    },
    /// The API refused the request (4xx).
    #[error("{host} refused: {denial:?} ({status})")]
    Refused {
        /// Host and port.
        host: String,
        /// 4xx; 200 when the refusal came inside an answer that had begun well.
        status: u16,
        /// The kind of refusal.
        denial: Denial,
        /// Microsoft's own words.
        refusal: Box<Refusal>,
    },
    /// Incidents come without their alerts, and the list of alerts refuses to give them (4xx): a permission of its own.
    #[error("{host} gives incidents without their alerts, and refuses those: {denial:?} ({status})")]
    AlertsRefused {
        /// Host and port.
        host: String,
        /// 4xx.
        status: u16,
        /// The kind of refusal.
        denial: Denial,
        /// Microsoft's own words.
        refusal: Box<Refusal>,
    },
    /// The API is asked too often (429), for longer than we wait.
    #[error("{host} is asked too often")]
    Throttled {
        /// Host and port.
        host: String,
        /// How long the API wants us to wait.
        retry_after: Option<Duration>,
        /// Microsoft's own words.
        refusal: Box<Refusal>,
    },
    /// The API is in trouble (5xx), each time it was tried.
    #[error("{host} is in trouble ({status})")]
    Unavailable {
        /// Host and port.
        host: String,
        /// 5xx.
        status: u16,
        /// Microsoft's own words.
        refusal: Box<Refusal>,
    },
    /// An answer is larger than any that is meant to be read.
    #[error("{host}: {part:?} is larger than {limit} bytes")]
    TooLarge {
        /// Host and port.
        host: String,
        /// Which part.
        part: Part,
        /// The cap, in bytes.
        limit: u64,
    },
    /// The answer is not what this API says.
    #[error("{host}: the answer ({status}) cannot be read at byte {at}: {reason:?}")]
    Unreadable {
        /// Host and port.
        host: String,
        /// Status of the answer.
        status: u16,
        /// What is wrong.
        reason: Unreadable,
        /// Bytes received when it was noticed.
        at: u64,
    },
}

/// The kind of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// 401, with a fresh token too.
    Unauthorised,
    /// 403: a permission, a licence, a role or the portal's authorisation is missing.
    Denied,
    /// 404: no such API here.
    NotFound,
    /// 410: the API has ended.
    Gone,
    /// Any other 4xx: the request itself.
    Request,
}

/// What was waited for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// A connection.
    Connection,
    /// The first byte of an answer.
    Answer,
    /// The next bytes of an answer.
    Bytes,
}

/// A part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// One alert (or one incident).
    Alert,
    /// What surrounds the alerts.
    Envelope,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// It is a page for people.
    Html,
    /// It is empty.
    Empty,
    /// It is not JSON.
    NotJson,
    /// It is JSON without a list of alerts.
    NoList,
    /// Something in the list is no JSON object.
    NotAnAlert,
    /// It is not UTF-8.
    NotUtf8,
    /// It is nested too deeply.
    TooDeep,
    /// It names a next page that is no address.
    BadLink,
    /// Page follows page, and none brings anything new.
    Endless,
}
