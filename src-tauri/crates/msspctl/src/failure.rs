//! How a run ends that did not go well: the problem in words on standard error, and the exit status (design 6.1).

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use onboarding::contract::{Microsoft, Problem, ProblemCode, Who};
use serde::Serialize;

use crate::output::{Output, plain};
use crate::prose::{Language, Likely, Prose};
use crate::texts::Text;

/// Why a command did not end with 0.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What the engine reported.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// Nobody reads standard output any more, as behind `| head`. That is no failure of ours.
    #[error("standard output was closed")]
    OutputClosed,
}

impl From<io::Error> for Failure {
    /// Errors of this kind come from standard output only; every other file has its own words.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::OutputClosed;
        }
        Problem::new(ProblemCode::FileTrouble).with("path", "stdout").with("reason", error.to_string()).into()
    }
}

/// The last JSON line on standard error.
#[derive(Serialize)]
pub(crate) struct Told<'a> {
    code: ProblemCode,
    title: String,
    cause: String,
    fix: String,
    who: Who,
    params: &'a BTreeMap<String, String>,
    details: &'a [String],
    microsoft: Option<&'a Microsoft>,
    causes: Vec<Likely>,
    link: Option<&'a str>,
}

impl Failure {
    /// Tells the person or the script, and gives the exit status.
    pub(crate) fn report(&self, output: &Output) -> ExitCode {
        match self {
            Self::Problem(problem) => {
                tell(problem, output.json(), output.prose());
                ExitCode::from(problem.code.exit_status())
            }
            Self::OutputClosed => ExitCode::SUCCESS,
        }
    }
}

/// Ends a run whose arguments make no sense, or that asked for help.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // Nothing was parsed, so what was meant is read off the words themselves.
    let json = std::env::args_os()
        .skip(1)
        .take_while(|argument| argument != "--")
        .any(|argument| argument == "--json");
    if asked || !json {
        let status = u8::try_from(error.exit_code()).unwrap_or(2);
        // Standard error or output may be closed; the status still says it.
        let _ = error.print();
        return ExitCode::from(status);
    }
    let field = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand]
        .into_iter()
        .find_map(|kind| error.get(kind).map(words))
        .unwrap_or_else(|| "command".to_owned());
    let rendered = error.render().to_string();
    let mut lines = rendered.lines().map(str::trim).filter(|line| !line.is_empty());
    let reason = lines.next().unwrap_or_default().trim_start_matches("error: ").trim_end_matches([':', '.']);
    let mut problem = Problem::new(ProblemCode::InvalidInput).with("field", field).with("reason", reason);
    problem.details = lines.map(str::to_owned).collect();
    tell(&problem, true, &Prose::new(Language::of_the_system()));
    ExitCode::from(problem.code.exit_status())
}

/// The names in what clap says, without the placeholders of their values.
fn words(value: &ContextValue) -> String {
    let name = |shown: &str| shown.split(" <").next().unwrap_or(shown).to_owned();
    if let ContextValue::Strings(all) = value {
        all.iter().map(|one| name(one)).collect::<Vec<_>>().join(", ")
    } else {
        name(&value.to_string())
    }
}

/// Says a problem on standard error. What cannot be written there cannot be told anywhere.
pub(crate) fn tell(problem: &Problem, json: bool, prose: &Prose) {
    let text = if json { as_json(problem, prose) } else { as_text(problem, prose) };
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A problem as scripts read it.
pub(crate) fn told<'a>(problem: &'a Problem, prose: &Prose) -> Told<'a> {
    let explained = prose.explain(problem);
    Told {
        code: problem.code,
        title: explained.title,
        cause: explained.cause,
        fix: explained.fix,
        who: problem.who,
        params: &problem.params,
        details: &problem.details,
        microsoft: problem.microsoft.as_deref(),
        causes: explained.causes,
        link: problem.link.as_deref(),
    }
}

fn as_json(problem: &Problem, prose: &Prose) -> String {
    serde_json::to_string(&told(problem, prose))
        .unwrap_or_else(|_| format!("{{\"code\":\"{}\"}}", problem.code.as_str()))
}

/// A problem as people read it, in several lines.
pub(crate) fn as_text(problem: &Problem, prose: &Prose) -> String {
    let explained = prose.explain(problem);
    let mut lines = vec![
        format!("{} [{}]", explained.title, problem.code.as_str()),
        format!("  {}", explained.cause),
        format!("  {}: {}", prose.text(Text::Fix), explained.fix),
        format!("  {}: {}", prose.text(Text::Who), explained.who),
    ];
    if explained.causes.len() > 1 || explained.causes.iter().any(|one| one.cause != explained.cause) {
        lines.push(format!("  {}:", prose.text(Text::Causes)));
        for (number, one) in (1..).zip(&explained.causes) {
            lines.push(format!("  {number}. {}", one.cause));
            lines.push(format!("     {}: {}", prose.text(Text::Check), one.check));
            lines.push(format!("     {}: {} ({})", prose.text(Text::Fix), one.fix, one.whose));
        }
    } else if let Some(one) = explained.causes.first() {
        lines.push(format!("  {}: {}", prose.text(Text::Check), one.check));
    }
    if let Some(microsoft) = problem.microsoft.as_deref() {
        let Microsoft { error, code, message, trace_id, correlation_id, timestamp } = microsoft;
        let named = |name: Text, value: &Option<String>| {
            value.as_ref().map(|value| format!("{}: {value}", prose.text(name)))
        };
        let said = [
            code.clone(),
            error.clone(),
            message.clone(),
            named(Text::TraceId, trace_id),
            named(Text::CorrelationId, correlation_id),
            timestamp.clone(),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        lines.push(format!("  {}: {}", prose.text(Text::MicrosoftSaid), said.join(", ")));
    }
    if let Some(link) = &problem.link {
        lines.push(format!("  {}: {link}", prose.text(Text::More)));
    }
    if !problem.details.is_empty() {
        lines.push(format!("  {}: {}", prose.text(Text::Details), problem.details.join(" < ")));
    }
    lines.iter().map(|line| plain(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use onboarding::contract::{Microsoft, Problem, ProblemCode};

    use super::{as_json, as_text};
    use crate::prose::{Language, Prose};

    fn refused() -> Problem {
        Problem::new(ProblemCode::SecretExpired).said_by(Microsoft {
            error: Some("invalid_client".to_owned()),
            code: Some("AADSTS7000222".to_owned()),
            trace_id: Some("t-1".to_owned()),
            correlation_id: Some("c-1".to_owned()),
            timestamp: Some("2026-11-20 08:00:00Z".to_owned()),
            ..Microsoft::default()
        })
    }

    #[test]
    fn a_script_reads_everything_from_one_line() {
        let line = as_json(&refused(), &Prose::new(Language::English));
        assert!(!line.contains('\n'));
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        for key in ["code", "title", "cause", "fix", "who", "params", "details", "microsoft"] {
            assert!(told.get(key).is_some(), "{key}");
        }
        assert_eq!(told["code"], "secret-expired");
        assert_eq!(told["microsoft"]["correlation_id"], "c-1");
    }

    #[test]
    fn a_person_reads_cause_fix_and_what_microsoft_support_asks_for() {
        let text = as_text(&refused(), &Prose::new(Language::English));
        assert!(text.starts_with("The client secret has ended [secret-expired]\n"), "{text}");
        assert!(text.contains("What to do: Add a new client secret"), "{text}");
        assert!(text.contains("AADSTS7000222, invalid_client, trace id: t-1, correlation id: c-1"), "{text}");
    }

    #[test]
    fn several_causes_are_told_with_a_check_each() {
        let problem = onboarding::explain("AADSTS7000215: Invalid client secret. Trace ID: t-9").unwrap();
        let text = as_text(&problem, &Prose::new(Language::English));
        assert!(text.contains("  1. The secret's ID was pasted instead of its value."), "{text}");
        assert!(text.contains("     Check: In the portal's list compare"), "{text}");
        assert!(text.contains("trace id: t-9"), "{text}");
        let told: serde_json::Value =
            serde_json::from_str(&as_json(&problem, &Prose::new(Language::Korean))).unwrap();
        assert_eq!(told["causes"][0]["name"], "secret-id-pasted");
        assert_eq!(told["causes"][0]["who"], "you");
        assert!(told["link"].as_str().is_some_and(|link| link.starts_with("https://")));
    }

    #[test]
    fn what_microsoft_says_cannot_drive_the_terminal() {
        let problem = Problem::new(ProblemCode::SignInRefused)
            .said_by(Microsoft { message: Some("a\u{1b}[31mb".to_owned()), ..Microsoft::default() });
        assert!(!as_text(&problem, &Prose::new(Language::English)).contains('\u{1b}'));
    }
}
