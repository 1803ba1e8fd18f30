//! One question and its answer, until it is a whole answer or clear that there is none.
//!
//! Here is what may be repeated and what may not: a refused token is replaced once, throttling is obeyed, trouble of
//! the server and of the line is sat out, a few times. The invariant: whatever happens, alerts that were handed on are
//! not handed on again (the [`Outlet`] knows them), so that a question can be put again at any point.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Response, StatusCode};
use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep, timeout};
use url::Url;
use zeroize::Zeroizing;

use crate::error::{Denial, Part, PullError, Unreadable, Wait};
use crate::event::Event;
use crate::outlet::{Halt, Outlet, RawAlert};
use crate::pull::{PullRequest, TokenSource};
use crate::refusal::Refusal;
use crate::rules;
use crate::splitter::{Envelope, Fault, Splitter};
use crate::summary::{Note, ProviderTrouble, PullSummary};
use crate::transport::{denial, host, is_page, partial, retry_after, same_origin, unanswered};
use crate::walk::Page;

/// A refusal is read so far.
const LONGEST_REFUSAL: usize = 64 << 10;
/// Providers that are told of.
const MOST_PROVIDERS: usize = 50;
/// The splitter's cap on the envelope, as told in errors.
const MOST_ENVELOPE: u64 = 64 << 20;

/// See the module.
pub(crate) struct Asking<'p, T: TokenSource> {
    http: &'p reqwest::Client,
    request: &'p PullRequest,
    tokens: &'p T,
    host: String,
    requests: u32,
    answered: bool,
    notes: Vec<Note>,
    providers: Vec<ProviderTrouble>,
    /// How often a question is repeated whose failing is known to have another way out.
    few_retries: bool,
}

/// Why a question has no whole answer.
pub(crate) enum Trouble<E: std::error::Error + 'static> {
    /// It is not needed: the limit is reached.
    Enough,
    /// And it will have none.
    Failed(PullError<E>),
}

/// Why one attempt failed.
enum Attempt<E: std::error::Error + 'static> {
    Enough,
    Final(PullError<E>),
    /// The token was refused.
    Unauthorised(PullError<E>),
    /// It may pass.
    Passing {
        error: PullError<E>,
        note: Note,
        wait: Option<Duration>,
    },
}

/// Trouble that a smaller question may not meet.
pub(crate) fn too_much<E: std::error::Error>(error: &PullError<E>) -> bool {
    matches!(error, PullError::Unavailable { status: 500 | 502 | 504, .. })
        || matches!(error, PullError::TimedOut { wait: Wait::Answer, .. })
}

impl<'p, T: TokenSource> Asking<'p, T> {
    pub(crate) fn new(http: &'p reqwest::Client, request: &'p PullRequest, tokens: &'p T) -> Self {
        let host = host(&request.address);
        Self {
            http,
            request,
            tokens,
            host,
            requests: 0,
            answered: false,
            notes: Vec::new(),
            providers: Vec::new(),
            few_retries: false,
        }
    }

    pub(crate) fn request(&self) -> &'p PullRequest {
        self.request
    }

    pub(crate) fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn tell_listener(&self, event: Event) {
        if let Some(listener) = &self.request.listener {
            // Who has gone does not want to know.
            let _ = listener.send(event);
        }
    }

    /// There is another way out of trouble than asking again: one repetition is enough.
    pub(crate) fn few_retries(&mut self, few: bool) {
        self.few_retries = few;
    }

    /// Puts down what became of the questions.
    pub(crate) fn tell(self, summary: &mut PullSummary) {
        summary.requests = self.requests;
        summary.notes = self.notes;
        summary.providers = self.providers;
    }

    pub(crate) fn bad_link(&self) -> PullError<T::Error> {
        self.unreadable(StatusCode::OK, Unreadable::BadLink, 0)
    }

    pub(crate) fn foreign_link(&self, link: &Url) -> PullError<T::Error> {
        PullError::ForeignLink { host: self.host.clone(), link: host(link) }
    }

    /// Incidents without a single alert are no list of alerts.
    pub(crate) fn no_alerts_within(&self) -> PullError<T::Error> {
        self.unreadable(StatusCode::OK, Unreadable::NoList, 0)
    }

    /// A provider behind Graph that failed, where nothing at all came: that is not "no alerts". One that the customer has
    /// not licensed has none.
    pub(crate) fn nothing_because(&self) -> Option<PullError<T::Error>> {
        let failed = self.providers.iter().find(|it| it.status != Some(403))?;
        let status = failed.status.unwrap_or(206);
        let message = Some(format!("{}/{status}", failed.provider));
        let refusal = Box::new(Refusal { message, ..Refusal::default() });
        Some(PullError::Unavailable { host: self.host.clone(), status, refusal })
    }

    pub(crate) fn endless(&self) -> PullError<T::Error> {
        self.unreadable(StatusCode::OK, Unreadable::Endless, 0)
    }

    /// Puts a question, as often as it takes.
    pub(crate) async fn ask<F>(
        &mut self,
        url: &Url,
        outlet: &mut Outlet<F>,
        page: &mut Page,
    ) -> Result<Envelope, Trouble<T::Error>>
    where
        F: FnMut(&RawAlert<'_>) -> Result<(), T::Error> + Send,
    {
        // The last token was refused; and: a fresh one was fetched for that reason.
        let (mut rejected, mut renewed) = (false, false);
        let mut repeated = 0;
        let mut arrived = page.new;
        loop {
            let attempt = self.attempt(url, rejected, repeated + 1, outlet, page).await;
            rejected = false;
            // A line that breaks again and again still gets there, as long as each time brings something new.
            if page.new > arrived {
                (arrived, repeated, renewed) = (page.new, 0, false);
            }
            match attempt {
                Ok(envelope) => return Ok(envelope),
                Err(Attempt::Enough) => return Err(Trouble::Enough),
                Err(Attempt::Final(error)) => return Err(Trouble::Failed(error)),
                Err(Attempt::Unauthorised(error)) if renewed => return Err(Trouble::Failed(error)),
                Err(Attempt::Unauthorised(_)) => (rejected, renewed) = (true, true),
                Err(Attempt::Passing { error, note, wait }) => {
                    let patience = &self.request.patience;
                    let doubled = patience.first_delay.saturating_mul(1 << repeated.min(16));
                    let wait = wait.unwrap_or_else(|| doubled.min(patience.longest_delay));
                    let few = self.few_retries && too_much(&error);
                    let retries = if few { patience.retries.min(1) } else { patience.retries };
                    if repeated >= retries || wait > patience.longest_delay {
                        return Err(Trouble::Failed(error));
                    }
                    tracing::debug!(host = self.host, ?wait, ?note, "asking again");
                    self.note(note);
                    repeated += 1;
                    self.tell_listener(Event::Waiting { note, wait });
                    sleep(wait).await;
                }
            }
            page.again();
        }
    }

    async fn attempt<F>(
        &mut self,
        url: &Url,
        rejected: bool,
        put: u32,
        outlet: &mut Outlet<F>,
        page: &mut Page,
    ) -> Result<Envelope, Attempt<T::Error>>
    where
        F: FnMut(&RawAlert<'_>) -> Result<(), T::Error> + Send,
    {
        if let Some(pace) = &self.request.pace {
            if pace.turn(|wait| self.tell_listener(Event::Waiting { note: Note::Paced, wait })).await {
                self.note(Note::Paced);
            }
        }
        let token =
            self.tokens.bearer(rejected).await.map_err(|error| Attempt::Final(PullError::Caller(error)))?;
        let bearer = Zeroizing::new(format!("Bearer {}", token.expose_secret()));
        let mut header =
            HeaderValue::from_str(&bearer).map_err(|_| Attempt::Final(PullError::TokenMalformed))?;
        header.set_sensitive(true);
        let mut question =
            self.http.get(url.clone()).header(AUTHORIZATION, header).header(ACCEPT, "application/json");
        if rules::odata(self.request.source).is_some_and(|rules| rules.prefers_unknown_members) {
            question = question.header("prefer", "include-unknown-enum-members");
        }
        let patience = &self.request.patience;
        let asked = Instant::now();
        self.requests += 1;
        self.tell_listener(Event::Asking { request: self.requests, attempt: put });
        let response = match timeout(patience.answer, question.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let (error, passes) = unanswered(error, &self.host, asked.elapsed());
                // A host that answered before is there, however it looks just now.
                return Err(if passes || (self.answered && matches!(error, PullError::Unreachable { .. })) {
                    Attempt::Passing { error, note: Note::AskedAgain, wait: None }
                } else {
                    Attempt::Final(error)
                });
            }
            Err(_) => return Err(self.silent(Wait::Answer, patience.answer)),
        };
        self.answered = true;
        let status = response.status();
        tracing::debug!(host = self.host, status = status.as_u16(), "answered");
        if !same_origin(response.url(), url) {
            // The client that was passed in follows redirects. The harm is done; say so.
            return Err(Attempt::Final(self.redirected(status, Some(response.url()))));
        }
        if status.is_success() {
            return self.read(response, outlet, page).await;
        }
        if status.is_redirection() {
            let location = response.headers().get("location").and_then(|value| value.to_str().ok());
            let to = location.and_then(|location| url.join(location).ok());
            return Err(Attempt::Final(self.redirected(status, to.as_ref())));
        }
        Err(self.refused(response, token.expose_secret()).await)
    }

    /// Reads a list while it arrives.
    async fn read<F>(
        &mut self,
        mut response: Response,
        outlet: &mut Outlet<F>,
        page: &mut Page,
    ) -> Result<Envelope, Attempt<T::Error>>
    where
        F: FnMut(&RawAlert<'_>) -> Result<(), T::Error> + Send,
    {
        let status = response.status();
        if status == StatusCode::NO_CONTENT {
            return Ok(Envelope { listed: true, ..Envelope::default() });
        }
        let partly = (status == StatusCode::PARTIAL_CONTENT).then(|| partial(response.headers()));
        let headers = response.headers().clone();
        let silence = self.request.patience.silence;
        let mut splitter = Splitter::new(outlet.largest_element(), outlet.members());
        loop {
            let chunk = match timeout(silence, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => break,
                Ok(Err(error)) if error.is_timeout() => return Err(self.silent(Wait::Bytes, silence)),
                Ok(Err(_)) => return Err(self.cut(splitter.received())),
                Err(_) => return Err(self.silent(Wait::Bytes, silence)),
            };
            let halted = splitter.feed(&chunk, |element| outlet.take(element, page));
            halted.map_err(|halt| self.halted(halt, status, &splitter, outlet.largest_element()))?;
        }
        let received = splitter.received();
        let envelope = match splitter.finish() {
            Ok(envelope) => envelope,
            Err(Fault::Empty) => {
                return Err(Attempt::Final(self.unreadable(status, Unreadable::Empty, received)));
            }
            Err(Fault::Cut) => return Err(self.cut(received)),
            Err(
                Fault::NotJson
                | Fault::Html
                | Fault::TooDeep
                | Fault::AlertTooLarge
                | Fault::EnvelopeTooLarge,
            ) => return Err(Attempt::Final(self.unreadable(status, Unreadable::NotJson, received))),
        };
        if let Some(error) = &envelope.error {
            let body = format!("{{\"error\":{error}}}");
            let refusal = Box::new(Refusal::read(&headers, body.as_bytes(), ""));
            let error = PullError::Refused {
                host: self.host.clone(),
                status: status.as_u16(),
                denial: Denial::Request,
                refusal,
            };
            // What began well may end well the next time.
            return Err(if envelope.listed {
                Attempt::Passing { error, note: Note::AskedAgain, wait: None }
            } else {
                Attempt::Final(error)
            });
        }
        if !envelope.listed {
            return Err(Attempt::Final(self.unreadable(status, Unreadable::NoList, received)));
        }
        if let Some(troubles) = partly {
            if troubles.is_empty() {
                self.note(Note::PartialAnswer);
            }
            for trouble in troubles {
                self.note(trouble.note());
                // The time that a provider took differs from page to page; the provider does not.
                let known =
                    |it: &ProviderTrouble| it.provider == trouble.provider && it.status == trouble.status;
                if !self.providers.iter().any(known) && self.providers.len() < MOST_PROVIDERS {
                    self.providers.push(trouble);
                }
            }
        }
        Ok(envelope)
    }

    fn halted(
        &self,
        halt: Halt<T::Error>,
        status: StatusCode,
        splitter: &Splitter,
        largest_element: usize,
    ) -> Attempt<T::Error> {
        let unreadable = |reason| self.unreadable(status, reason, splitter.received());
        let too_large = |part, limit| PullError::TooLarge { host: self.host.clone(), part, limit };
        Attempt::Final(match halt {
            Halt::Enough => return Attempt::Enough,
            Halt::Caller(error) => PullError::Caller(error),
            Halt::Unreadable(reason) => unreadable(reason),
            Halt::Fault(Fault::Html) => unreadable(Unreadable::Html),
            Halt::Fault(Fault::TooDeep) => unreadable(Unreadable::TooDeep),
            Halt::Fault(Fault::Empty) => unreadable(Unreadable::Empty),
            Halt::Fault(Fault::NotJson | Fault::Cut) => unreadable(Unreadable::NotJson),
            Halt::Fault(Fault::AlertTooLarge) => too_large(Part::Alert, largest_element as u64),
            Halt::Fault(Fault::EnvelopeTooLarge) => too_large(Part::Envelope, MOST_ENVELOPE),
        })
    }

    /// An answer that is neither success nor redirect.
    async fn refused(&self, mut response: Response, token: &str) -> Attempt<T::Error> {
        let status = response.status();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        // Whatever cannot be read of a refusal is not missed.
        while let Ok(Ok(Some(chunk))) = timeout(self.request.patience.silence, response.chunk()).await {
            body.extend_from_slice(&chunk);
            if body.len() >= LONGEST_REFUSAL {
                body.truncate(LONGEST_REFUSAL);
                break;
            }
        }
        let refusal = Box::new(Refusal::read(&headers, &body, token));
        let host = self.host.clone();
        let code = status.as_u16();
        let wait = retry_after(&headers, self.request.now);
        let refused =
            |refusal| PullError::Refused { host: host.clone(), status: code, denial: denial(code), refusal };
        match code {
            401 => Attempt::Unauthorised(refused(refusal)),
            410 => Attempt::Final(refused(refusal)),
            429 => {
                let error = PullError::Throttled { host, retry_after: wait, refusal };
                Attempt::Passing { error, note: Note::Throttled, wait }
            }
            408 => Attempt::Passing { error: refused(refusal), note: Note::AskedAgain, wait },
            501 | 505 => Attempt::Final(PullError::Unavailable { host, status: code, refusal }),
            500.. => {
                let error = PullError::Unavailable { host, status: code, refusal };
                Attempt::Passing { error, note: Note::AskedAgain, wait }
            }
            _ if is_page(&headers, &body) => {
                Attempt::Final(self.unreadable(status, Unreadable::Html, body.len() as u64))
            }
            _ => Attempt::Final(refused(refusal)),
        }
    }

    fn silent(&self, wait: Wait, limit: Duration) -> Attempt<T::Error> {
        let error = PullError::TimedOut { host: self.host.clone(), wait, limit };
        Attempt::Passing { error, note: Note::AskedAgain, wait: None }
    }

    fn cut(&self, received: u64) -> Attempt<T::Error> {
        let error = PullError::Cut { host: self.host.clone(), received };
        Attempt::Passing { error, note: Note::AskedAgain, wait: None }
    }

    fn redirected(&self, status: StatusCode, to: Option<&Url>) -> PullError<T::Error> {
        PullError::Redirected { host: self.host.clone(), status: status.as_u16(), to: to.map(host) }
    }

    fn unreadable(&self, status: StatusCode, reason: Unreadable, at: u64) -> PullError<T::Error> {
        PullError::Unreadable { host: self.host.clone(), status: status.as_u16(), reason, at }
    }
}
