//! Pulling alerts: one reading of an alert source, with the customer's own tokens.

use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use catalog::{Audience, Cloud, GrantKind, Source, SourceId};
use defender::{Ago, PullError, PullRequest, Query, RawAlert, TokenSource};
use entra::AccessClaims;
use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use url::Url;
use vault::Customer;

use crate::access::{Access, CustomerTokens};
use crate::contract::{Problem, ProblemCode, Progress, PullQuery, PullSummary, Step};
use crate::course::Course;
use crate::host::Host;
use crate::network::Http;
use crate::verdict::{self, Case};
use crate::{Engine, clock, manners, problems, steps};

/// The host hears of progress so often at most.
const BEAT: Duration = Duration::from_millis(100);

impl Engine {
    /// Pulls a customer's alerts; each is handed on as it arrives.
    ///
    /// # Errors
    ///
    /// `step-missing`, and everything that Entra, the API and the network say; an error of the receiver ends the pull.
    pub async fn pull(
        &self,
        customer: &str,
        query: PullQuery,
        receive: &mut (dyn FnMut(&RawAlert<'_>) -> Result<(), Problem> + Send),
        host: &dyn Host,
    ) -> Result<PullSummary, Problem> {
        self.pull_until(customer, query, receive, host, std::future::pending()).await
    }

    /// The same, until somebody wants it to stop; the journal has that, too. What was handed on stays handed on.
    ///
    /// # Errors
    ///
    /// As [`pull`](Self::pull); `cancelled` when `stop` came first.
    pub async fn pull_until(
        &self,
        customer: &str,
        query: PullQuery,
        receive: &mut (dyn FnMut(&RawAlert<'_>) -> Result<(), Problem> + Send),
        host: &dyn Host,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<PullSummary, Problem> {
        let customer = self.find(customer).await?;
        if customer.consent.is_none() {
            return Err(steps::missing(Step::Consent));
        }
        let access = Access::granted(self, &customer).await?;
        let tokens = CustomerTokens::new(self, &customer, &access);
        let reading = Reading::of(&customer, &access);
        let pulled = async { reading?.run(query, &tokens, receive, host).await };
        let result = tokio::select! {
            biased;
            pulled = pulled => pulled,
            () = stop => Err(Problem::new(ProblemCode::Cancelled)),
        };
        self.journalled("pull", &customer, result).await
    }
}

/// Where a customer's alerts are.
pub(crate) fn address(customer: &Customer, cloud: &Cloud) -> Result<Url, Problem> {
    Source::get(customer.source).address(cloud, customer.region).map_err(|_| {
        Problem::new(ProblemCode::CombinationImpossible)
            .with("reason", "source-not-in-this-cloud")
            .with("instead", SourceId::GraphAlerts.as_str())
    })
}

/// One reading of an alert source: where, of whom, with whose app.
pub(crate) struct Reading<'a> {
    pub(crate) http: &'a Http,
    pub(crate) cloud: &'a Cloud,
    pub(crate) source: SourceId,
    pub(crate) grant: GrantKind,
    pub(crate) address: Url,
    pub(crate) tenant_id: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) audience: &'a Audience,
}

impl<'a> Reading<'a> {
    /// The customer's own source, with the customer's own app.
    pub(crate) fn of(customer: &'a Customer, access: &'a Access) -> Result<Self, Problem> {
        Ok(Self {
            http: &access.http,
            cloud: &access.cloud,
            source: customer.source,
            grant: customer.grant,
            address: address(customer, &access.cloud)?,
            tenant_id: &customer.tenant_id,
            client_id: &access.client_id,
            audience: &access.audience,
        })
    }

    /// One pull, with whichever tokens.
    pub(crate) async fn run<T: TokenSource<Error = Problem>>(
        &self,
        query: PullQuery,
        tokens: &T,
        receive: &mut (dyn FnMut(&RawAlert<'_>) -> Result<(), Problem> + Send),
        host: &dyn Host,
    ) -> Result<PullSummary, Problem> {
        let started = tokio::time::Instant::now();
        let told_ago = query.ago.clone();
        let query = Query {
            since: query.since,
            until: query.until,
            ago: query.ago.as_deref().map(ago).transpose()?,
            limit: query.limit,
            machine_groups: query.machine_groups,
            tags: query.tags,
            severities: query.severities,
            statuses: query.statuses,
        };
        let now = clock::now();
        let span = query.span(now);
        let mut request = PullRequest::new(self.source, self.address.clone(), query, now);
        request.pace = manners::pace(self.cloud, self.source, self.client_id, self.tenant_id);
        let (listener, mut events) = mpsc::unbounded_channel();
        request.listener = Some(listener);
        let tokens = Watched { tokens, last: Mutex::new(None) };
        let course = Course::new(told_ago, span);
        let sink = |alert: &RawAlert<'_>| {
            course.arrived(alert);
            receive(alert)
        };
        let mut pulling = pin!(defender::pull(self.http.client(), &request, &tokens, sink));
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let pulled = loop {
            // The beat first: alerts that keep coming leave no other moment.
            tokio::select! {
                biased;
                _ = beat.tick() => {
                    if let Some(progress) = course.news() {
                        host.progress(Progress::Pulled(progress));
                    }
                }
                Some(event) = events.recv() => course.happened(event, clock::now()),
                pulled = &mut pulling => break pulled,
            }
        };
        if let Some(progress) = course.news() {
            host.progress(Progress::Pulled(progress));
        }
        let summary = pulled.map_err(|error| {
            // The alerts of incidents come from a list of their own, with a permission of its own.
            let asked = if matches!(error, PullError::AlertsRefused { .. }) {
                SourceId::GraphAlerts
            } else {
                self.source
            };
            let problem = problems::of_pull(error, self.source, self.http);
            let token = tokens.last.lock().unwrap_or_else(PoisonError::into_inner).take();
            let claims = token.as_ref().and_then(AccessClaims::read);
            let Self { grant, tenant_id, audience, .. } = *self;
            verdict::judge(problem, claims.as_ref(), &Case { source: asked, grant, tenant_id, audience })
        })?;
        let mut notes: Vec<String> = summary.notes.iter().map(|note| note.as_str().to_owned()).collect();
        if summary.alerts == 0 {
            let partly = !summary.providers.is_empty();
            notes.push(if partly { "no-alerts-in-part" } else { "no-alerts-in-window" }.to_owned());
            if Source::get(self.source).regional() {
                notes.push("maybe-other-region".to_owned());
            }
        }
        Ok(PullSummary {
            alerts: summary.alerts,
            repeats: summary.repeats,
            bytes: summary.bytes,
            requests: summary.requests,
            milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            since: summary.since,
            until: summary.until,
            notes,
            providers: summary.providers,
        })
    }
}

/// Remembers the last token, whose claims tell why a source refused it.
struct Watched<'a, T> {
    tokens: &'a T,
    last: Mutex<Option<SecretString>>,
}

impl<T: TokenSource<Error = Problem>> TokenSource for Watched<'_, T> {
    type Error = Problem;

    async fn bearer(&self, rejected: bool) -> Result<SecretString, Problem> {
        let token = self.tokens.bearer(rejected).await?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }
}

fn ago(text: &str) -> Result<Ago, Problem> {
    text.trim().parse().map_err(|_| {
        Problem::new(ProblemCode::InvalidInput).with("field", "ago").with("reason", "span-of-time")
    })
}
