//! The forms in which alerts are written. Each alert is written when it arrives, and none is kept.

use std::io;

use onboarding::contract::PullSummary;
use onboarding::{AlertRow, LEGACY_FIELDS, RawAlert};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::alert_file::AlertFile;
use crate::failure::Failure;
use crate::output::{padded, plain};
use crate::prose::Prose;
use crate::texts::Text;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Columns for people.
    Table,
    /// One JSON array of alerts as they came.
    Array,
    /// One JSON object with the alerts and the summary.
    Document,
    /// One alert a line.
    Lines,
    /// For spreadsheets.
    Csv,
}

/// Widths of the columns for time, severity, device and user. The title takes the rest.
const WIDTHS: [usize; 4] = [20, 13, 24, 24];
/// Columns of the CSV file: the fields of [`AlertRow`] without the raw alert.
const COLUMNS: [&str; 9] =
    ["id", "time", "title", "severity", "category", "device", "user", "detection_source", "url"];

/// Under whose names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fields {
    /// Each alert as it came.
    Own,
    /// Under the legacy exporter's names, for parsers that were written for those.
    Legacy,
}

/// Writes alerts one after the other.
pub(crate) struct AlertWriter<'a> {
    file: AlertFile,
    format: Format,
    fields: Fields,
    prose: &'a Prose,
    written: u64,
}

impl<'a> AlertWriter<'a> {
    pub(crate) fn new(file: AlertFile, format: Format, fields: Fields, prose: &'a Prose) -> Self {
        Self { file, format, fields, prose, written: 0 }
    }

    /// Alerts written so far.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Writes one alert.
    ///
    /// # Errors
    ///
    /// When the target cannot be written.
    pub(crate) fn alert(&mut self, alert: &RawAlert<'_>) -> Result<(), Failure> {
        self.begin()?;
        match self.format {
            Format::Table => self.file.write(table_line(&alert.row()).as_bytes())?,
            Format::Csv => {
                let line = match self.fields {
                    Fields::Own => csv_line(&csv_cells(&alert.row()))?,
                    Fields::Legacy => csv_line(&alert.legacy().texts().map(|text| disarmed(&text)))?,
                };
                self.file.write(&line)?;
            }
            Format::Array | Format::Document => {
                if self.written > 0 {
                    self.file.write(b",\n")?;
                }
                match self.fields {
                    Fields::Own => self.file.write(alert.json.as_bytes())?,
                    Fields::Legacy => self.file.write(&legacy(alert)?)?,
                }
            }
            Format::Lines => {
                match self.fields {
                    Fields::Own => self.file.write(alert.one_line().as_bytes())?,
                    Fields::Legacy => self.file.write(&legacy(alert)?)?,
                }
                self.file.write(b"\n")?;
            }
        }
        self.written += 1;
        Ok(())
    }

    /// Writes what closes the form, and completes the target.
    ///
    /// # Errors
    ///
    /// When the target cannot be written.
    pub(crate) fn finish(mut self, summary: &PullSummary) -> Result<(), Failure> {
        match self.format {
            Format::Array | Format::Document => self.begin()?,
            // A spreadsheet has its heading even when nothing follows; a table for people does not.
            Format::Csv => self.begin()?,
            Format::Table | Format::Lines => {}
        }
        match self.format {
            Format::Array => self.file.write(b"]\n")?,
            Format::Document => {
                let summary = serde_json::to_string(summary).map_err(io::Error::from)?;
                self.file.write(format!("],\"summary\":{summary}}}\n").as_bytes())?;
            }
            Format::Table | Format::Lines | Format::Csv => {}
        }
        self.file.finish()
    }

    /// Writes what stands before the first alert.
    fn begin(&mut self) -> Result<(), Failure> {
        if self.written > 0 {
            return Ok(());
        }
        match self.format {
            Format::Table => {
                let heading = [Text::Time, Text::Severity, Text::Device, Text::User]
                    .map(|text| self.prose.text(text).to_owned());
                self.file.write(in_columns(&heading, self.prose.text(Text::Title)).as_bytes())
            }
            Format::Array => self.file.write(b"["),
            Format::Document => self.file.write(b"{\"alerts\":["),
            Format::Csv => self.file.write(&match self.fields {
                Fields::Own => csv_line(&COLUMNS)?,
                Fields::Legacy => csv_line(&LEGACY_FIELDS)?,
            }),
            Format::Lines => Ok(()),
        }
    }
}

fn legacy(alert: &RawAlert<'_>) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(&alert.legacy()).map_err(|error| io::Error::from(error).into())
}

fn time(row: &AlertRow) -> String {
    row.time.map_or_else(String::new, |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn table_line(row: &AlertRow) -> String {
    in_columns(&[time(row), row.severity.clone(), row.device.clone(), row.user.clone()], &row.title)
}

fn in_columns(cells: &[String; 4], title: &str) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(WIDTHS) {
        line.push_str(&padded(&cut(&plain(cell), width), width));
        line.push_str("  ");
    }
    line.push_str(&plain(title));
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}

/// A text cut to a width, with a mark where something is missing.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    kept
}

fn csv_cells(row: &AlertRow) -> [String; 9] {
    let AlertRow { id, time: _, title, severity, category, device, user, detection_source, url, raw: _ } =
        row;
    let [id, title, severity, category, device, user, detection_source, url] =
        [id, title, severity, category, device, user, detection_source, url].map(|text| disarmed(text));
    [id, time(row), title, severity, category, device, user, detection_source, url]
}

/// A cell that no spreadsheet takes for a formula: whoever names a file on an attacked machine writes alert titles.
fn disarmed(cell: &str) -> String {
    let dangerous = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if cell.starts_with(dangerous) { format!("'{cell}") } else { cell.to_owned() }
}

fn csv_line(cells: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .buffer_capacity(512)
        .from_writer(Vec::new());
    writer.write_record(cells).map_err(io::Error::from)?;
    writer.into_inner().map_err(|error| Failure::from(error.into_error()))
}

#[cfg(test)]
mod tests {
    use catalog::SourceId;
    use onboarding::contract::PullSummary;
    use onboarding::{AlertRow, RawAlert};
    use unicode_width::UnicodeWidthStr as _;

    use super::{AlertWriter, Fields, Format, csv_cells, csv_line, cut, disarmed, table_line};
    use crate::commands::alert_file::AlertFile;
    use crate::prose::{Language, Prose};

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
    fn a_title_cannot_drive_the_terminal_or_start_another_line() {
        let line = table_line(&row("evil\u{1b}[2J\nsecond"));
        assert!(!line.contains('\u{1b}'));
        assert_eq!(line.matches('\n').count(), 1);
    }

    #[test]
    fn a_long_name_is_cut_and_says_so() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("한국어 이름", 6).width(), 5);
        assert_eq!(cut("abcd", 4), "abcd");
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

    fn written(format: Format, alerts: &[&str]) -> String {
        written_with(format, Fields::Own, alerts)
    }

    fn written_with(format: Format, fields: Fields, alerts: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts");
        let prose = Prose::new(Language::English);
        let mut writer = AlertWriter::new(AlertFile::create(&path).unwrap(), format, fields, &prose);
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
        writer.finish(&summary).unwrap();
        std::fs::read_to_string(&path).unwrap()
    }

    #[test]
    fn json_holds_every_alert_as_it_was_sent() {
        let alerts = ["{\"a\":1.0}", "{\r\n  \"b\": \"x\\ny\"\n}"];
        assert_eq!(written(Format::Array, &alerts), format!("[{},\n{}]\n", alerts[0], alerts[1]));
        assert_eq!(written(Format::Array, &[]), "[]\n");
    }

    #[test]
    fn a_document_ends_with_its_summary() {
        for alerts in [&["{\"a\":1}"][..], &[]] {
            let document: serde_json::Value =
                serde_json::from_str(&written(Format::Document, alerts)).unwrap();
            assert_eq!(document["alerts"].as_array().map(Vec::len), Some(alerts.len()));
            assert_eq!(document["summary"]["alerts"], alerts.len());
        }
    }

    #[test]
    fn an_alert_that_was_sent_over_several_lines_becomes_one() {
        let lines = written(Format::Lines, &["{\r\n  \"a\": \"x\\ny\"\n}", "{}"]);
        let values: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(values.len(), 2);
        assert_eq!(values[0]["a"], "x\ny");
    }

    #[test]
    fn the_legacy_names_are_written_in_every_form_that_programs_read() {
        let alert = r#"{"id":"a1","title":"=1+1","severity":"high"}"#;
        let lines = written_with(Format::Lines, Fields::Legacy, &[alert, alert]);
        for line in lines.lines() {
            assert!(
                line.starts_with(r#"{"AlertTime":"","ComputerDnsName":"","AlertTitle":"=1+1","#),
                "{line}"
            );
        }
        let array: serde_json::Value =
            serde_json::from_str(&written_with(Format::Array, Fields::Legacy, &[alert])).unwrap();
        assert_eq!(array[0]["AlertId"], "a1");
        let table = written_with(Format::Csv, Fields::Legacy, &[alert]);
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        assert_eq!(reader.headers().unwrap().len(), 50);
        assert_eq!(&reader.records().next().unwrap().unwrap()[2], "'=1+1");
    }

    #[test]
    fn a_spreadsheet_has_its_heading_even_without_alerts() {
        assert!(written(Format::Csv, &[]).starts_with("id,time,title,"));
        assert_eq!(written(Format::Csv, &["{}", "{}"]).lines().count(), 3);
    }
}
