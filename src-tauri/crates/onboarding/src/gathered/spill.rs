//! Where the alerts themselves lie: one after the other in a file that nobody else can open.
//!
//! The invariant: what was put can be got, whether it has reached the file yet or not.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

/// Bytes that wait for the file.
const BUFFER: usize = 256 * 1024;

/// A piece of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: u64,
    pub(super) length: u32,
}

pub(super) struct Spill {
    file: File,
    written: u64,
    waiting: Vec<u8>,
}

impl Spill {
    pub(super) fn new(file: File) -> Self {
        Self { file, written: 0, waiting: Vec::new() }
    }

    /// Bytes in all.
    pub(super) fn len(&self) -> u64 {
        self.written + self.waiting.len() as u64
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> io::Result<Place> {
        let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        if !self.waiting.is_empty() && self.waiting.len() + bytes.len() > BUFFER {
            self.write_out()?;
        }
        let place = Place { at: self.len(), length };
        self.waiting.extend_from_slice(bytes);
        Ok(place)
    }

    pub(super) fn get(&mut self, place: Place) -> io::Result<Vec<u8>> {
        if let Some(at) = place.at.checked_sub(self.written) {
            let at = usize::try_from(at).map_err(|_| io::ErrorKind::InvalidInput)?;
            let piece = self.waiting.get(at..at + place.length as usize);
            return piece.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; place.length as usize];
        self.file.seek(SeekFrom::Start(place.at))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn write_out(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.written))?;
        self.file.write_all(&self.waiting)?;
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        // One large alert does not keep its room for ever.
        self.waiting.shrink_to(BUFFER);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BUFFER, Spill};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn what_was_put_is_got(lengths in prop::collection::vec(0usize..BUFFER, 1..24)) {
            let mut spill = Spill::new(tempfile::tempfile().unwrap());
            let pieces: Vec<Vec<u8>> = lengths
                .iter()
                .enumerate()
                .map(|(at, length)| vec![u8::try_from(at).unwrap(); *length])
                .collect();
            let mut places = Vec::new();
            for piece in &pieces {
                places.push(spill.put(piece).unwrap());
                // Reading in between must not disturb what is written next.
                spill.get(places[places.len() / 2]).unwrap();
            }
            for (piece, place) in pieces.iter().zip(places) {
                prop_assert_eq!(&spill.get(place).unwrap(), piece);
            }
        }
    }
}
