//! The forms in which alerts are written for programs: JSON, a line each, a table for spreadsheets. One home for them, so
//! that the window and `msspctl` write the same bytes.
//!
//! Each alert is written when it is given, and none is kept. Nothing is written before the first alert, so that what
//! fails at once leaves nothing behind. It opens and names no file.

use std::borrow::Cow;
use std::io::{self, Write};

use defender::{AlertRow, LEGACY_FIELDS, RawAlert};

use crate::contract::{AlertFileForm, PullSummary};

/// Columns of the CSV file: the fields of [`AlertRow`] without the raw alert.
const COLUMNS: [&str; 9] =
    ["id", "time", "title", "severity", "category", "device", "user", "detection_source", "url"];

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertForm {
    /// One JSON array of alerts as they came.
    Array,
    /// One JSON object with the alerts and the summary.
    Document,
    /// One alert a line.
    Lines,
    /// For spreadsheets.
    Csv,
}

impl From<AlertFileForm> for AlertForm {
    fn from(form: AlertFileForm) -> Self {
        match form {
            AlertFileForm::Ndjson => Self::Lines,
            AlertFileForm::Json => Self::Array,
            AlertFileForm::Csv => Self::Csv,
        }
    }
}

/// Under whose names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertFields {
    /// Each alert as it came.
    Own,
    /// Under the legacy exporter's names, for parsers that were written for those.
    Legacy,
}

/// Writes alerts one after the other.
#[derive(Debug)]
pub struct AlertWriter<W> {
    out: W,
    form: AlertForm,
    fields: AlertFields,
    written: u64,
}

impl<W: Write> AlertWriter<W> {
    /// Writes nothing yet.
    pub fn new(out: W, form: AlertForm, fields: AlertFields) -> Self {
        Self { out, form, fields, written: 0 }
    }

    /// Alerts written so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Where they go.
    pub fn target(&self) -> &W {
        &self.out
    }

    /// Writes one alert.
    ///
    /// # Errors
    ///
    /// When the target cannot be written.
    pub fn alert(&mut self, alert: &RawAlert<'_>) -> io::Result<()> {
        if self.written == 0 {
            self.begin()?;
        }
        match self.form {
            AlertForm::Csv => {
                let line = match self.fields {
                    AlertFields::Own => csv_line(&csv_cells(&alert.row()))?,
                    AlertFields::Legacy => csv_line(&alert.legacy().texts().map(|text| disarmed(&text)))?,
                };
                self.out.write_all(&line)?;
            }
            AlertForm::Array | AlertForm::Document => {
                if self.written > 0 {
                    self.out.write_all(b",\n")?;
                }
                match self.fields {
                    AlertFields::Own => self.out.write_all(alert.json.as_bytes())?,
                    AlertFields::Legacy => serde_json::to_writer(&mut self.out, &alert.legacy())?,
                }
            }
            AlertForm::Lines => {
                match self.fields {
                    AlertFields::Own => self.out.write_all(alert.one_line().as_bytes())?,
                    AlertFields::Legacy => serde_json::to_writer(&mut self.out, &alert.legacy())?,
                }
                self.out.write_all(b"\n")?;
            }
        }
        self.written += 1;
        Ok(())
    }

    /// Writes what closes the form, and hands the target back.
    ///
    /// # Errors
    ///
    /// When the target cannot be written.
    pub fn finish(mut self, summary: &PullSummary) -> io::Result<W> {
        self.close()?;
        if self.form == AlertForm::Document {
            let summary = serde_json::to_string(summary)?;
            self.out.write_all(format!("],\"summary\":{summary}}}\n").as_bytes())?;
        }
        Ok(self.out)
    }

    /// As [`finish`](Self::finish), in a form that has no place for a summary.
    pub(crate) fn finish_file(mut self) -> io::Result<W> {
        self.close()?;
        Ok(self.out)
    }

    fn close(&mut self) -> io::Result<()> {
        // A spreadsheet has its heading even when nothing follows.
        if self.written == 0 {
            self.begin()?;
        }
        if self.form == AlertForm::Array { self.out.write_all(b"]\n") } else { Ok(()) }
    }

    /// Writes what stands before the first alert.
    fn begin(&mut self) -> io::Result<()> {
        match self.form {
            AlertForm::Array => self.out.write_all(b"["),
            AlertForm::Document => self.out.write_all(b"{\"alerts\":["),
            AlertForm::Csv => self.out.write_all(&match self.fields {
                AlertFields::Own => csv_line(&COLUMNS)?,
                AlertFields::Legacy => csv_line(&LEGACY_FIELDS)?,
            }),
            AlertForm::Lines => Ok(()),
        }
    }
}

/// The time of an alert, to the second.
pub fn alert_time(row: &AlertRow) -> String {
    row.time.map_or_else(String::new, |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn csv_cells(row: &AlertRow) -> [String; 9] {
    let AlertRow { id, time: _, title, severity, category, device, user, detection_source, url, raw: _ } =
        row;
    let [id, title, severity, category, device, user, detection_source, url] =
        [id, title, severity, category, device, user, detection_source, url].map(|text| disarmed(text));
    [id, alert_time(row), title, severity, category, device, user, detection_source, url]
}

/// A cell that no spreadsheet takes for a formula and no reader stumbles over: whoever names a file on an attacked machine
/// writes alert titles. What is invisible before a formula does not hide it.
fn disarmed(cell: &str) -> String {
    let cell = visible(cell);
    let first = cell.chars().find(|letter| !is_invisible(*letter));
    let formula = first.is_some_and(|letter| "=+-@＝＋－＠".contains(letter));
    if formula || cell.starts_with(['\t', '\r', '\n']) { format!("'{cell}") } else { cell.into_owned() }
}

/// Spreadsheets pass over these at the beginning of a cell, or may.
fn is_invisible(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(
            letter,
            '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{2400}'..='\u{2421}' | '\u{feff}'
        )
}

/// Control characters as their pictures: many readers of CSV stop at a NUL, and a terminal obeys an ESC. Tabs and line
/// breaks stay.
fn visible(cell: &str) -> Cow<'_, str> {
    let hides = |letter: char| letter.is_control() && !matches!(letter, '\t' | '\r' | '\n');
    if !cell.contains(hides) {
        return Cow::Borrowed(cell);
    }
    let picture = |letter: char| match u32::from(letter) {
        code @ 0..0x20 => char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER),
        0x7F => '\u{2421}',
        _ => char::REPLACEMENT_CHARACTER,
    };
    Cow::Owned(cell.chars().map(|letter| if hides(letter) { picture(letter) } else { letter }).collect())
}

fn csv_line(cells: &[impl AsRef<[u8]>]) -> io::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .buffer_capacity(512)
        .from_writer(Vec::new());
    writer.write_record(cells).map_err(io::Error::from)?;
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

#[cfg(test)]
mod tests {
    use catalog::SourceId;

    use super::*;

    fn row(title: &str) -> AlertRow {
        AlertRow {
            id: "1".to_owned(),
            time: Some("2026-11-20T08:00:00.123Z".parse().unwrap()),
            title: title.to_owned(),
            severity: "high".to_owned(),
            category: "Malware".to_owned(),
            device: "a-machine-with-a-very-long-name.contoso.example".to_owned(),
            user: "어느 사용자".to_owned(),
            detection_source: "edr".to_owned(),
            url: "https://portal.example/alert".to_owned(),
            raw: "{}".to_owned(),
        }
    }

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1"] {
            assert!(disarmed(formula).starts_with('\''), "{formula}");
        }
        assert_eq!(disarmed("a=b"), "a=b");
    }

    #[test]
    fn every_csv_cell_comes_back_as_it_was_written() {
        for title in ["plain", "quote \" comma , newline \n end", "한국어 🙂", "ends with \r"] {
            let line = csv_line(&csv_cells(&row(title))).unwrap();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_slice());
            let record = reader.records().next().unwrap().unwrap();
            assert_eq!(&record[2], title);
            assert_eq!(&record[1], "2026-11-20T08:00:00Z");
        }
    }

    fn written(form: AlertForm, alerts: &[&str]) -> String {
        written_with(form, AlertFields::Own, alerts)
    }

    fn written_with(form: AlertForm, fields: AlertFields, alerts: &[&str]) -> String {
        let mut writer = AlertWriter::new(Vec::new(), form, fields);
        for json in alerts {
            let alert = RawAlert { source: SourceId::GraphAlerts, json, id: "", changed: None };
            writer.alert(&alert).unwrap();
        }
        let summary = PullSummary {
            alerts: alerts.len() as u64,
            repeats: 0,
            bytes: 0,
            requests: 1,
            milliseconds: 1,
            since: None,
            until: None,
            providers: Vec::new(),
            notes: Vec::new(),
        };
        String::from_utf8(writer.finish(&summary).unwrap()).unwrap()
    }

    #[test]
    fn json_holds_every_alert_as_it_was_sent() {
        let alerts = ["{\"a\":1.0}", "{\r\n  \"b\": \"x\\ny\"\n}"];
        assert_eq!(written(AlertForm::Array, &alerts), format!("[{},\n{}]\n", alerts[0], alerts[1]));
        assert_eq!(written(AlertForm::Array, &[]), "[]\n");
    }

    #[test]
    fn a_document_ends_with_its_summary() {
        for alerts in [&["{\"a\":1}"][..], &[]] {
            let document: serde_json::Value =
                serde_json::from_str(&written(AlertForm::Document, alerts)).unwrap();
            assert_eq!(document["alerts"].as_array().map(Vec::len), Some(alerts.len()));
            assert_eq!(document["summary"]["alerts"], alerts.len());
        }
    }

    #[test]
    fn an_alert_that_was_sent_over_several_lines_becomes_one() {
        let lines = written(AlertForm::Lines, &["{\r\n  \"a\": \"x\\ny\"\n}", "{}"]);
        let values: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(values.len(), 2);
        assert_eq!(values[0]["a"], "x\ny");
    }

    #[test]
    fn the_legacy_names_are_written_in_every_form_that_programs_read() {
        let alert = r#"{"id":"a1","title":"=1+1","severity":"high"}"#;
        let lines = written_with(AlertForm::Lines, AlertFields::Legacy, &[alert, alert]);
        for line in lines.lines() {
            assert!(
                line.starts_with(r#"{"AlertTime":"","ComputerDnsName":"","AlertTitle":"=1+1","#),
                "{line}"
            );
        }
        let array: serde_json::Value =
            serde_json::from_str(&written_with(AlertForm::Array, AlertFields::Legacy, &[alert])).unwrap();
        assert_eq!(array[0]["AlertId"], "a1");
        let table = written_with(AlertForm::Csv, AlertFields::Legacy, &[alert]);
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        assert_eq!(reader.headers().unwrap().len(), 50);
        assert_eq!(&reader.records().next().unwrap().unwrap()[2], "'=1+1");
    }

    #[test]
    fn a_spreadsheet_has_its_heading_even_without_alerts() {
        assert!(written(AlertForm::Csv, &[]).starts_with("id,time,title,"));
        assert_eq!(written(AlertForm::Csv, &["{}", "{}"]).lines().count(), 3);
    }
}
