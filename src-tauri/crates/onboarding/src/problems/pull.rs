//! What an alert source said.

use catalog::SourceId;
use defender::{Denial, PullError};
use entra::TransportError;

use super::network::{of_network, of_tls, of_transport};
use super::{coded, explained, who};
use crate::contract::{Microsoft, Problem, ProblemCode};
use crate::network::Http;
use crate::reasons;

/// An API's answer that was handed in; `None` where the dictionary does not know it.
pub(crate) fn of_answer(status: u16, refusal: &defender::Refusal) -> Option<Problem> {
    let entry = catalog::api_error(status, refusal.code.as_deref(), refusal.message.as_deref())?;
    let told = coded(&entry.problem).said_by(of_refusal_by_api(refusal));
    let told = Problem { who: who(&entry.who).unwrap_or(told.who), ..told };
    Some(explained(told.with("status", status.to_string()), &entry.causes, entry.link.clone()))
}

/// What an alert source said. An error of our own side comes back as it was.
pub(crate) fn of_pull(error: PullError<Problem>, source: SourceId, http: &Http) -> Problem {
    let host_only = |code, host: &str| Problem::new(code).with("host", host);
    let told = match &error {
        PullError::Query(_) => {
            Problem::new(ProblemCode::InvalidInput).with("field", "query").with("reason", "query-impossible")
        }
        PullError::TokenMalformed => {
            Problem::new(ProblemCode::TokenInvalid).with("reason", "token-malformed")
        }
        PullError::Unreachable { host, cause } => {
            of_transport(&TransportError::from_http(host, cause), Some(http))
        }
        PullError::Tls { host, reason } => of_tls(host, reason),
        PullError::TimedOut { host, .. } => host_only(ProblemCode::TimedOut, host),
        PullError::Cut { host, .. } => host_only(ProblemCode::ConnectionCut, host),
        PullError::Redirected { host, to, .. } => host_only(ProblemCode::ForeignHost, host)
            .with("target", to.clone().unwrap_or_else(|| "unknown".to_owned())),
        PullError::ForeignLink { host, link } => {
            host_only(ProblemCode::ForeignHost, host).with("target", link.clone())
        }
        PullError::Refused { denial, refusal, status, .. } => {
            denied(*denial, *status, refusal, source).said_by(of_refusal_by_api(refusal))
        }
        PullError::AlertsRefused { denial, refusal, status, .. } => {
            denied(*denial, *status, refusal, SourceId::GraphAlerts).said_by(of_refusal_by_api(refusal))
        }
        PullError::Throttled { retry_after, refusal, .. } => Problem::new(ProblemCode::Throttled)
            .with("seconds", retry_after.map_or(60, |wait| wait.as_secs()).to_string())
            .said_by(of_refusal_by_api(refusal)),
        PullError::Unavailable { host, status, refusal } => {
            host_only(ProblemCode::MicrosoftUnavailable, host)
                .with("status", status.to_string())
                .said_by(of_refusal_by_api(refusal))
        }
        PullError::TooLarge { host, limit, .. } => {
            host_only(ProblemCode::ResponseTooLarge, host).with("limit", limit.to_string())
        }
        PullError::Unreadable { host, reason, .. } => {
            host_only(ProblemCode::ResponseUnreadable, host).with("reason", reasons::of_unreadable(*reason))
        }
        PullError::Caller(_) => {
            let PullError::Caller(ours) = error else { return Problem::new(ProblemCode::Internal) };
            return ours;
        }
    };
    let entry = match &error {
        PullError::Refused { status, refusal, .. }
        | PullError::AlertsRefused { status, refusal, .. }
        | PullError::Unavailable { status, refusal, .. } => {
            catalog::api_error(*status, refusal.code.as_deref(), refusal.message.as_deref())
        }
        PullError::Throttled { refusal, .. } => {
            catalog::api_error(429, refusal.code.as_deref(), refusal.message.as_deref())
        }
        PullError::Query(_)
        | PullError::TokenMalformed
        | PullError::Unreachable { .. }
        | PullError::Tls { .. }
        | PullError::TimedOut { .. }
        | PullError::Cut { .. }
        | PullError::Redirected { .. }
        | PullError::ForeignLink { .. }
        | PullError::TooLarge { .. }
        | PullError::Unreadable { .. }
        | PullError::Caller(_) => None,
    };
    of_api(told, entry).caused_by(&error)
}

/// Adds what the dictionary knows about an API's answer. Where the problem was told more closely than by the answer
/// alone, the causes of the problem hold.
fn of_api(told: Problem, entry: Option<&'static catalog::ApiErrorEntry>) -> Problem {
    let closer = catalog::causes_of(told.code.as_str());
    match entry {
        Some(entry) if entry.problem == told.code.as_str() || closer.is_empty() => {
            explained(told, &entry.causes, entry.link.clone())
        }
        Some(entry) => explained(told, closer, entry.link.clone()),
        None => {
            let causes = of_network(&told);
            explained(told, &causes, None)
        }
    }
}

fn denied(denial: Denial, status: u16, refusal: &defender::Refusal, source: SourceId) -> Problem {
    let said = |words: &[&str]| {
        let text =
            format!("{} {}", refusal.code.as_deref().unwrap_or(""), refusal.message.as_deref().unwrap_or(""));
        let text = text.to_ascii_lowercase();
        words.iter().any(|word| text.contains(word))
    };
    match denial {
        Denial::Unauthorised => Problem::new(ProblemCode::ApiUnauthorised),
        Denial::Denied if said(&["licens", "not onboarded", "disabledfeature"]) => {
            Problem::new(ProblemCode::NotLicensed)
        }
        Denial::Denied => Problem::new(ProblemCode::ApiDenied),
        Denial::NotFound | Denial::Gone => {
            Problem::new(ProblemCode::ApiRetired).with("source", source.as_str())
        }
        Denial::Request => Problem::new(ProblemCode::ApiRefused).with("status", status.to_string()),
    }
}

fn of_refusal_by_api(refusal: &defender::Refusal) -> Microsoft {
    Microsoft {
        error: refusal.code.clone(),
        code: None,
        message: refusal.message.clone(),
        trace_id: refusal.request_id.clone(),
        correlation_id: refusal.correlation_id.clone(),
        timestamp: refusal.date.clone(),
    }
}
