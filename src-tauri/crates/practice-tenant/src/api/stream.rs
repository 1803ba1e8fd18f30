//! Streams alerts: a chunk is made when the connection wants one, so memory does not grow with the number of alerts.

use std::convert::Infallible;

use axum::body::Body;
use bytes::Bytes;

/// A chunk is sent when it has reached this size.
const CHUNK: usize = 64 * 1024;

/// A JSON body: `before`, the items with commas between them, `after`.
pub(crate) fn body<I>(
    before: Vec<u8>,
    items: I,
    write: impl Fn(u64, &mut Vec<u8>) + Send + 'static,
    after: &'static str,
) -> Body
where
    I: Iterator<Item = u64> + Send + 'static,
{
    Body::from_stream(futures_util::stream::iter(Chunks {
        before,
        items,
        write,
        after: Some(after),
        first: true,
    }))
}

struct Chunks<I, W> {
    before: Vec<u8>,
    items: I,
    write: W,
    after: Option<&'static str>,
    first: bool,
}

impl<I, W> Iterator for Chunks<I, W>
where
    I: Iterator<Item = u64>,
    W: Fn(u64, &mut Vec<u8>),
{
    type Item = Result<Bytes, Infallible>;

    fn next(&mut self) -> Option<Self::Item> {
        let after = self.after?;
        let mut chunk = std::mem::take(&mut self.before);
        chunk.reserve(CHUNK + CHUNK / 8);
        while chunk.len() < CHUNK {
            let Some(index) = self.items.next() else {
                chunk.extend_from_slice(after.as_bytes());
                self.after = None;
                break;
            };
            if !std::mem::replace(&mut self.first, false) {
                chunk.push(b',');
            }
            (self.write)(index, &mut chunk);
        }
        Some(Ok(Bytes::from(chunk)))
    }
}
