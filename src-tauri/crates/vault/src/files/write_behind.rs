//! Has a file that is being written brought to the disk meanwhile, by a thread of its own.
//!
//! It shortens the wait for the last flush and replaces nothing of it. The invariant: what went wrong here is told, because
//! the system tells of a lost write only once.

use std::fs::File;
use std::io;
use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, JoinHandle};

/// See the module.
pub(super) struct WriteBehind {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl WriteBehind {
    /// Starts with what has been written so far.
    pub(super) fn start(file: File) -> io::Result<Self> {
        let (wake, woken) = mpsc::sync_channel::<()>(1);
        let work = move || {
            loop {
                file.sync_data()?;
                if woken.recv().is_err() {
                    return Ok(());
                }
            }
        };
        let thread = thread::Builder::new().name("write-behind".to_owned()).spawn(work)?;
        Ok(Self { wake: Some(wake), thread: Some(thread) })
    }

    /// There is more.
    pub(super) fn go_on(&self) {
        if let Some(wake) = &self.wake {
            // Still at work with more waiting: that covers this as well. Gone: what it met is told at the end.
            let _ = wake.try_send(());
        }
    }

    /// Waits for what is under way.
    ///
    /// # Errors
    ///
    /// What the disk refused meanwhile.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        self.wake = None;
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread that writes to the disk ended early")))
    }
}

impl Drop for WriteBehind {
    fn drop(&mut self) {
        // The thread holds the file open, and Windows removes no open file. What the disk says of a file that is not
        // wanted any more does not matter.
        let _ = self.end();
    }
}
