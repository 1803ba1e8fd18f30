//! From the errors of the crates below to the contract's problem. Every error is matched by kind; no prose is made here.
//! What may lie behind a problem comes from the catalogue's dictionary, likeliest first.

use std::path::Path;

use catalog::{CloudFileError, SourceId};
use connectors::ConnectorId;
use defender::{Denial, PullError};
use entra::{
    CallbackFault, CatcherError, EntraError, IdentityFault, RedirectFault, SecretFault, TransportError,
};
use vault::VaultError;
use vault::files::FileError;

use crate::contract::{Microsoft, Problem, ProblemCause, ProblemCode, Who};
use crate::network::Http;
use crate::{network, reasons};

/// What was asked for, where the prose mentions it.
pub(crate) struct Asked<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) cloud: &'a str,
    pub(crate) redirect_uri: &'a str,
    /// By which it was asked, where anything was.
    pub(crate) http: Option<&'a Http>,
}

/// A task of ours panicked: a mistake of ours, and the person sees a sentence instead of a stack.
pub(crate) fn of_panic(error: &tokio::task::JoinError) -> Problem {
    Problem::new(ProblemCode::Internal).with("reason", "task-ended-by-a-fault").caused_by(error)
}

pub(crate) fn of_cloud_file(path: &Path, error: &CloudFileError) -> Problem {
    let (reason, place) = reasons::of_cloud_file(&error.fault);
    let problem = Problem::new(ProblemCode::CloudFileInvalid)
        .with("file", path.display().to_string())
        .with("reason", reason);
    let problem = match place {
        Some(place) => problem.with("place", place),
        None => problem,
    };
    problem.caused_by(error)
}

pub(crate) fn of_vault(error: &VaultError, folder: &Path) -> Problem {
    let problem = match error {
        VaultError::Locked { .. } | VaultError::KeyringUnavailable { .. } => {
            Problem::new(ProblemCode::VaultLocked)
        }
        VaultError::KeyWrong => Problem::new(ProblemCode::VaultKeyWrong),
        VaultError::Busy { holder } => Problem::new(ProblemCode::VaultBusy)
            .with("holder", holder.to_string())
            .with("folder", folder.display().to_string()),
        VaultError::Damaged { .. } | VaultError::Newer { .. } | VaultError::Database { .. } => {
            Problem::new(ProblemCode::VaultDamaged).with("reason", reasons::of_vault(error))
        }
        VaultError::JournalBroken { at } => {
            Problem::new(ProblemCode::JournalBroken).with("entry", at.to_string())
        }
        VaultError::NameTaken { name } => {
            Problem::new(ProblemCode::CustomerExists).with("customer", name.clone())
        }
        VaultError::Name { problem } => Problem::new(ProblemCode::InvalidInput)
            .with("field", "name")
            .with("reason", reasons::of_name(*problem)),
        VaultError::NoSuchCustomer { id } => {
            Problem::new(ProblemCode::CustomerUnknown).with("customer", id.clone())
        }
        VaultError::Randomness => Problem::new(ProblemCode::Internal).with("reason", "no-random-numbers"),
        VaultError::File(error) => return of_file(error, folder),
    };
    problem.caused_by(error)
}

pub(crate) fn of_file(error: &FileError, folder: &Path) -> Problem {
    let shown = folder.display().to_string();
    let problem = match error {
        FileError::Exists { paths } => {
            let names: Vec<_> =
                paths.iter().filter_map(|path| path.file_name()).map(|name| name.to_string_lossy()).collect();
            Problem::new(ProblemCode::FilesExist).with("folder", shown).with("files", names.join(", "))
        }
        FileError::Link { path } | FileError::NotAFile { path } | FileError::NotAFolder { path } => {
            Problem::new(ProblemCode::FolderRefused)
                .with("folder", path.display().to_string())
                .with("reason", reasons::of_file(error))
        }
        FileError::Name { .. } => Problem::new(ProblemCode::FolderRefused)
            .with("folder", shown)
            .with("reason", reasons::of_file(error)),
        FileError::SetIncomplete { source, .. } => {
            Problem::new(ProblemCode::FileTrouble).with("path", shown).with("reason", source.to_string())
        }
        FileError::Io { path, source, .. } => Problem::new(ProblemCode::FileTrouble)
            .with("path", path.display().to_string())
            .with("reason", source.to_string()),
    };
    problem.caused_by(error)
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

/// An API's answer that was handed in; `None` where the dictionary does not know it.
pub(crate) fn of_answer(status: u16, refusal: &defender::Refusal) -> Option<Problem> {
    let entry = catalog::api_error(status, refusal.code.as_deref(), refusal.message.as_deref())?;
    let told = coded(&entry.problem).said_by(of_refusal_by_api(refusal));
    let told = Problem { who: who(&entry.who).unwrap_or(told.who), ..told };
    Some(explained(told.with("status", status.to_string()), &entry.causes, entry.link.clone()))
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

/// Adds what the dictionary knows: the causes of the very code, else those of the problem.
fn explained(mut problem: Problem, causes: &[String], link: Option<String>) -> Problem {
    let causes = if causes.is_empty() { catalog::causes_of(problem.code.as_str()) } else { causes };
    problem.causes = causes.iter().filter_map(|name| cause(name)).collect();
    problem.link = link;
    problem
}

fn cause(name: &str) -> Option<ProblemCause> {
    let cause = catalog::cause(name)?;
    Some(ProblemCause { name: cause.name.clone(), who: who(&cause.who)? })
}

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

pub(crate) fn of_transport(error: &TransportError, http: Option<&Http>) -> Problem {
    let problem = coded(error.problem());
    match error {
        TransportError::Unreachable { host, reason } => {
            let problem = problem.with("host", host.clone());
            match obstacle(reason) {
                Some(obstacle) => problem.with("reason", obstacle),
                None => problem,
            }
        }
        TransportError::TimedOut { host } | TransportError::Cut { host } => {
            problem.with("host", host.clone())
        }
        TransportError::Tls { host, reason } => of_tls(host, reason),
        TransportError::ProxyRefused { host } => of_proxy(host, http),
        TransportError::Unreadable { host, reason } => {
            problem.with("host", host.clone()).with("reason", reasons::of_answer(reason))
        }
        TransportError::Foreign { host, target } => {
            problem.with("host", host.clone()).with("target", target.clone())
        }
        TransportError::TooLarge { host, limit } => {
            problem.with("host", host.clone()).with("limit", limit.to_string())
        }
        TransportError::Throttled { retry_after, .. } => {
            problem.with("seconds", retry_after.map_or(60, |wait| wait.as_secs()).to_string())
        }
        TransportError::Unavailable { host, status } => {
            problem.with("host", host.clone()).with("status", status.to_string())
        }
    }
}

/// A certificate that does not hold: why, and who issued it, where our own verifier said so.
fn of_tls(host: &str, reason: &str) -> Problem {
    let problem = Problem::new(ProblemCode::TlsRefused).with("host", host);
    let Some(verdict) = network::Untrusted::read(reason) else {
        return problem.with("reason", "tls-failed");
    };
    let mut problem = problem.with("reason", verdict.why.as_str());
    if let Some(issuer) = verdict.issuer {
        problem = problem.with("issuer", issuer);
    }
    problem
}

/// A certificate that the web engine of the sign-in window does not trust. It asks the operating system alone, and knows
/// none of the authorities that were added to this product.
pub(crate) fn of_window_trust(host: String, certificate: Option<&str>) -> Problem {
    let issuer = certificate.and_then(|pem| network::issuer_of(pem.as_bytes()));
    let problem = Problem::new(ProblemCode::TlsRefused)
        .with("host", host)
        .with("reason", reasons::WINDOW_TRUSTS_SYSTEM_ONLY);
    let problem = match issuer {
        Some(issuer) => problem.with("issuer", issuer),
        None => problem,
    };
    let causes = of_network(&problem);
    explained(problem, &causes, None)
}

/// A page that the sign-in window could not fetch.
pub(crate) fn of_window_reach(host: String) -> Problem {
    let problem = Problem::new(ProblemCode::Unreachable).with("host", host);
    let causes = of_network(&problem);
    explained(problem, &causes, None)
}

/// The proxy took the call and did not get through.
const PROXY_FAILED: &str = "proxy-did-not-get-through";
/// Nobody knows the host's name.
const NAME_UNKNOWN: &str = "host-name-unknown";

/// What stood in the way, where the HTTP client's text tells: it has no types for it.
fn obstacle(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    if text.contains("tunnel error") || text.contains("socks") {
        Some(PROXY_FAILED)
    } else if ["dns error", "lookup", "resolve", "name or service", "host is known"]
        .iter()
        .any(|word| text.contains(word))
    {
        Some(NAME_UNKNOWN)
    } else {
        None
    }
}

/// A proxy that wants a sign-in: which one, and whether it was given one.
fn of_proxy(host: &str, http: Option<&Http>) -> Problem {
    let problem = Problem::new(ProblemCode::ProxyRefused).with("host", host);
    match http.and_then(|http| http.proxy_to(host)) {
        Some(proxy) => {
            let problem = problem.with("proxy", proxy.address);
            proxy.user.map_or_else(|| problem.clone(), |user| problem.clone().with("user", user))
        }
        None => problem,
    }
}

/// The causes of a problem of the network, as far as it tells them apart itself.
fn of_network(problem: &Problem) -> Vec<String> {
    let reason = problem.params.get("reason").map(String::as_str);
    let names: &[&str] = if problem.code == ProblemCode::Unreachable {
        match reason {
            Some(PROXY_FAILED) => &["proxy-forbids", "name-unknown"],
            Some(NAME_UNKNOWN) => &["name-unknown", "proxy-needed"],
            Some(_) | None => &["firewall", "proxy-needed"],
        }
    } else if problem.code == ProblemCode::ProxyRefused {
        if problem.params.contains_key("user") {
            &["proxy-password-wrong", "proxy-other-scheme"]
        } else {
            &["proxy-password-missing", "proxy-other-scheme"]
        }
    } else if problem.code == ProblemCode::TlsRefused {
        match reason.and_then(network::Why::named) {
            None if reason == Some(reasons::WINDOW_TRUSTS_SYSTEM_ONLY) => &["window-trust"],
            Some(network::Why::UnknownIssuer) => &["traffic-inspected", "private-authority"],
            Some(network::Why::Expired | network::Why::NotYetValid) => &["certificate-over"],
            Some(network::Why::WrongName) => &["certificate-other-name", "traffic-inspected"],
            Some(network::Why::Revoked | network::Why::Malformed) | None => &[],
        }
    } else {
        &[]
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(crate) fn of_redirect(fault: RedirectFault) -> Problem {
    let problem = Problem::new(ProblemCode::RedirectUriInvalid).with("reason", redirect_reason(fault));
    match fault {
        RedirectFault::ForbiddenCharacter(character) => problem.with("character", character),
        RedirectFault::NotAnAddress
        | RedirectFault::TooLong
        | RedirectFault::Blank
        | RedirectFault::NonAscii
        | RedirectFault::Wildcard
        | RedirectFault::Fragment
        | RedirectFault::UserInfo
        | RedirectFault::PlainHttp
        | RedirectFault::Ipv6Loopback
        | RedirectFault::OtherScheme => problem,
    }
}

/// Why Entra would not take a redirect URI, as the message files name it.
pub(crate) fn redirect_reason(fault: RedirectFault) -> String {
    format!("redirect-{}", fault.as_str())
}

pub(crate) fn of_callback(fault: CallbackFault) -> Problem {
    Problem::new(ProblemCode::CallbackRefused).with("reason", format!("callback-{}", fault.as_str()))
}

pub(crate) fn of_secret(fault: SecretFault) -> Problem {
    match fault {
        SecretFault::IsId => Problem::new(ProblemCode::SecretIsId),
        SecretFault::Empty
        | SecretFault::TooShort
        | SecretFault::TooLong
        | SecretFault::BlankInside
        | SecretFault::ControlCharacter
        | SecretFault::NonAscii => {
            Problem::new(ProblemCode::SecretMalformed).with("reason", reasons::of_secret(fault))
        }
    }
}

pub(crate) fn of_catcher(error: &CatcherError) -> Problem {
    let problem = match error {
        CatcherError::NotLoopback => {
            Problem::new(ProblemCode::RedirectUriInvalid).with("reason", "redirect-not-of-this-computer")
        }
        CatcherError::PortTaken { port, .. }
        | CatcherError::PortReserved { port }
        | CatcherError::NotReached { port, .. } => Problem::new(ProblemCode::PortUnavailable)
            .with("reason", error.as_str())
            .with("port", port.to_string()),
        CatcherError::Socket(_) => Problem::new(ProblemCode::PortUnavailable).with("reason", error.as_str()),
        CatcherError::Expired => {
            let minutes = entra::Attempt::LIFETIME.as_secs() / 60;
            Problem::new(ProblemCode::ConsentTimedOut).with("minutes", minutes.to_string())
        }
    };
    problem.caused_by(error)
}

pub(crate) fn of_rendering(refusal: &connectors::Refusal, connector: ConnectorId) -> Problem {
    Problem::new(ProblemCode::ValueNotCarried)
        .with("field", refusal.field)
        .with("connector", connector.title())
        .with("reason", refusal.reason.as_str())
        .caused_by(refusal)
}

pub(crate) fn of_reading(problem: &connectors::ReadProblem) -> Problem {
    let key = problem.key.map(|key| format!(" ({key})")).unwrap_or_default();
    let mut found =
        Problem::new(ProblemCode::FilesIncomplete).with("reason", format!("{}{key}", problem.reason));
    // What cannot be named is left out, so that the prose leaves out its sentence.
    if !problem.file.is_empty() {
        found = found.with("file", problem.file.clone());
    }
    if let Some(line) = problem.line {
        found = found.with("line", line.to_string());
    }
    found.caused_by(problem)
}

/// A connector file that somebody set up years ago and that cannot be read.
pub(crate) fn of_old_file(problem: &connectors::ReadProblem) -> Problem {
    let found = Problem::new(ProblemCode::OldFileDamaged)
        .with("file", problem.file.clone())
        .with("reason", problem.reason.as_str());
    match problem.line {
        Some(line) => found.with("line", line.to_string()),
        None => found,
    }
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

/// A problem by its name, as the catalogue has it.
fn coded(name: &str) -> Problem {
    let code = ProblemCode::ALL.iter().copied().find(|code| code.as_str() == name);
    Problem::new(code.unwrap_or(ProblemCode::SignInRefused))
}

fn who(name: &str) -> Option<Who> {
    [Who::You, Who::CustomerAdmin, Who::ProviderAdmin, Who::Microsoft, Who::Developers]
        .into_iter()
        .find(|who| serde_json::to_value(who).is_ok_and(|value| value == name))
}
