//! The names of a value's outermost members: which of them are looked for, and which are to be expected.
//!
//! The elements of a list mostly have the same members in the same order. So the names that came last are kept, each with
//! its place, and a name that is the same again is known by comparing it, without reading it. The invariant: only names
//! that were read as texts of JSON are kept, so that what equals one is one.

use wide::u8x16;

/// As many names as can be looked for.
pub(crate) const MOST_WANTED: usize = 4;
/// Members whose names are kept. The legacy exporter's detections have fifty.
const MOST_PLACES: usize = 64;
/// Bytes of a kept name with the quote and the colon after it: what is compared at once.
const LONGEST: usize = 32;

/// See the module.
#[derive(Debug)]
pub(crate) struct Names {
    /// Without regard to case.
    wanted: &'static [&'static str],
    /// One bit for the length of each.
    lengths: u64,
    /// How many names may be kept.
    places: usize,
    /// The name that came last at each place, unless it is too long to be compared or has escapes.
    kept: Vec<Option<Kept>>,
}

/// A name as it stood.
#[derive(Debug, Clone, Copy)]
struct Kept {
    /// With the quote and the colon after it.
    bytes: [u8; LONGEST],
    /// Of all three.
    length: usize,
    /// One bit for each of its bytes.
    mask: u32,
    which: Option<usize>,
}

impl Names {
    /// Names to look for in one value.
    pub(crate) fn in_one(wanted: &'static [&'static str]) -> Self {
        debug_assert!(wanted.len() <= MOST_WANTED);
        let lengths = wanted.iter().fold(0, |lengths, name| lengths | length_bit(name.len()));
        Self { wanted, lengths, places: 0, kept: Vec::new() }
    }

    /// Names to look for in values that resemble each other.
    pub(crate) fn in_many(wanted: &'static [&'static str]) -> Self {
        Self { places: MOST_PLACES, ..Self::in_one(wanted) }
    }

    /// No name is looked for, and none is kept.
    pub(super) fn are_ignored(&self) -> bool {
        self.wanted.is_empty() && self.places == 0
    }

    /// Whether a name at this place is the one that came there last, with a colon after it: how long both are, from the
    /// byte after the opening quote on, and which of the wanted names it is.
    #[inline]
    pub(super) fn expected(&self, place: usize, bytes: &[u8]) -> Option<(usize, Option<usize>)> {
        let kept = self.kept.get(place)?.as_ref()?;
        let bytes = bytes.first_chunk::<LONGEST>()?;
        let equal = equal_bytes(bytes, &kept.bytes);
        (equal & kept.mask == kept.mask).then_some((kept.length, kept.which))
    }

    /// Takes note of a name that was read at this place; says which of the wanted names it is.
    pub(super) fn read(&mut self, place: usize, name: &[u8], escapes: bool) -> Option<usize> {
        let which = self.which(name, escapes);
        if place < self.places {
            if self.kept.len() <= place {
                self.kept.resize(place + 1, None);
            }
            self.kept[place] = if escapes { None } else { Kept::new(name, which) };
        }
        which
    }

    fn which(&self, name: &[u8], escapes: bool) -> Option<usize> {
        let position =
            |name: &[u8]| self.wanted.iter().position(|wanted| wanted.as_bytes().eq_ignore_ascii_case(name));
        if escapes {
            let quoted = [b"\"", name, b"\""].concat();
            return serde_json::from_slice::<String>(&quoted).ok().and_then(|name| position(name.as_bytes()));
        }
        if self.lengths & length_bit(name.len()) == 0 { None } else { position(name) }
    }
}

impl Kept {
    fn new(name: &[u8], which: Option<usize>) -> Option<Self> {
        let length = name.len() + 2;
        let mut bytes = [0; LONGEST];
        let (start, end) = bytes.get_mut(..length)?.split_at_mut(name.len());
        start.copy_from_slice(name);
        end.copy_from_slice(b"\":");
        Some(Self { bytes, length, mask: u32::MAX >> (LONGEST - length), which })
    }
}

/// One bit for each byte that is the same.
fn equal_bytes(one: &[u8; LONGEST], other: &[u8; LONGEST]) -> u32 {
    let half = |bytes: &[u8; LONGEST], from: usize| {
        let mut half = [0; 16];
        half.copy_from_slice(&bytes[from..from + 16]);
        u8x16::new(half)
    };
    let equal = |from| half(one, from).simd_eq(half(other, from)).to_bitmask();
    equal(0) | equal(16) << 16
}

/// Lengths from 63 on share a bit: they are compared in full anyway.
fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}
