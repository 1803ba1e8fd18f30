//! SIEM connector files: render them from one typed input, read them back, refuse what a format cannot carry.
//!
//! Pure: no I/O, no clock, no network. It decides neither where files go nor whether they are written; its callers
//! do. The invariant: what was rendered reads back to the same values, or rendering refused with the field and the
//! reason before there was a single byte to write.
//!
//! - [`render`] turns a [`ConnectorInput`] into a [`FileSet`].
//! - [`read_back`] turns [`Files`] into a [`ReadBack`]: all that a pull needs, taken from the files and nothing else.
//! - [`carries`] and [`knows_cloud`] say beforehand what goes with what, and [`instead`] what would.
//! - [`preview`] is what [`render`] would give, without a secret in it.
//! - [`found_in`] reads files that others wrote years ago, and says what is stale in them.

mod arcsight;
mod cribl;
mod elastic;
mod files;
mod folder;
mod formats;
mod generic;
mod hosts;
mod id;
mod input;
mod language;
mod manifest;
mod migration;
mod note;
mod place;
mod preview;
mod qradar;
mod read;
mod refusal;
mod secops;
mod source_of;
mod splunk_ms_security;
mod splunk_rest;
mod sumo;
mod wazuh;
mod whole;
mod words;

pub use files::{FileSet, Files, RenderedFile};
pub use folder::destination_folder_name;
pub use hosts::Hosts;
pub use id::ConnectorId;
pub use input::ConnectorInput;
pub use language::Language;
pub use manifest::{NAME as MANIFEST, changed_since_export, is_file_of_a_set, names_in_manifest};
pub use migration::{Finding, Findings, FoundKind, Setting, StaleKind, Staleness, found_in};
pub use note::Note;
pub use place::{FileRole, Place, PlaceKind};
pub use preview::{Hidden, PreviewFile, PreviewPart, preview};
pub use read::{Disagreement, ReadBack, ReadProblem, ReadReason, read_back};
pub use refusal::{Impossible, ImpossibleReason, Refusal, RefusalReason, carries, instead, knows_cloud};

/// Renders the files of a connector, its manifest last.
///
/// # Errors
/// A [`Refusal`] names the field that the connector's formats cannot carry, and why.
pub fn render(connector: ConnectorId, input: &ConnectorInput) -> Result<FileSet, Refusal> {
    refusal::check(connector, input)?;
    let (mut files, notes) = match connector {
        ConnectorId::Arcsight => arcsight::render(input)?,
        ConnectorId::SplunkRest => splunk_rest::render(input)?,
        ConnectorId::SplunkMsSecurity => splunk_ms_security::render(input)?,
        ConnectorId::Qradar => qradar::render(input)?,
        ConnectorId::Elastic => elastic::render(input)?,
        ConnectorId::Wazuh => wazuh::render(input)?,
        ConnectorId::Cribl => cribl::render(input),
        ConnectorId::Secops => secops::render(input)?,
        ConnectorId::Sumo => sumo::render(input)?,
        ConnectorId::Generic => generic::render(input),
    };
    files.push(manifest::render(connector, input, &files));
    Ok(FileSet { connector, files, notes })
}
