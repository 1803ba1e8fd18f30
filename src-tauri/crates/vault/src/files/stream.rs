//! A file that is written bit by bit, such as a pull of many alerts, and appears under its name when it is finished.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::set::{refuse_taken, split};
use super::temporary::Temporary;
use super::write_behind::WriteBehind;
use super::{FileError, FileOperation, sync_folder};

/// One write to the system. Linux makes the pages for it as one block: blocks of this size it has at hand from files that
/// are gone, larger ones it has to find, which was measured to cost five times as much.
const BUFFER: usize = 32 * 1024;
/// The disk is given its work in parts of this size.
const PART: u64 = 16 * 1024 * 1024;

/// Writes a file for its owner only. Without [`finish`](Self::finish) nothing remains of it.
pub struct OwnerOnlyWriter {
    // Before the temporary file, so that a last flush still finds it.
    buffer: BufWriter<std::fs::File>,
    /// Nothing for a file that is smaller than a part. Before the temporary file as well: it holds it open.
    behind: Option<WriteBehind>,
    temporary: Temporary,
    folder: PathBuf,
    target: PathBuf,
    overwrite: bool,
    bytes: u64,
    /// With so many bytes the next part is full.
    next_part: u64,
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
            behind: None,
            next_part: PART,
        })
    }

    /// Flushes to disk and gives the file its name. Returns its length in bytes.
    ///
    /// # Errors
    ///
    /// When the system refuses, or the name was taken meanwhile and is not to be replaced.
    pub fn finish(self) -> Result<u64, FileError> {
        let Self { buffer, temporary, folder, target, overwrite, bytes, behind, next_part: _ } = self;
        let file = buffer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .map_err(FileOperation::Write.on(&target))?;
        drop(file);
        if let Some(behind) = behind {
            behind.finish().map_err(FileOperation::Write.on(&target))?;
        }
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

    /// Has the disk begin with what is there, so that little is left to wait for at the end.
    fn part_is_full(&mut self) -> io::Result<()> {
        self.next_part = self.bytes + PART;
        match &self.behind {
            Some(behind) => behind.go_on(),
            None => self.behind = Some(WriteBehind::start(self.buffer.get_ref().try_clone()?)?),
        }
        Ok(())
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
        // No more than makes the buffer exactly full: the system writes whole blocks of pages at less than the cost of
        // parts of them.
        let room = BUFFER - self.buffer.buffer().len();
        let part = data.len().min(if room == 0 { BUFFER } else { room });
        let written = self.buffer.write(&data[..part])?;
        self.bytes += written as u64;
        if self.bytes >= self.next_part {
            self.part_is_full()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.buffer.flush()
    }
}
