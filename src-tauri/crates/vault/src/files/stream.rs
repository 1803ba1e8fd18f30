//! A file that is written bit by bit, such as a pull of many alerts, and appears under its name when it is finished.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::set::{refuse_taken, split};
use super::temporary::Temporary;
use super::{FileError, FileOperation, sync_folder};

const BUFFER: usize = 256 * 1024;

/// Writes a file for its owner only. Without [`finish`](Self::finish) nothing remains of it.
pub struct OwnerOnlyWriter {
    // Before the temporary file, so that a last flush still finds it.
    buffer: BufWriter<std::fs::File>,
    temporary: Temporary,
    folder: PathBuf,
    target: PathBuf,
    overwrite: bool,
    bytes: u64,
}

impl OwnerOnlyWriter {
    /// Starts a file in a folder that exists.
    ///
    /// # Errors
    ///
    /// [`FileError::Exists`] when `overwrite` is false and the file is there; otherwise when the system refuses.
    pub fn create(path: &Path, overwrite: bool) -> Result<Self, FileError> {
        let (folder, name) = split(path)?;
        refuse_taken(&folder, &[&name], overwrite)?;
        let temporary = Temporary::new_in(&folder)?;
        let file = temporary.file.try_clone().map_err(FileOperation::Open.on(path))?;
        let target = folder.join(name);
        Ok(Self {
            buffer: BufWriter::with_capacity(BUFFER, file),
            temporary,
            folder,
            target,
            overwrite,
            bytes: 0,
        })
    }

    /// Flushes to disk and gives the file its name. Returns its length in bytes.
    ///
    /// # Errors
    ///
    /// When the system refuses, or the name was taken meanwhile and is not to be replaced.
    pub fn finish(self) -> Result<u64, FileError> {
        let Self { buffer, temporary, folder, target, overwrite, bytes } = self;
        let file = buffer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .map_err(FileOperation::Write.on(&target))?;
        drop(file);
        match temporary.complete()?.rename(&target, overwrite) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(FileError::Exists { paths: vec![target] });
            }
            Err(error) => return Err(FileOperation::Rename.on(&target)(error)),
        }
        sync_folder(&folder).map_err(FileOperation::Rename.on(&folder))?;
        Ok(bytes)
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl std::fmt::Debug for OwnerOnlyWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnerOnlyWriter")
            .field("target", &self.target)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl Write for OwnerOnlyWriter {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let written = self.buffer.write(data)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.buffer.flush()
    }
}
