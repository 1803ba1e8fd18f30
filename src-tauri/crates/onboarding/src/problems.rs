//! From the errors of the crates below to the contract's problem. Every error is matched by kind; no prose is made here.
//! What may lie behind a problem comes from the catalogue's dictionary, likeliest first.

use entra::{CallbackFault, CatcherError, RedirectFault, SecretFault};

use crate::contract::{Problem, ProblemCause, ProblemCode, Who};
use crate::reasons;

mod disk;
mod network;
mod pull;
mod sign_in;

pub(crate) use disk::{of_cloud_file, of_file, of_old_file, of_reading, of_rendering, of_vault};
pub(crate) use network::{of_transport, of_window_reach, of_window_trust};
pub(crate) use pull::{of_answer, of_pull};
pub(crate) use sign_in::{Asked, of_entra, of_refusal};

/// A task of ours panicked: a mistake of ours, and the person sees a sentence instead of a stack.
pub(crate) fn of_panic(error: &tokio::task::JoinError) -> Problem {
    Problem::new(ProblemCode::Internal).with("reason", "task-ended-by-a-fault").caused_by(error)
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
