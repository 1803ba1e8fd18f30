//! Pulling alerts: one reading of an alert source, with the customer's own tokens.

use catalog::{Cloud, Source, SourceId};
use defender::{Ago, PullRequest, Query, RawAlert, TokenSource};
use reqwest::Client;
use url::Url;
use vault::Customer;

use crate::access::{Access, CustomerTokens};
use crate::contract::{Problem, ProblemCode, Progress, PullQuery, PullSummary, Step};
use crate::host::Host;
use crate::{Engine, clock, problems, steps};

/// The host hears of progress once in so many alerts.
const TELL_EVERY: u64 = 250;

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
        receive: &mut (dyn FnMut(RawAlert<'_>) -> Result<(), Problem> + Send),
        host: &dyn Host,
    ) -> Result<PullSummary, Problem> {
        let customer = self.find(customer).await?;
        if customer.consent.is_none() {
            return Err(steps::missing(Step::Consent));
        }
        let access = Access::of(self, &customer).await?;
        let tokens = CustomerTokens::new(self, &customer, &access);
        let address = address(&customer, &access.cloud)?;
        let result = run(&access.http, customer.source, address, query, &tokens, receive, host).await;
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

/// One pull, with whichever tokens.
pub(crate) async fn run<T: TokenSource<Error = Problem>>(
    http: &Client,
    source: SourceId,
    address: Url,
    query: PullQuery,
    tokens: &T,
    receive: &mut (dyn FnMut(RawAlert<'_>) -> Result<(), Problem> + Send),
    host: &dyn Host,
) -> Result<PullSummary, Problem> {
    let started = tokio::time::Instant::now();
    let query = Query {
        since: query.since,
        until: query.until,
        ago: query.ago.as_deref().map(ago).transpose()?,
        limit: query.limit,
        machine_groups: query.machine_groups,
        tags: query.tags,
    };
    let request = PullRequest::new(source, address, query, clock::now());
    let (mut alerts, mut bytes) = (0_u64, 0_u64);
    let sink = |alert: RawAlert<'_>| {
        alerts += 1;
        bytes += alert.json.len() as u64;
        if alerts % TELL_EVERY == 0 {
            host.progress(Progress::Pulled { alerts, bytes });
        }
        receive(alert)
    };
    let summary = defender::pull(http, &request, tokens, sink)
        .await
        .map_err(|error| problems::of_pull(error, source))?;
    host.progress(Progress::Pulled { alerts: summary.alerts, bytes: summary.bytes });
    Ok(PullSummary {
        alerts: summary.alerts,
        repeats: summary.repeats,
        bytes: summary.bytes,
        requests: summary.requests,
        milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        since: summary.since,
        until: summary.until,
        notes: summary.notes.iter().map(|note| note.as_str().to_owned()).collect(),
    })
}

fn ago(text: &str) -> Result<Ago, Problem> {
    text.trim().parse().map_err(|_| {
        Problem::new(ProblemCode::InvalidInput)
            .with("field", "ago")
            .with("reason", "a span of time is written as in ISO 8601: PT10M, PT2H, P1D")
    })
}
