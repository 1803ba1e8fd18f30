//! Connector files before they are written, and where each goes. No secret is in any of these types.

use connectors::ConnectorId;
use serde::{Deserialize, Serialize};

/// Asks what an export would write.
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct FilesQuery {
    /// Customer id or name.
    pub customer: String,
    /// Which SIEM.
    pub connector: ConnectorId,
    /// Where to.
    pub folder: String,
    /// Language of sheets and comments; absent: that of the settings.
    #[serde(default)]
    #[ts(optional)]
    pub language: Option<String>,
}

/// What an export would write.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct FilesPreview {
    /// Which SIEM.
    pub connector: ConnectorId,
    /// The files, the manifest last.
    pub files: Vec<PreviewedFile>,
    /// Names of files of an older export that would go.
    pub gone: Vec<String>,
    /// What to know about this connector, as kebab-case keys that the caller translates.
    pub notes: Vec<String>,
}

/// A file as it would be written, without its secrets.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct PreviewedFile {
    /// Name inside the folder.
    pub name: String,
    /// It carries a secret.
    pub secret: bool,
    /// What it is for, as a kebab-case word that the caller translates.
    pub role: String,
    /// Its pieces, in order.
    pub parts: Vec<PreviewedPart>,
    /// What is done with it, as a kebab-case word that the caller translates.
    pub place: String,
    /// Where, in the SIEM's own words; empty for a file that stays.
    pub at: String,
    /// What writing would change.
    pub change: FileChange,
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct PreviewedPart {
    /// As it stands in the file; empty where a value is hidden.
    pub text: String,
    /// The value that is in the file and not here.
    pub hidden: Option<HiddenValue>,
}

/// A value that no preview shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum HiddenValue {
    /// The application's secret.
    ClientSecret,
    /// The lasting sign-in.
    RefreshToken,
    /// A short-lived token, fetched when the file is written.
    AccessToken,
    /// The hash of a file that holds a short-lived token.
    Checksum,
}

/// What writing would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum FileChange {
    /// There is no such file yet.
    New,
    /// The file says the same already.
    Same,
    /// The file holds an older token, and is the same otherwise.
    Renewed,
    /// The file says something else.
    Changed,
}

/// How a file of a set stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum FileState {
    /// Its bytes are those that the manifest lists, or there is no manifest.
    #[default]
    AsExported,
    /// It was changed after the export.
    Edited,
    /// The manifest lists it, and it is not there.
    Missing,
    /// It is there, and no manifest lists it.
    Unlisted,
}
