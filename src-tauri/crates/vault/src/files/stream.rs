//! A file that is written bit by bit, such as a pull of many alerts, and appears under its name when it is finished.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::pieces::{Piece, Pieces};
use super::set::{refuse_taken, split};
use super::temporary::Temporary;
use super::{FileError, FileOperation, sync_folder};

/// Writes a file for its owner only. Without [`finish`](Self::finish) nothing remains of it.
pub struct OwnerOnlyWriter {
    /// What is not handed on yet.
    piece: Piece,
    /// Nothing for a file that is smaller than a piece. Before the temporary file: it holds that open.
    pieces: Option<Pieces>,
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
        let target = folder.join(name);
        Ok(Self { piece: Piece::new(), pieces: None, temporary, folder, target, overwrite, bytes: 0 })
    }

    /// Flushes to disk and gives the file its name. Returns its length in bytes.
    ///
    /// # Errors
    ///
    /// When the system refuses, or the name was taken meanwhile and is not to be replaced.
    pub fn finish(mut self) -> Result<u64, FileError> {
        self.hand_on_the_rest().map_err(FileOperation::Write.on(&self.target))?;
        let Self { piece: _, pieces, temporary, folder, target, overwrite, bytes } = self;
        pieces.map_or(Ok(()), Pieces::finish).map_err(FileOperation::Write.on(&target))?;
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

    /// What is there of a piece. A file without a thread gets it here.
    fn hand_on_the_rest(&mut self) -> io::Result<()> {
        match &mut self.pieces {
            _ if self.piece.is_empty() => {}
            Some(pieces) => self.piece = pieces.exchange(std::mem::take(&mut self.piece))?,
            None => {
                self.temporary.file.write_all(self.piece.bytes())?;
                self.piece.clear();
            }
        }
        Ok(())
    }

    /// The file is long enough to be worth a thread.
    fn hand_on(&mut self) -> io::Result<()> {
        let pieces = match &mut self.pieces {
            Some(pieces) => pieces,
            none => none.insert(Pieces::start(self.temporary.file.try_clone()?)?),
        };
        self.piece = pieces.exchange(std::mem::take(&mut self.piece))?;
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
        // No more than makes the piece exactly full: whole pages go to the disk at less cost than parts of them.
        let part = self.piece.take(data);
        self.bytes += part as u64;
        if self.piece.is_full() {
            self.hand_on()?;
        }
        Ok(part)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_on_the_rest()?;
        self.pieces.as_mut().map_or(Ok(()), Pieces::wait)
    }
}
