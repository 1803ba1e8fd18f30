//! Writes a long file piece by piece, on a thread of its own, while the next piece is being made.
//!
//! Handing bytes to the system costs a pull about as much as everything else that it does with them, and a machine has
//! more than one processor. It decides nothing about the file. The invariants: pieces are written in their order, few are
//! held at a time, and what went wrong is told, with the next piece or at the end; nothing is written after it.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::{self, JoinHandle};

use super::write_behind::WriteBehind;

/// Bytes of a piece. Each wakes the thread, which costs as much as writing some 20 KiB.
pub(super) const PIECE: usize = 512 * 1024;
/// Pieces that may wait. One more is being written, and one is being made.
const AHEAD: usize = 3;
/// One write to the system. Linux makes the pages for it as one block: blocks of this size it has at hand from files that
/// are gone, larger ones it has to find, which was measured to cost five times as much.
const BLOCK: usize = 32 * 1024;
/// The disk is given its work in parts of this size.
const PART: u64 = 16 * 1024 * 1024;

/// See the module.
pub(super) struct Pieces {
    full: Option<SyncSender<Vec<u8>>>,
    /// Written pieces come back, to be filled again.
    empty: Receiver<Vec<u8>>,
    /// Pieces that have not come back yet.
    under_way: usize,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Pieces {
    /// Starts with an empty file.
    pub(super) fn start(file: File) -> io::Result<Self> {
        let (full, filled) = mpsc::sync_channel(AHEAD);
        let (emptied, empty) = mpsc::channel();
        let work = move || write_all(file, &filled, &emptied);
        let thread = thread::Builder::new().name("file-writer".to_owned()).spawn(work)?;
        Ok(Self { full: Some(full), empty, under_way: 0, thread: Some(thread) })
    }

    /// Takes a piece and gives an empty one, as soon as there is room for it.
    ///
    /// # Errors
    ///
    /// What the system refused meanwhile.
    pub(super) fn exchange(&mut self, piece: Vec<u8>) -> io::Result<Vec<u8>> {
        if self.full.as_ref().is_none_or(|full| full.send(piece).is_err()) {
            self.end()?;
            return Err(ended_early());
        }
        self.under_way += 1;
        let Ok(used) = self.empty.try_recv() else { return Ok(Vec::with_capacity(PIECE)) };
        self.under_way -= 1;
        Ok(used)
    }

    /// Waits until all that was taken is written.
    ///
    /// # Errors
    ///
    /// What the system refused meanwhile.
    pub(super) fn wait(&mut self) -> io::Result<()> {
        while self.under_way > 0 {
            if self.empty.recv().is_err() {
                self.end()?;
                return Err(ended_early());
            }
            self.under_way -= 1;
        }
        Ok(())
    }

    /// Waits until all that was taken is written, and the disk has its part of it.
    ///
    /// # Errors
    ///
    /// What the system refused meanwhile.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        self.full = None;
        let Some(thread) = self.thread.take() else { return Err(ended_early()) };
        thread.join().unwrap_or_else(|_| Err(ended_early()))
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        // The thread holds the file open, and Windows removes no open file. What becomes of a file that is not wanted any
        // more does not matter.
        let _ = self.end();
    }
}

fn ended_early() -> io::Error {
    io::Error::other("the thread that writes the file ended early")
}

fn write_all(mut file: File, filled: &Receiver<Vec<u8>>, emptied: &Sender<Vec<u8>>) -> io::Result<()> {
    let mut behind: Option<WriteBehind> = None;
    let (mut bytes, mut next_part) = (0, PART);
    for mut piece in filled {
        for block in piece.chunks(BLOCK) {
            file.write_all(block)?;
        }
        bytes += piece.len() as u64;
        piece.clear();
        // Whoever has gone wants none back.
        let _ = emptied.send(piece);
        if bytes >= next_part {
            // The disk begins with what is there, so that little is left to wait for at the end.
            next_part = bytes + PART;
            match &behind {
                Some(behind) => behind.go_on(),
                None => behind = Some(WriteBehind::start(file.try_clone()?)?),
            }
        }
    }
    behind.map_or(Ok(()), WriteBehind::finish)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_refuses_is_told_and_never_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        super::super::write(&path, b"", false).unwrap();
        // Opened for reading: every write is refused.
        let mut pieces = Pieces::start(File::open(&path).unwrap()).unwrap();
        let told = (0..100).find_map(|_| pieces.exchange(vec![b'x'; 10]).err()).expect("it is told in time");
        assert_ne!(told.to_string(), ended_early().to_string(), "the system's own reason");
        assert!(pieces.exchange(vec![b'x'; 10]).is_err());
        assert!(pieces.finish().is_err());

        let mut pieces = Pieces::start(File::open(&path).unwrap()).unwrap();
        let _ = pieces.exchange(vec![b'x'; 10]);
        assert!(pieces.wait().is_err());
        assert!(pieces.finish().is_err());
    }
}
