//! Brings a long file to the disk, in the way that costs this computer the least.
//!
//! On Linux whole pages go to the disk directly, where the file system can (`O_DIRECT`, open(2)): the file is to be on the
//! disk before it gets its name anyway, and a copy in the system's memory would only cost time and push out what others
//! need there. Everywhere else the system keeps a copy, and is made to bring that to the disk meanwhile. The invariants:
//! bytes come in their order, whichever way; what was refused is told; nothing here replaces the last flush.

use std::fs::File;
use std::io::{self, Write as _};

use super::write_behind::WriteBehind;

/// Addresses, places and lengths of direct writes are multiples of this: no disk has larger blocks.
pub(super) const PAGE: usize = 4096;
/// One write to the system's memory. Linux makes the pages for it as one block: blocks of this size it has at hand from
/// files that are gone, larger ones it has to find, which was measured to cost five times as much.
const BLOCK: usize = 32 * 1024;
/// The disk is given its work in parts of this size.
const PART: u64 = 16 * 1024 * 1024;

/// See the module.
pub(super) struct Disk {
    file: File,
    /// Whether nothing but whole pages came so far, and the file system takes them directly.
    direct: bool,
    behind: Option<WriteBehind>,
    /// Bytes in the system's memory, and from how many on the disk is woken.
    cached: u64,
    next_part: u64,
}

impl Disk {
    /// Takes an empty file.
    pub(super) fn new(file: File) -> Self {
        let direct = set_direct(&file, true);
        Self { file, direct, behind: None, cached: 0, next_part: PART }
    }

    /// Writes bytes, which lie where a page begins.
    ///
    /// # Errors
    ///
    /// What the system refused now or meanwhile.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let done = if self.direct { self.write_pages(bytes)? } else { 0 };
        let rest = &bytes[done..];
        if rest.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.direct) {
            set_direct(&self.file, false);
        }
        for block in rest.chunks(BLOCK) {
            self.file.write_all(block)?;
        }
        self.cached += rest.len() as u64;
        if self.cached >= self.next_part {
            // The disk begins with what is there, so that little is left to wait for at the end.
            self.next_part = self.cached + PART;
            match &self.behind {
                Some(behind) => behind.go_on(),
                None => self.behind = Some(WriteBehind::start(self.file.try_clone()?)?),
            }
        }
        Ok(())
    }

    /// Waits for what is under way.
    ///
    /// # Errors
    ///
    /// What the disk refused meanwhile.
    pub(super) fn finish(self) -> io::Result<()> {
        self.behind.map_or(Ok(()), WriteBehind::finish)
    }

    /// Writes the whole pages among the bytes past the system's memory, and says how many bytes that was. Fewer, when
    /// the file system takes none that way: some say so only now.
    fn write_pages(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let whole = bytes.len() - bytes.len() % PAGE;
        let mut done = 0;
        while done < whole {
            match self.file.write(&bytes[done..whole]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => done += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => break,
                Err(error) => return Err(error),
            }
            if !done.is_multiple_of(PAGE) {
                break;
            }
        }
        Ok(done)
    }
}

/// Says whether writes are direct from here on.
#[cfg(target_os = "linux")]
fn set_direct(file: &File, on: bool) -> bool {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let set = fcntl_getfl(file).and_then(|mut flags| {
        flags.set(OFlags::DIRECT, on);
        fcntl_setfl(file, flags)
    });
    on && set.is_ok()
}

/// Says whether writes are direct from here on.
#[cfg(not(target_os = "linux"))]
fn set_direct(_file: &File, _on: bool) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use tempfile::NamedTempFile;

    use super::*;

    /// Bytes that lie where a page begins, and the rest of what they lie in.
    fn paged(length: usize) -> (Vec<u8>, usize) {
        let mut bytes = Vec::<u8>::with_capacity(length + PAGE);
        let start = bytes.as_ptr().align_offset(PAGE);
        bytes.resize(start, 0);
        bytes.extend((0..length).map(|at| u8::try_from(at % 251).unwrap()));
        (bytes, start)
    }

    #[test]
    fn whole_pages_parts_of_pages_and_pages_again_come_in_their_order() {
        let file = NamedTempFile::new().unwrap();
        let mut disk = Disk::new(file.reopen().unwrap());
        let mut expected = Vec::new();
        for length in [3 * PAGE, PAGE, 2 * PAGE + 7, PAGE, 5, 40 * PAGE, 0, 1] {
            let (bytes, start) = paged(length);
            disk.write(&bytes[start..]).unwrap();
            expected.extend_from_slice(&bytes[start..]);
        }
        disk.finish().unwrap();
        assert!(std::fs::read(file.path()).unwrap() == expected);
    }

    #[test]
    fn what_no_direct_write_takes_is_written_all_the_same() {
        let file = NamedTempFile::new().unwrap();
        let mut disk = Disk::new(file.reopen().unwrap());
        let (bytes, start) = paged(2 * PAGE + 1);
        // One byte beside the page: a direct write of this is refused by most file systems.
        disk.write(&bytes[start + 1..]).unwrap();
        disk.finish().unwrap();
        assert!(std::fs::read(file.path()).unwrap() == bytes[start + 1..]);
    }

    #[test]
    fn more_than_the_disk_is_given_at_once_arrives_by_way_of_the_systems_memory() {
        let file = NamedTempFile::new().unwrap();
        let mut disk = Disk::new(file.reopen().unwrap());
        disk.write(b"not a page").unwrap();
        let (bytes, start) = paged(1 << 20);
        for _ in 0..40 {
            disk.write(&bytes[start..]).unwrap();
        }
        disk.finish().unwrap();
        assert_eq!(std::fs::metadata(file.path()).unwrap().len(), 10 + (40 << 20));
    }
}
