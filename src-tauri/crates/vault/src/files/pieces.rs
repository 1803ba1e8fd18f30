//! Writes a long file piece by piece, on a thread of its own, while the next piece is being made.
//!
//! Handing bytes to the system costs a pull about as much as everything else that it does with them, and a machine has
//! more than one processor. It decides nothing about the file. The invariants: pieces are written in their order, few are
//! held at a time, and what went wrong is told, with the next piece or at the end; nothing is written after it.

use std::fs::File;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::thread::{self, JoinHandle};

use super::disk::{Disk, PAGE};

/// Bytes of a piece: whole pages. Each wakes the thread, which costs as much as writing some 20 KiB.
const LENGTH: usize = 512 * 1024;
/// Pieces that may wait. One more is being written, and one is being made.
const AHEAD: usize = 3;

/// Bytes on their way, which lie in memory where a page begins. The default stands in for one that was exchanged.
#[derive(Default)]
pub(super) struct Piece {
    /// Never longer than what it was made with room for, so that it stays where it is.
    bytes: Vec<u8>,
    /// Where the page begins.
    start: usize,
}

impl Piece {
    /// An empty one.
    pub(super) fn new() -> Self {
        let mut bytes = Vec::<u8>::with_capacity(LENGTH + PAGE);
        let start = bytes.as_ptr().align_offset(PAGE).min(PAGE);
        bytes.resize(start, 0);
        Self { bytes, start }
    }

    /// Takes as much as there is room for, and says how much that was.
    pub(super) fn take(&mut self, data: &[u8]) -> usize {
        let room = LENGTH - (self.bytes.len() - self.start);
        let part = data.len().min(room);
        self.bytes.extend_from_slice(&data[..part]);
        part
    }

    /// What was taken.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Nothing was taken.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.len() == self.start
    }

    /// There is no room for more.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() - self.start == LENGTH
    }

    /// Forgets what was taken.
    pub(super) fn clear(&mut self) {
        self.bytes.truncate(self.start);
    }
}

/// See the module.
pub(super) struct Pieces {
    full: Option<SyncSender<Piece>>,
    /// Written pieces come back, to be filled again.
    empty: Receiver<Piece>,
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
    pub(super) fn exchange(&mut self, piece: Piece) -> io::Result<Piece> {
        if self.full.as_ref().is_none_or(|full| full.send(piece).is_err()) {
            self.end()?;
            return Err(ended_early());
        }
        self.under_way += 1;
        let Ok(used) = self.empty.try_recv() else { return Ok(Piece::new()) };
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

fn write_all(file: File, filled: &Receiver<Piece>, emptied: &Sender<Piece>) -> io::Result<()> {
    let mut disk = Disk::new(file);
    for mut piece in filled {
        disk.write(piece.bytes())?;
        piece.clear();
        // Whoever has gone wants none back.
        let _ = emptied.send(piece);
    }
    disk.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ten_bytes() -> Piece {
        let mut piece = Piece::new();
        assert_eq!(piece.take(&[b'x'; 10]), 10);
        piece
    }

    #[test]
    fn a_piece_begins_where_a_page_does_and_stays_there() {
        let mut piece = Piece::new();
        let place = piece.bytes().as_ptr();
        assert!(place.addr().is_multiple_of(PAGE));
        assert_eq!(piece.take(&vec![b'x'; LENGTH - 1]), LENGTH - 1);
        assert!(!piece.is_full());
        assert_eq!(piece.take(b"yz"), 1);
        assert!(piece.is_full() && piece.bytes().ends_with(b"xy"));
        assert_eq!((piece.bytes().as_ptr(), piece.bytes().len()), (place, LENGTH));
        piece.clear();
        assert!(piece.is_empty());
    }

    #[test]
    fn what_the_system_refuses_is_told_and_never_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        super::super::write(&path, b"", false).unwrap();
        // Opened for reading: every write is refused.
        let mut pieces = Pieces::start(File::open(&path).unwrap()).unwrap();
        let told = (0..100).find_map(|_| pieces.exchange(ten_bytes()).err()).expect("it is told in time");
        assert_ne!(told.to_string(), ended_early().to_string(), "the system's own reason");
        assert!(pieces.exchange(ten_bytes()).is_err());
        assert!(pieces.finish().is_err());

        let mut pieces = Pieces::start(File::open(&path).unwrap()).unwrap();
        let _ = pieces.exchange(ten_bytes());
        assert!(pieces.wait().is_err());
        assert!(pieces.finish().is_err());
    }
}
