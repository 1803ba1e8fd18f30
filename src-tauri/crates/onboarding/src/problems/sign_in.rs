//! What Entra said, and what its tokens say.

use entra::{EntraError, IdentityFault};

use super::network::{of_network, of_transport};
use super::{cause, coded, explained, who};
use crate::contract::{Microsoft, Problem, ProblemCode};
use crate::network::Http;
use crate::reasons;

/// What was asked for, where the prose mentions it.
pub(crate) struct Asked<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) cloud: &'a str,
    pub(crate) redirect_uri: &'a str,
    /// By which it was asked, where anything was.
    pub(crate) http: Option<&'a Http>,
}

pub(crate) fn of_entra(error: &EntraError, asked: &Asked<'_>) -> Problem {
    let problem = match error {
        EntraError::Refused(refusal) => {
            let problem = coded(error.problem());
            let problem = match refusal.who().and_then(who) {
                Some(who) => Problem { who, ..problem },
                None => problem,
            };
            if matches!(problem.code, ProblemCode::RedirectNotRegistered | ProblemCode::RedirectPlatformSpa) {
                problem.with("redirect_uri", asked.redirect_uri)
            } else if problem.code == ProblemCode::TenantNotFound {
                problem.with("tenant", asked.tenant).with("cloud", asked.cloud)
            } else {
                problem
            }
        }
        EntraError::Transport(error) => of_transport(error, asked.http),
        EntraError::IdentityRefused { reason } => {
            coded(error.problem()).with("reason", reasons::of_identity(*reason))
        }
        EntraError::WrongTenant { expected, actual } => {
            coded(error.problem()).with("expected", expected.clone()).with("actual", actual.clone())
        }
        EntraError::NoRefreshToken => coded(error.problem()),
        EntraError::TenantName(fault) => {
            coded(error.problem()).with("field", "tenant").with("reason", reasons::of_tenant_name(*fault))
        }
        EntraError::TenantNotFound { tenant, .. } | EntraError::OtherCloud { tenant, .. } => {
            coded(error.problem()).with("tenant", tenant.clone()).with("cloud", asked.cloud)
        }
    };
    let theirs = asked.http.and_then(Http::server_time);
    let Some(refusal) = error.refusal() else {
        let causes = of_network(&problem);
        let told = explained(problem, &causes, None);
        return match (error, theirs) {
            (EntraError::IdentityRefused { reason }, Some(theirs)) => of_time(told, *reason, theirs),
            _ => told,
        }
        .caused_by(error);
    };
    let told = explained(problem.said_by(of_refusal_by_entra(refusal)), refusal.causes(), refusal.link());
    match theirs.or_else(|| refusal.told_at()) {
        Some(theirs) => with_skew(told, theirs),
        None => told,
    }
    .caused_by(error)
}

/// A refusal of Entra's that was not met here but handed in: there is no customer to name, and its time is long ago.
pub(crate) fn of_refusal(refusal: entra::Refusal) -> Problem {
    let error = EntraError::Refused(Box::new(refusal));
    // Microsoft quotes the address that it was sent.
    let quoted = error.refusal().and_then(|refusal| refusal.description.as_deref()).and_then(|text| {
        text.split_once("URI '").and_then(|(_, rest)| rest.split_once('\'')).map(|(address, _)| address)
    });
    let redirect_uri = quoted.unwrap_or(crate::registration::REDIRECT_URI);
    let mut problem = of_entra(&error, &Asked { tenant: "", cloud: "", redirect_uri, http: None });
    problem.params.retain(|_, value| !value.is_empty());
    problem.params.remove("skew_seconds");
    problem.causes.retain(|cause| cause.name != CLOCK_WRONG);
    problem
}

/// An identity whose time does not hold while the clocks differ: the clock it is, and not the token.
fn of_time(told: Problem, reason: IdentityFault, theirs: jiff::Timestamp) -> Problem {
    let told = with_skew(told, theirs);
    let about_time = matches!(reason, IdentityFault::Expired | IdentityFault::NotYetValid);
    match told.params.get("skew_seconds") {
        Some(skew) if about_time => {
            let problem = Problem::new(ProblemCode::ClockWrong).with("skew_seconds", skew.clone());
            explained(problem, &[], None)
        }
        _ => told,
    }
}

/// By how much two clocks may differ before that is held for a cause, in seconds: as much as tokens allow.
const SKEW: i64 = 300;

/// Puts a wrong clock first among the causes, where Microsoft's time of the answer shows that it is wrong.
pub(crate) fn with_skew(problem: Problem, theirs: jiff::Timestamp) -> Problem {
    let skew = crate::clock::now().duration_since(theirs).as_secs().abs();
    if skew <= SKEW {
        return problem;
    }
    let mut problem = problem.with("skew_seconds", skew.to_string());
    problem.causes.retain(|cause| cause.name != CLOCK_WRONG);
    problem.causes.splice(..0, cause(CLOCK_WRONG));
    problem
}

const CLOCK_WRONG: &str = "clock-wrong";

fn of_refusal_by_entra(refusal: &entra::Refusal) -> Microsoft {
    Microsoft {
        error: Some(refusal.error.clone()).filter(|error| !error.is_empty()),
        code: refusal.code().map(|code| format!("AADSTS{code}")),
        message: refusal.description.clone(),
        trace_id: refusal.trace_id.clone(),
        correlation_id: refusal.correlation_id.clone(),
        timestamp: refusal.timestamp.clone(),
    }
}
