//! Results on standard output: text for people, or exactly one JSON document.
//!
//! What comes from elsewhere (alert titles, names, Microsoft's sentences) passes through [`plain`] before it reaches a
//! terminal, so that it cannot move the cursor or colour the screen.

use std::borrow::Cow;
use std::io::{self, Write as _};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use onboarding::contract::{Evidence, EvidenceState, Step};
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::failure::Failure;
use crate::prose::Prose;
use crate::texts::Text;

/// Where results go, and in which form.
pub(crate) struct Output {
    json: bool,
    prose: Prose,
}

impl Output {
    pub(crate) fn new(json: bool, prose: Prose) -> Self {
        Self { json, prose }
    }

    pub(crate) fn json(&self) -> bool {
        self.json
    }

    pub(crate) fn prose(&self) -> &Prose {
        &self.prose
    }

    /// Prints a result: as the JSON document, or as the text that `text` builds.
    ///
    /// # Errors
    ///
    /// When standard output is closed or full.
    pub(crate) fn result<T: Serialize>(
        &self,
        result: &T,
        text: impl FnOnce(&Prose) -> Page,
    ) -> Result<(), Failure> {
        let mut page = if self.json {
            serde_json::to_string_pretty(result).map_err(io::Error::from)?
        } else {
            text(&self.prose).0
        };
        if !page.ends_with('\n') {
            page.push('\n');
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(page.as_bytes())?;
        stdout.flush()?;
        Ok(())
    }
}

/// A text in the making.
#[derive(Default)]
pub(crate) struct Page(String);

impl Page {
    pub(crate) fn line(&mut self, line: &str) {
        self.0.push_str(&plain(line));
        self.0.push('\n');
    }

    /// The text as it would be printed.
    pub(crate) fn into_text(self) -> String {
        self.0
    }

    /// Names and values in two columns.
    pub(crate) fn facts(&mut self, facts: &[(&str, String)]) {
        let widest = facts.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
        for (name, value) in facts {
            self.line(&format!("  {}  {value}", padded(name, widest)));
        }
    }

    /// A table with a heading. The last column is never padded.
    pub(crate) fn table(&mut self, heading: &[&str], rows: &[Vec<String>]) {
        let cell = |row: &Vec<String>, column: usize| row.get(column).map_or(0, |text| plain(text).width());
        let widths: Vec<usize> = heading
            .iter()
            .enumerate()
            .map(|(column, name)| rows.iter().map(|row| cell(row, column)).fold(name.width(), usize::max))
            .collect();
        let heading: Vec<String> = heading.iter().map(|name| (*name).to_owned()).collect();
        // A list without column names has no line for them.
        let heading = Some(&heading).filter(|names| names.iter().any(|name| !name.is_empty()));
        for row in heading.into_iter().chain(rows) {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(text, width)| padded(&plain(text), *width)).collect();
            self.line(cells.join("  ").trim_end());
        }
    }

    /// The checks of a step, each with what was compared.
    pub(crate) fn evidence(&mut self, prose: &Prose, evidence: &[Evidence]) {
        for one in evidence {
            let facts: Vec<String> =
                one.facts.iter().map(|fact| format!("{}: {}", fact.name, fact.value)).collect();
            let facts = if facts.is_empty() { String::new() } else { format!("  ({})", facts.join(", ")) };
            self.line(&format!("  {} {}{facts}", mark(one.state), check_name(prose, one)));
        }
    }

    /// What to know, one note a line.
    pub(crate) fn notes(&mut self, prose: &Prose, notes: &[String]) {
        for note in notes {
            self.line(&format!("  ! {}", prose.words_for("note", note)));
        }
    }
}

/// The words for a check.
pub(crate) fn check_name(prose: &Prose, evidence: &Evidence) -> String {
    prose.words_for("evidence", &wire_name(&evidence.key)).to_owned()
}

const fn mark(state: EvidenceState) -> &'static str {
    match state {
        EvidenceState::Proven => "✓",
        EvidenceState::Checking => "…",
        EvidenceState::NotYet => "·",
        EvidenceState::Person => "→",
        EvidenceState::Warning => "!",
        EvidenceState::Failed => "✗",
    }
}

/// The words for a step.
pub(crate) fn step_name(prose: &Prose, step: Step) -> String {
    let name = wire_name(&step);
    prose.words_for("step", &name).to_owned()
}

/// The name by which a value without fields goes in JSON.
pub(crate) fn wire_name<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// A moment in the person's own time zone.
pub(crate) fn moment(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// A list of words, or the word for none.
pub(crate) fn listed(prose: &Prose, words: &[String]) -> String {
    if words.is_empty() { prose.text(Text::None).to_owned() } else { words.join(", ") }
}

/// An argument as it can be typed into a shell.
pub(crate) fn typed(argument: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || "-_.@/".contains(c);
    if !argument.is_empty() && argument.chars().all(safe) {
        argument.to_owned()
    } else if cfg!(windows) {
        format!("\"{argument}\"")
    } else {
        format!("'{}'", argument.replace('\'', "'\\''"))
    }
}

/// A text without anything that a terminal obeys: control characters, and marks that turn the direction of writing.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let commands = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.chars().any(commands) {
        Cow::Owned(text.chars().map(|c| if commands(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// A text filled up to a width in columns of the terminal; wide characters count twice.
pub(crate) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::{Page, padded, plain, typed};

    #[test]
    fn what_a_terminal_would_obey_does_not_reach_it() {
        assert_eq!(plain("a\u{1b}[2Jb\u{202e}c\td"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d");
        assert_eq!(plain("한국어 ok"), "한국어 ok");
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(padded("한국", 6).width(), 6);
        assert_eq!(padded("long", 2), "long");
    }

    #[test]
    fn the_columns_of_a_table_stand_below_each_other() {
        let mut page = Page::default();
        page.table(&["A", "B"], &[vec!["한국어".into(), "x".into()], vec!["z".into(), "y\n".into()]]);
        assert_eq!(page.0, "A       B\n한국어  x\nz       y\u{fffd}\n");
    }

    #[test]
    fn a_suggested_command_can_be_typed_as_it_stands() {
        assert_eq!(typed("Contoso"), "Contoso");
        let quoted = if cfg!(windows) { "\"Tim's Shop\"" } else { "'Tim'\\''s Shop'" };
        assert_eq!(typed("Tim's Shop"), quoted);
    }
}
