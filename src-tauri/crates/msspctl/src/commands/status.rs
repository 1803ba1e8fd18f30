//! `msspctl status`: where every customer stands, and what ends when.

use std::time::Duration;

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use onboarding::contract::{CustomerView, DestinationQuery, Problem, Step};
use onboarding::{Engine, clock};
use serde::Serialize;

use super::view;
use crate::durations;
use crate::failure::Failure;
use crate::output::{Output, Page};
use crate::prose::Prose;
use crate::texts::Text;

/// Where every customer stands, and what ends when.
#[derive(Args)]
#[command(after_long_help = "\
What can end: the client secret (on the day that was entered for it), the lasting sign-in (90 days after its \
last use), and the alert source itself (on the day that Microsoft announced).

Examples:
  msspctl status
  msspctl status --expiring 30d
  msspctl --json status --expiring 30d | jq -r '.[].name'")]
pub(crate) struct StatusArgs {
    /// Only customers with something that has ended or ends within this time
    #[arg(long, value_name = "TIME", value_parser = durations::duration)]
    expiring: Option<Duration>,
}

/// One customer's line.
#[derive(Serialize)]
struct Status {
    id: String,
    name: String,
    tenant_id: String,
    next: Step,
    proven: bool,
    ends: Vec<End>,
    #[serde(skip)]
    next_step: String,
}

/// Something that ends.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct End {
    what: What,
    on: Date,
    /// Whole days from today; negative when it is past.
    days: i32,
}

/// What can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    ClientSecret,
    LastingSignIn,
    AlertSource,
}

impl What {
    const fn text(self) -> Text {
        match self {
            Self::ClientSecret => Text::EndsSecret,
            Self::LastingSignIn => Text::EndsSignIn,
            Self::AlertSource => Text::EndsSource,
        }
    }
}

/// Lists them.
///
/// # Errors
///
/// Whatever the engine says.
pub(crate) async fn run(args: &StatusArgs, engine: &Engine, output: &Output) -> Result<(), Failure> {
    let today = clock::now().to_zoned(TimeZone::system()).date();
    let within = args.expiring.map(|time| i32::try_from(time.as_secs() / 86_400).unwrap_or(i32::MAX));
    let mut all = Vec::new();
    for customer in engine.customers().await? {
        let mut ends = ends_of(engine, &customer, today)?;
        if let Some(within) = within {
            ends.retain(|end| end.days <= within);
            if ends.is_empty() {
                continue;
            }
        }
        ends.sort_by_key(|end| end.on);
        let next_step = view::next_step(output.prose(), &customer);
        let CustomerView { id, name, tenant_id, next, proof, .. } = customer;
        all.push(Status { id, name, tenant_id, next, proven: proof.is_some(), ends, next_step });
    }
    output.result(&all, |prose| {
        let mut page = Page::default();
        if all.is_empty() {
            page.line(prose.text(if within.is_some() { Text::NothingEnds } else { Text::NoCustomers }));
            return page;
        }
        let heading = [Text::Name, Text::Next, Text::WhatEnds].map(|text| prose.text(text));
        let rows: Vec<Vec<String>> = all
            .iter()
            .map(|one| {
                let ends: Vec<String> = one.ends.iter().map(|end| told(prose, end)).collect();
                vec![one.name.clone(), one.next_step.clone(), ends.join("; ")]
            })
            .collect();
        page.table(&heading, &rows);
        page
    })
}

fn ends_of(engine: &Engine, customer: &CustomerView, today: Date) -> Result<Vec<End>, Problem> {
    let secret = customer.registration.as_ref().and_then(|registration| registration.secret_expires);
    let sign_in = customer
        .consent
        .as_ref()
        .and_then(|consent| consent.unused_until)
        .map(|until| until.to_zoned(TimeZone::system()).date());
    let sources =
        engine.propose(&DestinationQuery { source: Some(customer.source), ..DestinationQuery::default() })?;
    let source =
        sources.sources.iter().find(|source| source.id == customer.source).and_then(|source| source.ends);
    Ok([(What::ClientSecret, secret), (What::LastingSignIn, sign_in), (What::AlertSource, source)]
        .into_iter()
        .filter_map(|(what, on)| on.map(|on| End { what, on, days: days_between(today, on) }))
        .collect())
}

fn days_between(today: Date, on: Date) -> i32 {
    // Dates of the same calendar, in days: this cannot overflow.
    on.since(today).map_or(0, |span| span.get_days())
}

fn told(prose: &Prose, end: &End) -> String {
    format!("{} {} ({} {})", prose.text(end.what.text()), end.on, end.days, prose.text(Text::Days))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::days_between;

    #[test]
    fn days_are_counted_from_today_and_backwards() {
        let today = date(2026, 11, 20);
        assert_eq!(days_between(today, date(2026, 11, 29)), 9);
        assert_eq!(days_between(today, date(2026, 11, 20)), 0);
        assert_eq!(days_between(today, date(2023, 12, 31)), -1055);
    }
}
