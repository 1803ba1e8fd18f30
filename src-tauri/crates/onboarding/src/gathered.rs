//! The alerts of one test pull, kept while they are looked at: a few columns of each in memory, the alerts themselves in
//! a nameless file.
//!
//! It reads no source and opens no browser. The invariants: memory grows by some fifty bytes an alert and by each text
//! that was not there before, cut to a cell's length; nothing of it outlives the value, or the process; an address is
//! handed out only when it lies in the customer's own portal.

mod columns;
mod histogram;
mod spill;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::{Cloud, SourceId};
use defender::{AlertDetail, RawAlert};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use url::Url;
use vault::files::OwnerOnlyWriter;

use crate::Engine;
use crate::alert_writer::{AlertFields, AlertWriter};
use crate::contract::{
    AlertFileForm, AlertView, AlertsOverview, AlertsPage, AlertsQuery, Problem, ProblemCode, SavedAlerts,
};
use crate::engine::cloud_of;
use columns::Columns;
use spill::Spill;

/// Rows that are given at once.
const MOST_ROWS: usize = 500;

/// See the module. Shared between the pull that fills it and whoever looks.
pub struct Gathered {
    inner: Mutex<Inner>,
    customer: String,
    tenant_id: String,
    cloud: Cloud,
    zone: TimeZone,
}

struct Inner {
    columns: Columns,
    spill: Spill,
    source: SourceId,
    window: Option<(Timestamp, Timestamp)>,
    /// The order that was asked for last, and of how many alerts.
    order: Option<(AlertsQuery, usize, Arc<[u32]>)>,
}

impl Engine {
    /// A place for the alerts of a customer's test pull.
    ///
    /// # Errors
    ///
    /// `customer-unknown`, and `file-trouble` when the data folder cannot take a file.
    pub async fn gather(&self, customer: &str) -> Result<Gathered, Problem> {
        let customer = self.find(customer).await?;
        let cloud = cloud_of(&customer)?;
        Gathered::new(self.folder(), customer.id, customer.tenant_id, cloud, customer.source)
    }
}

impl Gathered {
    fn new(
        folder: &Path,
        customer: String,
        tenant_id: String,
        cloud: Cloud,
        source: SourceId,
    ) -> Result<Self, Problem> {
        let file = vault::files::scratch_file(folder).map_err(|error| trouble(folder, &error))?;
        let inner =
            Inner { columns: Columns::default(), spill: Spill::new(file), source, window: None, order: None };
        Ok(Self { inner: Mutex::new(inner), customer, tenant_id, cloud, zone: TimeZone::system() })
    }

    /// Whose alerts these are: the customer's id.
    pub fn customer(&self) -> &str {
        &self.customer
    }

    /// Says which window of time is asked for from here on.
    pub(crate) fn begin(&self, since: Timestamp, until: Timestamp) {
        self.lock().window = Some((since, until));
    }

    /// Takes an alert.
    ///
    /// # Errors
    ///
    /// `file-trouble` when the disk takes no more.
    pub fn push(&self, alert: &RawAlert<'_>) -> Result<(), Problem> {
        let row = alert.row();
        let mut inner = self.lock();
        inner.source = alert.source;
        let at = inner.spill.put(alert.json.as_bytes()).map_err(|error| scratch_trouble(&error))?;
        inner.columns.push(&row, at);
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.lock().columns.len() as u64
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers and plots.
    pub fn overview(&self) -> AlertsOverview {
        let inner = self.lock();
        AlertsOverview {
            alerts: inner.columns.len() as u64,
            bytes: inner.spill.len(),
            devices: inner.columns.devices(),
            people: inner.columns.people(),
            newest: inner.columns.newest(),
            severities: inner.columns.severities(),
            histogram: histogram::of(&inner.columns, inner.window, &self.zone),
        }
    }

    /// Rows from a position on, at most `count` of them and never more than 500.
    pub fn page(&self, query: &AlertsQuery, start: u64, count: usize) -> AlertsPage {
        let mut inner = self.lock();
        let order = inner.order(query);
        let from = usize::try_from(start).unwrap_or(usize::MAX).min(order.len());
        let until = from.saturating_add(count.min(MOST_ROWS)).min(order.len());
        AlertsPage {
            matching: order.len() as u64,
            start: from as u64,
            rows: order[from..until].iter().map(|number| inner.columns.line(*number)).collect(),
        }
    }

    /// One alert, whole.
    ///
    /// # Errors
    ///
    /// `invalid-input` when there is no such alert; `file-trouble`.
    pub fn alert(&self, number: u64) -> Result<AlertView, Problem> {
        let (source, json) = self.raw(number)?;
        let row = defender::AlertRow::read(source, &json);
        let detail = self.detail(source, &json, &row.id);
        let opens = detail.links.iter().filter(|link| self.in_portal(&link.url).is_some());
        let opens = opens.map(|link| link.kind.clone()).collect();
        Ok(AlertView { number, row, detail, opens })
    }

    /// The address of one of an alert's links, when it lies in the customer's portal.
    ///
    /// # Errors
    ///
    /// `foreign-host` when it lies elsewhere; `invalid-input` when there is none of that kind.
    pub fn link(&self, number: u64, kind: &str) -> Result<Url, Problem> {
        let (source, json) = self.raw(number)?;
        let row = defender::AlertRow::read(source, &json);
        let detail = self.detail(source, &json, &row.id);
        let link = detail.links.iter().find(|link| link.kind == kind).ok_or_else(no_such_alert)?;
        self.in_portal(&link.url).ok_or_else(|| {
            let host = Url::parse(&link.url).ok().and_then(|url| url.host_str().map(str::to_owned));
            Problem::new(ProblemCode::ForeignHost)
                .with("host", self.cloud.name.clone())
                .with("target", host.unwrap_or_default())
        })
    }

    /// Writes the alerts of a query into a file for its owner only, in the order of its rows. A file that is there is
    /// replaced: whoever chose its name was asked.
    ///
    /// # Errors
    ///
    /// `file-trouble`.
    pub fn save(
        &self,
        query: &AlertsQuery,
        form: AlertFileForm,
        path: &Path,
    ) -> Result<SavedAlerts, Problem> {
        let (order, source) = {
            let mut inner = self.lock();
            (inner.order(query), inner.source)
        };
        let file = OwnerOnlyWriter::create(path, true).map_err(|error| trouble(path, &error))?;
        let mut writer = AlertWriter::new(file, form.into(), AlertFields::Own);
        for number in order.iter() {
            // One at a time: whoever looks at the table meanwhile does not wait for the whole file.
            let json = self.lock().raw(*number)?;
            let alert = RawAlert { source, json: &json, id: "", changed: None };
            writer.alert(&alert).map_err(|error| trouble(path, &error))?;
        }
        let alerts = writer.written();
        let file = writer.finish_file().map_err(|error| trouble(path, &error))?;
        let bytes = file.finish().map_err(|error| trouble(path, &error))?;
        Ok(SavedAlerts { path: path.display().to_string(), alerts, bytes })
    }

    fn raw(&self, number: u64) -> Result<(SourceId, String), Problem> {
        let mut inner = self.lock();
        let number = u32::try_from(number).map_err(|_| no_such_alert())?;
        if number as usize >= inner.columns.len() {
            return Err(no_such_alert());
        }
        Ok((inner.source, inner.raw(number)?))
    }

    /// What an alert says, and where the portal shows it, where the source does not say so itself.
    fn detail(&self, source: SourceId, json: &str, id: &str) -> AlertDetail {
        let mut detail = AlertDetail::read(source, json);
        let own = matches!(source, SourceId::DefenderAlerts | SourceId::XdrIncidents);
        if own && !id.is_empty() {
            let mut url = catalog::under(&self.cloud.portal, "alerts");
            if let Ok(mut path) = url.path_segments_mut() {
                path.push(id);
            }
            url.query_pairs_mut().append_pair("tid", &self.tenant_id);
            detail.links.push(defender::AlertLink { kind: "alert".to_owned(), url: url.into() });
        }
        detail
    }

    fn in_portal(&self, address: &str) -> Option<Url> {
        let url = Url::parse(address).ok()?;
        let same = url.origin().is_tuple() && url.origin() == self.cloud.portal.origin();
        (same && url.username().is_empty() && url.password().is_none()).then_some(url)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Gathered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gathered").field("customer", &self.customer).finish_non_exhaustive()
    }
}

impl Inner {
    /// The alerts of a query in its order. Asked for again and again while a table is scrolled: kept until something else
    /// is asked, or more has arrived.
    fn order(&mut self, query: &AlertsQuery) -> Arc<[u32]> {
        if let Some((known, length, order)) = &self.order {
            if known == query && *length == self.columns.len() {
                return Arc::clone(order);
            }
        }
        let order: Arc<[u32]> = self.columns.order(query).into();
        self.order = Some((query.clone(), self.columns.len(), Arc::clone(&order)));
        order
    }

    fn raw(&mut self, number: u32) -> Result<String, Problem> {
        let bytes = self.spill.get(self.columns.place(number)).map_err(|error| scratch_trouble(&error))?;
        String::from_utf8(bytes).map_err(|error| {
            Problem::new(ProblemCode::Internal).with("reason", "gathered-alert").caused_by(&error)
        })
    }
}

fn no_such_alert() -> Problem {
    Problem::new(ProblemCode::InvalidInput).with("field", "alert").with("reason", "alert-unknown")
}

fn trouble(path: &Path, error: &dyn std::error::Error) -> Problem {
    Problem::new(ProblemCode::FileTrouble)
        .with("path", path.display().to_string())
        .with("reason", error.to_string())
}

fn scratch_trouble(error: &std::io::Error) -> Problem {
    trouble(Path::new("…"), error)
}

#[cfg(test)]
mod tests;
