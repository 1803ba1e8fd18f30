//! `msspctl consent`: step 2.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use onboarding::contract::{
    BrowserChoice, Catcher, ConsentRequest, ConsentResult, Problem, ProblemCode, RedirectQuery, RedirectSide,
};
use onboarding::{Engine, PasteSlot};
use secrecy::ExposeSecret as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::{handoff, view};
use crate::durations;
use crate::failure::{Failure, tell};
use crate::output::{Output, Page};
use crate::progress::Voice;
use crate::prose::Language;
use crate::secret_input;
use crate::texts::Text;

/// How long to wait for a sign-in where nothing is said.
const USUAL_WAIT: Duration = Duration::from_mins(10);
/// An answer that is given at once needs time for a token only.
const ANSWER_WAIT: Duration = Duration::from_mins(1);

/// Let the customer sign in and consent.
///
/// Opens the sign-in page in the default browser ($BROWSER is honoured), waits for the answer, refuses any tenant but
/// the customer's, and seals the lasting sign-in in the vault.
#[derive(Args)]
#[command(after_long_help = "\
Where the answer arrives:
  browser  on this computer: the browser returns to an address that only this program listens to; where the
           app is registered with an https address, which cannot be listened to, this is paste
  paste    anywhere: sign in with any browser, then give the whole address of the last page on
           standard input, even if that page could not be shown; a wrong address is refused, and
           another may follow
  handoff  in other hands: prints what the customer's admin needs (a link, and with --qr a QR code; who is
           asked for what; a mail in the admin's language) and holds no secret. Later, even days later, the
           same command looks whether the admin has agreed, and --answer gives the address that they sent

With --no-open the sign-in address is printed alone on a line of standard output, and with --json as the line \
{\"event\":\"sign-in\",\"url\":...,\"expires\":...} on standard error.

Examples:
  msspctl consent Contoso
  msspctl consent Contoso --no-open --timeout 5m
  msspctl consent Contoso --private
  msspctl consent Contoso --browser firefox
  msspctl consent Contoso --catcher paste --no-open --qr
  msspctl consent Contoso --catcher handoff --mail-lang ko
  msspctl consent Contoso --catcher handoff --answer address.txt
  msspctl consent Contoso --compare-redirect http://localhost/siemmsspconnector")]
pub(crate) struct ConsentArgs {
    /// Name or id of the customer
    customer: String,
    /// How the answer comes back
    #[arg(long, value_enum, default_value_t = CatcherName::Browser)]
    catcher: CatcherName,
    /// Do not open a browser: print the address and wait
    #[arg(long)]
    no_open: bool,
    /// How long to wait for the sign-in, 10 minutes at most [default: 10m]
    ///
    /// With handoff any time, in which is looked every minute; without it is looked once.
    #[arg(long, value_name = "TIME", value_parser = durations::duration)]
    timeout: Option<Duration>,
    /// The browser to open, by name or id; see --list-browsers
    #[arg(long, value_name = "NAME")]
    browser: Option<String>,
    /// Open a private window
    #[arg(long)]
    private: bool,
    /// List the installed browsers and end
    #[arg(long, conflicts_with_all = ["catcher", "answer", "compare_redirect"])]
    list_browsers: bool,
    /// Show the address as a QR code, too
    #[arg(long)]
    qr: bool,
    /// File with the address that the customer's admin sent, `-` for standard input
    #[arg(long, value_name = "FILE")]
    answer: Option<PathBuf>,
    /// Make a new packet for the admin; the old link then no longer counts
    #[arg(long, conflicts_with = "answer")]
    anew: bool,
    /// Language of the mail to the admin; that of the texts when absent
    #[arg(long, value_name = "LANG", value_parser = Language::parser())]
    mail_lang: Option<Language>,
    /// Compare the redirect URI that the portal shows with the one that is sent, and end
    #[arg(long, value_name = "URI")]
    compare_redirect: Option<String>,
}

/// The reason of a paste that came when the engine had what it needs already.
const NOBODY_WAITS: &str = "no-sign-in-is-waiting";

/// The catchers of this build.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CatcherName {
    /// A listener on this computer
    Browser,
    /// The final address is given on standard input
    Paste,
    /// The customer's admin agrees at another place and time
    Handoff,
}

impl ConsentArgs {
    /// The option that reads standard input, if one does.
    pub(crate) fn reads_standard_input(&self) -> Option<&'static str> {
        if self.answer.as_deref().is_some_and(secret_input::is_standard_input) {
            return Some("--answer");
        }
        (self.catcher == CatcherName::Paste).then_some("--catcher")
    }

    fn request(&self, catcher: Catcher, wait: Duration) -> ConsentRequest {
        ConsentRequest {
            customer: self.customer.clone(),
            catcher,
            open: !self.no_open,
            browser: Some(BrowserChoice { id: self.browser.clone(), private: self.private }),
            timeout_seconds: u32::try_from(wait.as_secs()).unwrap_or(u32::MAX),
        }
    }
}

/// Runs the consent.
///
/// # Errors
///
/// Whatever the engine says; with `paste`, the last refusal when standard input ends before an address holds.
pub(crate) async fn run(args: &ConsentArgs, engine: &Engine, output: &Output) -> Result<(), Failure> {
    if args.list_browsers {
        return browsers(output);
    }
    if let Some(registered) = &args.compare_redirect {
        return compare(args, registered, engine, output).await;
    }
    if args.catcher == CatcherName::Handoff || args.answer.is_some() {
        return hand_over(args, engine, output).await;
    }
    let elsewhere = caught_elsewhere(args, engine).await?;
    let catcher = if args.catcher == CatcherName::Paste || elsewhere.is_some() {
        Catcher::Paste
    } else {
        Catcher::Browser
    };
    let request = args.request(catcher, args.timeout.unwrap_or(USUAL_WAIT));
    let voice = Voice::new(output);
    if let Some(redirect_uri) = &elsewhere {
        voice.remark(&output.prose().sign_in("window_elsewhere", &[("redirect_uri", redirect_uri)]));
    }
    let voice = if args.no_open { voice.with_address_on_stdout() } else { voice };
    let voice = if args.qr { voice.with_address_as_picture() } else { voice };
    let (slot, pastes) = onboarding::paste_slot();
    let consent = engine.consent(request, pastes, &voice);
    let result = if catcher == Catcher::Paste {
        voice.say(output.prose().text(Text::PasteHere));
        tokio::select! {
            result = consent => result?,
            problem = paste_lines(&slot, output) => return Err(problem.into()),
        }
    } else {
        consent.await?
    };
    drop(voice);
    show(&result, output)
}

/// The redirect address that only a sign-in window could take, where the registration has such a one. A terminal has no
/// windows: there the address of the last page is pasted.
async fn caught_elsewhere(args: &ConsentArgs, engine: &Engine) -> Result<Option<String>, Problem> {
    if args.catcher != CatcherName::Browser {
        return Ok(None);
    }
    let registration = engine.customer(&args.customer).await?.registration;
    let redirect_uri = registration.map(|registration| registration.redirect_uri);
    Ok(redirect_uri.filter(|address| address.starts_with("https:")))
}

/// What was proven, and what comes next.
fn show(result: &ConsentResult, output: &Output) -> Result<(), Failure> {
    output.result(result, |prose| {
        let mut page = Page::default();
        page.evidence(prose, &result.evidence);
        if result.customer.handoff.as_ref().is_some_and(|handoff| handoff.agreed_at.is_some()) {
            page.line(prose.text(Text::HandoffAdminAgreed));
        }
        view::next(&mut page, prose, &result.customer);
        page
    })
}

/// The packet's way: an answer that is given, a look whether a token proves the consent, else the packet itself.
async fn hand_over(args: &ConsentArgs, engine: &Engine, output: &Output) -> Result<(), Failure> {
    let (slot, pastes) = onboarding::paste_slot();
    let waits = engine.customer(&args.customer).await?.handoff.is_some();
    if let Some(file) = &args.answer {
        let voice = Voice::new(output);
        if secret_input::is_standard_input(file) {
            voice.say(output.prose().text(Text::HandoffAnswerHere));
        }
        let address = secret_input::read_text(file)?;
        let consent = engine.consent(
            args.request(Catcher::Handoff, args.timeout.unwrap_or(ANSWER_WAIT)),
            pastes,
            &voice,
        );
        let given = async {
            match slot.paste(address.expose_secret().trim().to_owned()).await {
                Err(refusal) if refusal.params.get("reason").is_none_or(|reason| reason != NOBODY_WAITS) => {
                    refusal
                }
                // The engine has the rest, or a token was quicker than the answer.
                Ok(()) | Err(_) => std::future::pending().await,
            }
        };
        let result = tokio::select! {
            result = consent => result?,
            refusal = given => return Err(refusal.into()),
        };
        drop(voice);
        return show(&result, output);
    }
    // A packet that was never sent has nobody who could have agreed to it; unless a wait is asked for.
    if !args.anew && (waits || args.timeout.is_some()) {
        let voice = Voice::new(output);
        let request = args.request(Catcher::Handoff, args.timeout.unwrap_or_default());
        let looked = engine.consent(request, pastes, &voice).await;
        drop(voice);
        match looked {
            Ok(result) => return show(&result, output),
            // Waiting for a person is a state: the packet is shown again, unless a wait was asked for and is over.
            Err(problem) if problem.code == ProblemCode::HandoffPending && args.timeout.is_none() => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    handoff::show(&args.customer, args.anew, args.qr, args.mail_lang, engine, output).await
}

/// The installed browsers, the default one first.
fn browsers(output: &Output) -> Result<(), Failure> {
    let browsers = onboarding::browser::installed();
    output.result(&browsers, |prose| {
        let mut page = Page::default();
        let rows: Vec<Vec<String>> = browsers
            .iter()
            .map(|browser| {
                let mut notes = Vec::new();
                notes.extend(browser.default.then(|| prose.text(Text::DefaultBrowser)));
                notes.extend(browser.private.then(|| prose.text(Text::PrivateWindow)));
                vec![browser.id.clone(), browser.name.clone(), notes.join(", ")]
            })
            .collect();
        page.table(&[prose.text(Text::Id), prose.text(Text::Name), ""], &rows);
        page
    })
}

/// Two redirect URIs, and the character at which they part.
async fn compare(
    args: &ConsentArgs,
    registered: &str,
    engine: &Engine,
    output: &Output,
) -> Result<(), Failure> {
    let query = RedirectQuery { customer: args.customer.clone(), registered: registered.to_owned() };
    let compared = engine.compare_redirect(query).await?;
    output.result(&compared, |prose| {
        let mut page = Page::default();
        let marked = |side: RedirectSide| {
            let own = compared.runs.iter().filter(|run| run.side == RedirectSide::Both || run.side == side);
            let marks = own.map(|run| match run.side {
                RedirectSide::Both => run.text.clone(),
                RedirectSide::Registered | RedirectSide::Sent => format!("[{}]", run.text),
            });
            marks.collect::<String>()
        };
        page.facts(&[
            (&prose.sign_in("redirect_registered", &[]), marked(RedirectSide::Registered)),
            (&prose.sign_in("redirect_sent", &[]), marked(RedirectSide::Sent)),
        ]);
        match &compared.difference {
            None => page.line(&prose.sign_in("redirect_same", &[])),
            Some(difference) => {
                page.line(&prose.sign_in(&format!("difference_{difference}"), &[]));
                if let Some(first) = compared.first {
                    page.line(&prose.sign_in("redirect_first", &[("at", &(first + 1).to_string())]));
                }
            }
        }
        for odd in &compared.odd {
            let at = (odd.at + 1).to_string();
            page.line(&prose.sign_in("redirect_odd", &[("at", &at), ("code", &odd.code)]));
        }
        if let Some(refused) = &compared.refused {
            page.line(prose.reason(refused));
        }
        page
    })
}

/// Hands over each line until one holds; then never ends, for the engine has the rest. Ends with the last refusal when
/// standard input does.
async fn paste_lines(slot: &PasteSlot, output: &Output) -> Problem {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut refusal = None;
    loop {
        let line = match lines.next_line().await {
            Ok(Some(line)) if line.trim().is_empty() => continue,
            Ok(Some(line)) => line,
            Ok(None) => {
                let nothing = || {
                    Problem::new(ProblemCode::CallbackRefused)
                        .with("reason", "standard input ended without an address")
                };
                return refusal.unwrap_or_else(nothing);
            }
            Err(error) => {
                return Problem::new(ProblemCode::FileTrouble)
                    .with("path", "stdin")
                    .with("reason", error.to_string());
            }
        };
        match slot.paste(line.trim().to_owned()).await {
            Ok(()) => return std::future::pending().await,
            Err(problem) => {
                // The last one is told at the end, so that it stays the last line.
                if let Some(earlier) = refusal.replace(problem) {
                    tell(&earlier, output.json(), output.prose());
                }
            }
        }
    }
}
