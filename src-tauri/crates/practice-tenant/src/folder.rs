//! The practice tenant's temporary folder: owner-only, fresh, gone when the server goes.
//!
//! Invariant: every file in it is created new and readable by its owner only (on Windows through the rights that a
//! person's own temporary folder passes on).

use std::io::{self, Write as _};
use std::path::PathBuf;

use tempfile::TempDir;

/// A folder for this run.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("mssp-practice-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(std::fs::Permissions::from_mode(0o700));
        }
        builder.tempdir().map(Self)
    }

    /// Writes a new file, exactly these bytes.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.0.path().join(name);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        options.open(&path)?.write_all(content)?;
        Ok(path)
    }
}
