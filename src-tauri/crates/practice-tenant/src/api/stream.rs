//! Streams alerts: a chunk is made when the connection wants one, so memory does not grow with the number of alerts nor
//! with the size of one.

use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;

use crate::scenario::Scenario;
use crate::world::World;

/// A chunk is sent when it has reached this size.
const CHUNK: usize = 64 * 1024;
/// What a description is lengthened with.
static FILLING: [u8; CHUNK] = [b'.'; CHUNK];
/// Length of the filling under `large-alert`.
const LARGE: u64 = 8 * 1024 * 1024;
/// Length of the filling under `huge-alert`.
const HUGE: u64 = 100 * 1024 * 1024;
/// Arrays within arrays under `deep-nesting`.
const DEPTH: usize = 10_000;

/// A JSON body: `before`, the items with commas between them, `after`.
pub(super) struct Listing<I, W> {
    pub(super) before: Vec<u8>,
    /// The numbers of what is listed.
    pub(super) items: I,
    /// Writes one item and returns where in the buffer its description ends.
    pub(super) write: W,
    pub(super) after: Vec<u8>,
    pub(super) spoiling: Spoiling,
}

/// What is wrong with the items.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spoiling {
    /// The newest item.
    newest: Option<u64>,
    /// Bytes that are added to its description.
    filling: u64,
    /// It nests deeply.
    deep: bool,
    /// The list is no JSON after its first items.
    garbled: bool,
}

impl Spoiling {
    /// What the scenarios in force do to a list whose newest item has the number `count - 1`.
    pub(super) fn of(world: &World, count: u64) -> Self {
        let filling = match (world.has(Scenario::HugeAlert), world.has(Scenario::LargeAlert)) {
            (true, _) => HUGE,
            (false, true) => LARGE,
            (false, false) => 0,
        };
        Self {
            newest: count.checked_sub(1),
            filling,
            deep: world.has(Scenario::DeepNesting),
            garbled: world.has(Scenario::GarbledJson),
        }
    }
}

impl<I, W> Listing<I, W>
where
    I: Iterator<Item = u64> + Send + 'static,
    W: Fn(u64, &mut Vec<u8>) -> usize + Send + 'static,
{
    pub(super) fn body(self) -> Body {
        Body::from_stream(futures_util::stream::iter(Chunks {
            listing: self,
            written: 0,
            ended: false,
            hole: None,
        }))
    }
}

/// A description that is being lengthened.
struct Hole {
    left: u64,
    /// What comes after it.
    tail: Vec<u8>,
}

struct Chunks<I, W> {
    listing: Listing<I, W>,
    written: u64,
    ended: bool,
    hole: Option<Hole>,
}

impl<I, W> Chunks<I, W>
where
    W: Fn(u64, &mut Vec<u8>) -> usize,
{
    fn write(&mut self, number: u64, chunk: &mut Vec<u8>) {
        let spoiling = self.listing.spoiling;
        if self.written > 0 {
            chunk.push(b',');
        }
        if spoiling.garbled && self.written == 3 {
            chunk.extend_from_slice(br#"{"id":}},]"#);
        }
        self.written += 1;
        let described = (self.listing.write)(number, chunk);
        if spoiling.newest != Some(number) {
            return;
        }
        if spoiling.deep {
            chunk.pop();
            chunk.extend_from_slice(br#","practiceDepth":"#);
            chunk.resize(chunk.len() + DEPTH, b'[');
            chunk.resize(chunk.len() + DEPTH, b']');
            chunk.push(b'}');
        }
        if spoiling.filling > 0 {
            self.hole = Some(Hole { left: spoiling.filling, tail: chunk.split_off(described) });
        }
    }
}

impl<I, W> Iterator for Chunks<I, W>
where
    I: Iterator<Item = u64>,
    W: Fn(u64, &mut Vec<u8>) -> usize,
{
    type Item = Result<Bytes, Infallible>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(hole) = self.hole.as_mut().filter(|hole| hole.left > 0) {
            let now = hole.left.min(CHUNK as u64);
            hole.left -= now;
            let now = usize::try_from(now).unwrap_or(CHUNK);
            return Some(Ok(Bytes::from_static(&FILLING[..now])));
        }
        if self.ended {
            return None;
        }
        let mut chunk = match self.hole.take() {
            Some(hole) => hole.tail,
            None => std::mem::take(&mut self.listing.before),
        };
        chunk.reserve(CHUNK + CHUNK / 8);
        while chunk.len() < CHUNK && self.hole.is_none() {
            let Some(number) = self.listing.items.next() else {
                chunk.append(&mut self.listing.after);
                self.ended = true;
                break;
            };
            self.write(number, &mut chunk);
        }
        Some(Ok(Bytes::from(chunk)))
    }
}
