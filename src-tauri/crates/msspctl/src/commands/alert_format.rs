//! The forms in which alerts are written. Each alert is written when it arrives, and none is kept.
//!
//! What programs read is written by `onboarding`, as the window writes it; here is the table for people.

use onboarding::contract::PullSummary;
use onboarding::{AlertFields, AlertForm, AlertRow, RawAlert, alert_time};
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
    /// For programs.
    Form(AlertForm),
}

/// Widths of the columns for time, severity, device and user. The title takes the rest.
const WIDTHS: [usize; 4] = [20, 13, 24, 24];

/// Writes alerts one after the other.
pub(crate) enum AlertWriter<'a> {
    Table { file: AlertFile, prose: &'a Prose, written: u64 },
    Form(onboarding::AlertWriter<AlertFile>),
}

impl<'a> AlertWriter<'a> {
    pub(crate) fn new(file: AlertFile, format: Format, fields: AlertFields, prose: &'a Prose) -> Self {
        match format {
            Format::Table => Self::Table { file, prose, written: 0 },
            Format::Form(form) => Self::Form(onboarding::AlertWriter::new(file, form, fields)),
        }
    }

    /// Alerts written so far.
    pub(crate) fn written(&self) -> u64 {
        match self {
            Self::Table { written, .. } => *written,
            Self::Form(writer) => writer.written(),
        }
    }

    /// Writes one alert.
    ///
    /// # Errors
    ///
    /// When the target cannot be written.
    pub(crate) fn alert(&mut self, alert: &RawAlert<'_>) -> Result<(), Failure> {
        match self {
            Self::Table { file, prose, written } => {
                if *written == 0 {
                    let heading = [Text::Time, Text::Severity, Text::Device, Text::User]
                        .map(|text| prose.text(text).to_owned());
                    file.put(in_columns(&heading, prose.text(Text::Title)).as_bytes())?;
                }
                file.put(table_line(&alert.row()).as_bytes())?;
                *written += 1;
                Ok(())
            }
            Self::Form(writer) => {
                let written = writer.alert(alert);
                written.map_err(|error| writer.target().failure(error))
            }
        }
    }

    /// Writes what closes the form, and completes the target.
    ///
    /// # Errors
    ///
    /// When the target cannot be written.
    pub(crate) fn finish(self, summary: &PullSummary) -> Result<(), Failure> {
        match self {
            Self::Table { file, .. } => file.finish(),
            Self::Form(writer) => {
                let blame = writer.target().blame();
                writer.finish(summary).map_err(|error| blame.failure(error))?.finish()
            }
        }
    }
}

fn table_line(row: &AlertRow) -> String {
    in_columns(&[alert_time(row), row.severity.clone(), row.device.clone(), row.user.clone()], &row.title)
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

#[cfg(test)]
mod tests {
    use catalog::SourceId;
    use onboarding::RawAlert;
    use unicode_width::UnicodeWidthStr as _;

    use super::{cut, table_line};

    #[test]
    fn a_title_cannot_drive_the_terminal_or_start_another_line() {
        let json = r#"{"id":"1","title":"evil\u001b[2J\nsecond","severity":"high"}"#;
        let row = RawAlert { source: SourceId::GraphAlerts, json, id: "", changed: None }.row();
        assert_eq!(row.title, "evil\u{1b}[2J\nsecond");
        let line = table_line(&row);
        assert!(!line.contains('\u{1b}'));
        assert_eq!(line.matches('\n').count(), 1);
    }

    #[test]
    fn a_long_name_is_cut_and_says_so() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("한국어 이름", 6).width(), 5);
        assert_eq!(cut("abcd", 4), "abcd");
    }
}
