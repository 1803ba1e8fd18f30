//! SIEM connector files: render them from one typed input, read them back, refuse what a format cannot carry.
//!
//! Pure: no I/O, no clock, no network. It decides neither where files go nor whether they are written; its callers
//! do. The invariant: what was rendered reads back to the same values, or rendering refused with the field and the
//! reason before there was a single byte to write.
//!
//! - [`render`] turns a [`ConnectorInput`] into a [`FileSet`].
//! - [`read_back`] turns [`Files`] into a [`ReadBack`]: all that a pull needs, taken from the files and nothing else.
//! - [`carries`] says beforehand whether a connector can hold a grant.

mod arcsight;
mod files;
mod folder;
mod formats;
mod generic;
mod id;
mod input;
mod manifest;
mod note;
mod read;
mod refusal;
mod source_of;
mod splunk_rest;
mod words;

pub use files::{FileSet, Files, RenderedFile};
pub use folder::destination_folder_name;
pub use id::ConnectorId;
pub use input::ConnectorInput;
pub use note::Note;
pub use read::{Disagreement, ReadBack, ReadProblem, ReadReason, read_back};
pub use refusal::{Impossible, ImpossibleReason, Refusal, RefusalReason, carries};

/// Renders the files of a connector, its manifest last.
///
/// # Errors
/// A [`Refusal`] names the field that the connector's formats cannot carry, and why.
pub fn render(connector: ConnectorId, input: &ConnectorInput) -> Result<FileSet, Refusal> {
    refusal::check(connector, input)?;
    let (mut files, notes) = match connector {
        ConnectorId::Arcsight => arcsight::render(input)?,
        ConnectorId::SplunkRest => splunk_rest::render(input)?,
        ConnectorId::Generic => generic::render(input),
    };
    files.push(manifest::render(connector, input, &files));
    Ok(FileSet { connector, files, notes })
}
