//! `manifest.json`: what a set consists of, with a hash per file. It holds no secret, and nothing needs it to be read
//! back; where it is present it tells which connector was meant and which files were edited since.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::files::Draft;
use crate::{ConnectorId, ConnectorInput, Files, RenderedFile};

/// The manifest's own name.
pub const NAME: &str = "manifest.json";

#[derive(Serialize, Deserialize)]
struct Manifest {
    connector: String,
    source: String,
    grant: String,
    cloud: String,
    customer_tenant: String,
    files: Vec<Listed>,
}

#[derive(Serialize, Deserialize)]
struct Listed {
    name: String,
    bytes: usize,
    sha256: String,
    secret: bool,
}

/// Lists the files that were rendered before it.
pub(crate) fn render(connector: ConnectorId, input: &ConnectorInput, files: &[RenderedFile]) -> RenderedFile {
    let manifest = Manifest {
        connector: connector.as_str().to_owned(),
        source: input.source.as_str().to_owned(),
        grant: input.grant.as_str().to_owned(),
        cloud: input.cloud.clone(),
        customer_tenant: input.customer_tenant.clone(),
        files: files
            .iter()
            .map(|file| Listed {
                name: file.name.clone(),
                bytes: file.bytes().len(),
                sha256: sha256(file.bytes()),
                secret: file.secret,
            })
            .collect(),
    };
    let mut draft = Draft::default();
    draft.json(&manifest);
    draft.finish(NAME, false)
}

/// What a manifest says, as far as it can be read. A broken one says nothing: it must not be needed.
pub(crate) struct Said {
    /// The connector that was meant.
    pub(crate) connector: Option<ConnectorId>,
    /// Names of files whose bytes are not those that were exported.
    pub(crate) changed: Vec<String>,
}

/// The files that a manifest lists and that some connector writes. A manifest is a file like any other, and whoever
/// changed it could have named anything.
pub fn names_in_manifest(manifest: &[u8]) -> Vec<String> {
    let Ok(manifest) = serde_json::from_slice::<Manifest>(manifest) else { return Vec::new() };
    manifest.files.into_iter().map(|listed| listed.name).filter(|name| is_file_of_a_set(name)).collect()
}

/// Whether a file has a name that some connector writes, or is the manifest.
pub fn is_file_of_a_set(name: &str) -> bool {
    name == NAME || ConnectorId::ALL.iter().any(|id| id.own_file_names().contains(&name))
}

/// Names of files whose bytes are not those that the manifest lists. Empty without a manifest.
pub fn changed_since_export(files: &Files) -> Vec<String> {
    read(files).changed
}

pub(crate) fn read(files: &Files) -> Said {
    let manifest = files.get(NAME).and_then(|bytes| serde_json::from_slice::<Manifest>(bytes).ok());
    let Some(manifest) = manifest else { return Said { connector: None, changed: Vec::new() } };
    let changed =
        |listed: &Listed| files.get(&listed.name).is_some_and(|bytes| sha256(bytes) != listed.sha256);
    Said {
        connector: manifest.connector.parse().ok(),
        changed: manifest
            .files
            .iter()
            .filter(|listed| changed(listed))
            .map(|listed| listed.name.clone())
            .collect(),
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing into a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
