//! The columns of the table, compact: times as numbers, texts as numbers of texts.
//!
//! Alerts repeat their titles, devices and detectors, so each text is kept once and put in alphabetical order once,
//! however many rows it stands in. A text longer than a cell is cut.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use defender::{AlertRow, Severity};
use jiff::Timestamp;

use super::spill::Place;
use crate::contract::{AlertColumn, AlertLine, AlertsQuery, SeverityCount};

/// Characters of a text that a cell shows, and more.
const LONGEST_CELL: usize = 200;
/// No time.
const NEVER: i64 = i64::MIN;

/// A row: indices into the texts.
struct Row {
    /// Milliseconds since 1970, or [`NEVER`].
    time: i64,
    place: Place,
    severity: u32,
    title: u32,
    device: u32,
    user: u32,
    found_by: u32,
}

#[derive(Default)]
pub(super) struct Columns {
    rows: Vec<Row>,
    severities: Texts,
    titles: Texts,
    devices: Texts,
    users: Texts,
    finders: Texts,
    newest: Option<i64>,
}

/// Texts by number, each once.
#[derive(Default)]
struct Texts {
    all: Vec<Arc<str>>,
    known: HashMap<Arc<str>, u32>,
}

impl Texts {
    fn number(&mut self, text: &str) -> u32 {
        let text = match text.char_indices().nth(LONGEST_CELL) {
            Some((end, _)) => &text[..end],
            None => text,
        };
        if let Some(number) = self.known.get(text) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let text: Arc<str> = text.into();
        self.all.push(Arc::clone(&text));
        self.known.insert(text, number);
        number
    }

    fn get(&self, number: u32) -> &str {
        self.all.get(number as usize).map_or("", |text| text)
    }

    /// How many that are not empty.
    fn count(&self) -> u32 {
        u32::try_from(self.all.iter().filter(|text| !text.is_empty()).count()).unwrap_or(u32::MAX)
    }

    /// For each text its place in the alphabet, the empty one last.
    fn ranks(&self) -> Vec<u32> {
        let folded: Vec<String> = self.all.iter().map(|text| text.to_lowercase()).collect();
        let mut order: Vec<usize> = (0..folded.len()).collect();
        order.sort_by(|&a, &b| {
            (folded[a].is_empty(), &folded[a], a).cmp(&(folded[b].is_empty(), &folded[b], b))
        });
        let mut ranks = vec![0; folded.len()];
        let mut rank = 0;
        for (place, &text) in order.iter().enumerate() {
            // Texts that differ in case only stand together, and time decides.
            if place > 0 && folded[order[place - 1]] != folded[text] {
                rank += 1;
            }
            ranks[text] = rank;
        }
        ranks
    }

    fn holding(&self, wanted: &str) -> Vec<bool> {
        self.all.iter().map(|text| text.to_lowercase().contains(wanted)).collect()
    }
}

impl Columns {
    pub(super) fn push(&mut self, alert: &AlertRow, place: Place) {
        let time = alert.time.map_or(NEVER, Timestamp::as_millisecond);
        if time != NEVER {
            self.newest = self.newest.max(Some(time));
        }
        self.rows.push(Row {
            time,
            place,
            severity: self.severities.number(&alert.severity),
            title: self.titles.number(&alert.title),
            device: self.devices.number(&alert.device),
            user: self.users.number(&alert.user),
            found_by: self.finders.number(&alert.detection_source),
        });
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn devices(&self) -> u32 {
        self.devices.count()
    }

    pub(super) fn people(&self) -> u32 {
        self.users.count()
    }

    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.newest.and_then(moment)
    }

    pub(super) fn place(&self, number: u32) -> Place {
        self.rows.get(number as usize).map_or(Place { at: 0, length: 0 }, |row| row.place)
    }

    /// Milliseconds of each alert that has a time, and whether it is of high severity.
    pub(super) fn times(&self) -> impl Iterator<Item = (i64, bool)> {
        let high = self.severities.known.get(Severity::High.as_str()).copied();
        let timed = self.rows.iter().filter(|row| row.time != NEVER);
        timed.map(move |row| (row.time, Some(row.severity) == high))
    }

    /// The four that are known, the worst first, then the others by name.
    pub(super) fn severities(&self) -> Vec<SeverityCount> {
        let mut counts = vec![0_u64; self.severities.all.len()];
        for row in &self.rows {
            counts[row.severity as usize] += 1;
        }
        let known = Severity::ALL.iter().rev().map(|severity| severity.as_str());
        let mut found: Vec<SeverityCount> = known
            .map(|severity| SeverityCount {
                severity: severity.to_owned(),
                alerts: self.severities.known.get(severity).map_or(0, |number| counts[*number as usize]),
            })
            .collect();
        let mut others: Vec<SeverityCount> = self
            .severities
            .all
            .iter()
            .zip(counts)
            .filter(|(severity, _)| rank(severity) >= Severity::ALL.len())
            .map(|(severity, alerts)| SeverityCount { severity: severity.to_string(), alerts })
            .collect();
        others.sort_by(|a, b| a.severity.cmp(&b.severity));
        found.append(&mut others);
        found
    }

    pub(super) fn line(&self, number: u32) -> AlertLine {
        let Some(row) = self.rows.get(number as usize) else {
            return AlertLine {
                number: u64::from(number),
                time: None,
                severity: String::new(),
                title: String::new(),
                device: String::new(),
                detection_source: String::new(),
            };
        };
        let device = self.devices.get(row.device);
        AlertLine {
            number: u64::from(number),
            time: moment(row.time),
            severity: self.severities.get(row.severity).to_owned(),
            title: self.titles.get(row.title).to_owned(),
            device: if device.is_empty() { self.users.get(row.user) } else { device }.to_owned(),
            detection_source: self.finders.get(row.found_by).to_owned(),
        }
    }

    /// The numbers of the alerts of a query, in its order.
    pub(super) fn order(&self, query: &AlertsQuery) -> Vec<u32> {
        let mut order = self.wanted(query);
        let rows = &self.rows;
        let newest_first = |number: u32| (Reverse(rows[number as usize].time), number);
        let reversed = query.reversed;
        let by_rank = |order: &mut Vec<u32>, rank: &dyn Fn(&Row) -> u32| {
            order.sort_unstable_by_key(|&number| {
                let rank = rank(&rows[number as usize]);
                (if reversed { u32::MAX - rank } else { rank }, newest_first(number))
            });
        };
        match query.sort {
            AlertColumn::Time if reversed => {
                // Without a time last, either way.
                order.sort_unstable_by_key(|&number| {
                    let time = rows[number as usize].time;
                    (time == NEVER, time, number)
                });
            }
            AlertColumn::Time => order.sort_unstable_by_key(|&number| newest_first(number)),
            AlertColumn::Severity => {
                let ranks: Vec<u32> = self
                    .severities
                    .all
                    .iter()
                    .map(|severity| u32::try_from(rank(severity)).unwrap_or(u32::MAX))
                    .collect();
                by_rank(&mut order, &|row| ranks[row.severity as usize]);
            }
            AlertColumn::Title => {
                let ranks = self.titles.ranks();
                by_rank(&mut order, &|row| ranks[row.title as usize]);
            }
            AlertColumn::Device => {
                let (devices, users) = (self.devices.ranks(), self.users.ranks());
                // Rows that show an account stand behind those that show a device.
                let shown = u32::try_from(devices.len()).unwrap_or(u32::MAX);
                by_rank(&mut order, &|row| {
                    if self.devices.get(row.device).is_empty() {
                        shown.saturating_add(users[row.user as usize])
                    } else {
                        devices[row.device as usize]
                    }
                });
            }
            AlertColumn::DetectionSource => {
                let ranks = self.finders.ranks();
                by_rank(&mut order, &|row| ranks[row.found_by as usize]);
            }
        }
        order
    }

    fn wanted(&self, query: &AlertsQuery) -> Vec<u32> {
        let since = query.since.map_or(NEVER, Timestamp::as_millisecond);
        let until = query.until.map_or(i64::MAX, Timestamp::as_millisecond);
        let timed = query.since.is_some() || query.until.is_some();
        let severities: Vec<bool> = self
            .severities
            .all
            .iter()
            .map(|known| query.severities.is_empty() || query.severities.iter().any(|it| **it == **known))
            .collect();
        let text = query.text.trim().to_lowercase();
        let holding = |texts: &Texts| texts.holding(&text);
        let [titles, devices, users, finders] =
            [&self.titles, &self.devices, &self.users, &self.finders].map(holding);
        let fits = |row: &Row| {
            severities[row.severity as usize]
                && (!timed || (row.time != NEVER && row.time >= since && row.time < until))
                && (text.is_empty()
                    || titles[row.title as usize]
                    || devices[row.device as usize]
                    || users[row.user as usize]
                    || finders[row.found_by as usize])
        };
        (0_u32..).zip(&self.rows).filter(|(_, row)| fits(row)).map(|(number, _)| number).collect()
    }
}

/// The worst is 0; what is not known comes after what is, and no word last.
fn rank(severity: &str) -> usize {
    let unknown = Severity::ALL.len() + usize::from(severity.is_empty());
    Severity::ALL.iter().rev().position(|known| known.as_str() == severity).unwrap_or(unknown)
}

fn moment(milliseconds: i64) -> Option<Timestamp> {
    (milliseconds != NEVER).then(|| Timestamp::from_millisecond(milliseconds).ok()).flatten()
}
