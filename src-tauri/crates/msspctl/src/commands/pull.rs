//! `msspctl pull`: alerts, as they arrive, in one of four formats.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use onboarding::contract::{Problem, ProblemCode, PullQuery, PullSummary};
use onboarding::{AlertFields, AlertForm, Engine, RawAlert, Severity, Status};

use super::alert_file::AlertFile;
use super::alert_format::{AlertWriter, Format};
use super::verify::summary as told;
use crate::failure::Failure;
use crate::interrupt::asked_to_stop;
use crate::output::{Output, Page};
use crate::progress::Voice;
use crate::texts::Text;
use crate::{args, durations};

/// Pull alerts.
///
/// Without a time the alert source's own default holds: the last two hours for the legacy source.
#[derive(Args)]
#[command(after_long_help = "\
Formats:
  table   columns for people (default)
  json    one JSON array of the alerts, each exactly as the API sent it
  ndjson  one alert a line, each exactly as the API sent it
  csv     the columns of the table, for spreadsheets; a cell that would run as a formula is disarmed

With --json and no --format the document is {\"alerts\":[...],\"summary\":{...}}; with --output it is the summary \
alone. Alerts are written as they arrive, so that any number of them needs little memory. A pull that is stopped with \
Ctrl-C, or fails half-way, leaves a complete and valid file of what had arrived, and says so; one that fails before \
the first alert leaves no file, and an earlier one as it was.

With --fields legacy the alerts of every source come under the names of the legacy exporter's detections, so that \
parsers written for those keep working.

What an API cannot filter by itself is filtered here, and said.

Examples:
  msspctl pull Contoso --ago PT2H
  msspctl pull Contoso --since 2026-11-19 --format csv --output alerts.csv
  msspctl pull Contoso --severity high --severity medium --status new
  msspctl pull Contoso --format ndjson | jq -r .title
  msspctl pull Contoso --fields legacy --format ndjson")]
pub(crate) struct PullArgs {
    /// Name or id of the customer
    customer: String,
    /// From this time on: 2026-11-20T08:00:00Z, or a date (UTC)
    #[arg(long, value_name = "T", value_parser = durations::moment, conflicts_with = "ago")]
    since: Option<Timestamp>,
    /// Up to this time
    #[arg(long, value_name = "T", value_parser = durations::moment)]
    until: Option<Timestamp>,
    /// This far back from now: PT10M, PT2H, P1D
    #[arg(long, value_name = "SPAN")]
    ago: Option<String>,
    /// At most so many alerts, the newest first
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Only of this machine group; may be given several times
    #[arg(long = "machine-group", value_name = "G")]
    machine_groups: Vec<String>,
    /// Only of machines with this tag; may be given several times
    #[arg(long = "tag", value_name = "T")]
    tags: Vec<String>,
    /// Only of this severity; may be given several times
    #[arg(long = "severity", value_name = "S", value_parser = args::severity())]
    severities: Vec<Severity>,
    /// Only in this state; may be given several times
    #[arg(long = "status", value_name = "S", value_parser = args::status())]
    statuses: Vec<Status>,
    /// In which form
    #[arg(long, value_enum)]
    format: Option<FormatName>,
    /// Under whose names: the source's own, or the legacy exporter's
    #[arg(long, value_enum, value_name = "NAMES", default_value_t = FieldNames::Own)]
    fields: FieldNames,
    /// Into this file, readable by its owner only, instead of standard output; replaced when it is there
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The formats by name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// Columns for people
    Table,
    /// One JSON array
    Json,
    /// One alert a line
    Ndjson,
    /// For spreadsheets
    Csv,
}

/// The names by name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FieldNames {
    /// Each alert as it came
    Own,
    /// The legacy exporter's fifty fields
    Legacy,
}

/// Pulls.
///
/// # Errors
///
/// Whatever the engine says; `file-trouble` when the file cannot be written.
pub(crate) async fn run(args: &PullArgs, engine: &Engine, output: &Output) -> Result<(), Failure> {
    let to_file = args.output.is_some();
    let format = match args.format {
        Some(FormatName::Table) => Format::Table,
        Some(FormatName::Json) => Format::Form(AlertForm::Array),
        Some(FormatName::Ndjson) => Format::Form(AlertForm::Lines),
        Some(FormatName::Csv) => Format::Form(AlertForm::Csv),
        None if output.json() && to_file => Format::Form(AlertForm::Array),
        None if output.json() => Format::Form(AlertForm::Document),
        None => Format::Table,
    };
    let query = PullQuery {
        since: args.since,
        until: args.until,
        ago: args.ago.clone(),
        limit: args.limit,
        machine_groups: args.machine_groups.clone(),
        tags: args.tags.clone(),
        severities: args.severities.clone(),
        statuses: args.statuses.clone(),
    };
    let target = match &args.output {
        Some(path) => AlertFile::create(path)?,
        None => AlertFile::standard_output(),
    };
    let fields = match args.fields {
        FieldNames::Own => AlertFields::Own,
        FieldNames::Legacy => AlertFields::Legacy,
    };
    let mut writer = AlertWriter::new(target, format, fields, output.prose());
    let voice = Voice::new(output);
    let (mut closed, mut bytes) = (false, 0);
    let mut receive = |alert: &RawAlert<'_>| {
        writer.alert(alert).map_err(|failure| match failure {
            Failure::Problem(problem) => problem,
            Failure::OutputClosed => {
                closed = true;
                Problem::new(ProblemCode::Cancelled)
            }
        })?;
        bytes += alert.json.len() as u64;
        Ok(())
    };
    let pulled = engine.pull_until(&args.customer, query, &mut receive, &voice, asked_to_stop()).await;
    drop(voice);
    if closed {
        return Err(Failure::OutputClosed);
    }
    let (summary, problem) = match pulled {
        Ok(summary) => (summary, None),
        Err(problem) if writer.written() == 0 => return Err(problem.into()),
        Err(problem) => {
            (so_far(args, writer.written(), bytes), Some(kept(problem, args, output, writer.written())))
        }
    };
    writer.finish(&summary)?;
    if to_file || (summary.alerts == 0 && format == Format::Table) {
        output.result(&summary, |prose| {
            let mut page = Page::default();
            told(&mut page, prose, &summary);
            page
        })?;
    }
    problem.map_or(Ok(()), |problem| Err(problem.into()))
}

/// What is known of a pull that did not end by itself.
fn so_far(args: &PullArgs, alerts: u64, bytes: u64) -> PullSummary {
    PullSummary {
        alerts,
        repeats: 0,
        bytes,
        requests: 0,
        milliseconds: 0,
        since: args.since,
        until: args.until,
        notes: vec!["stopped-early".to_owned()],
        providers: Vec::new(),
    }
}

/// The problem, with what became of the alerts that had arrived.
fn kept(mut problem: Problem, args: &PullArgs, output: &Output, alerts: u64) -> Problem {
    let place = args.output.as_ref().map_or_else(|| "-".to_owned(), |path| path.display().to_string());
    let prose = output.prose();
    problem
        .details
        .insert(0, format!("{}: {alerts} {} → {place}", prose.text(Text::Kept), prose.text(Text::Alerts)));
    problem.with("kept", alerts.to_string()).with("kept_in", place)
}
