//! Cuts an answer of alerts into its alerts while it arrives.
//!
//! An answer is a top-level array (the legacy exporter) or an object whose `value` is the array (`OData`). Which of the
//! two is seen from the first byte, not assumed. This is not a JSON parser: what lies inside an element is handed on
//! byte for byte and judged by whoever receives it. The invariant: for any cutting of the answer into chunks the same
//! elements come out, and never more than one element (or one short member of the envelope) is held in memory.

use memchr::memchr2;

/// Deepest nesting inside one element.
const DEEPEST: u32 = 128;
/// Bytes that are neither alert nor white space that one answer may hold (S11).
const MOST_ENVELOPE: u64 = 64 << 20;
/// Longest member name, and longest `@odata.nextLink` or `error`, of the envelope.
const LONGEST_MEMBER: usize = 64 << 10;

/// Where a received answer stops making sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It ended in the middle.
    Cut,
    /// It is not JSON, seen at this byte.
    NotJson,
    /// It is a page for people.
    Html,
    /// It holds nothing at all.
    Empty,
    /// An element is nested deeper than [`DEEPEST`].
    TooDeep,
    /// One element is longer than the cap.
    AlertTooLarge,
    /// What surrounds the alerts is longer than any envelope.
    EnvelopeTooLarge,
}

/// What surrounded the alerts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// There was an array of alerts, however short.
    pub(crate) listed: bool,
    /// `@odata.nextLink`, decoded.
    pub(crate) next_link: Option<String>,
    /// The `error` member as received: `OData` may append one to an answer that began well.
    pub(crate) error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    NameOrEnd { first: bool },
    InName,
    Colon,
    MemberStart,
    InMember,
    AfterMember,
    ElementOrEnd { first: bool },
    InElement,
    AfterElement,
    End,
}

/// The scan of one JSON value, resumable at any byte.
#[derive(Debug, Default, Clone, Copy)]
struct Scan {
    depth: u32,
    in_string: bool,
    escaped: bool,
    scalar: bool,
}

impl Scan {
    /// Reads on; gives the number of bytes up to the value's end, or nothing when the value goes on.
    fn run(&mut self, bytes: &[u8]) -> Result<Option<usize>, Fault> {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                    at += 1;
                    continue;
                }
                let Some(found) = memchr2(b'"', b'\\', &bytes[at..]) else { return Ok(None) };
                at += found + 1;
                if bytes[at - 1] == b'\\' {
                    self.escaped = true;
                } else {
                    self.in_string = false;
                    if self.depth == 0 {
                        return Ok(Some(at));
                    }
                }
                continue;
            }
            match bytes[at] {
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    self.depth += 1;
                    if self.depth > DEEPEST {
                        return Err(Fault::TooDeep);
                    }
                }
                b'}' | b']' if self.depth == 0 => return Ok(Some(at)),
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Ok(Some(at + 1));
                    }
                }
                b',' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => return Ok(Some(at)),
                _ => {}
            }
            // A string or bracket straight after a number or word: no JSON value goes on like that.
            if self.scalar && (self.in_string || self.depth > 0) {
                return Err(Fault::NotJson);
            }
            self.scalar = self.depth == 0 && !self.in_string;
            at += 1;
        }
        Ok(None)
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Splitter {
    place: Place,
    scan: Scan,
    /// The part of a value that came with earlier chunks.
    carry: Vec<u8>,
    /// Name of the envelope's member that is being read.
    name: String,
    envelope: Envelope,
    envelope_bytes: u64,
    /// The answer is an object, and the elements end with a return to it.
    in_object: bool,
    byte_order_mark: u8,
    /// Bytes received.
    received: u64,
    largest_element: usize,
}

const MARK: &[u8; 3] = b"\xEF\xBB\xBF";

impl Splitter {
    /// Elements may be `largest_element` bytes long.
    pub(crate) fn new(largest_element: usize) -> Self {
        Self {
            place: Place::Start,
            scan: Scan::default(),
            carry: Vec::new(),
            name: String::new(),
            envelope: Envelope::default(),
            envelope_bytes: 0,
            in_object: false,
            byte_order_mark: 0,
            received: 0,
            largest_element,
        }
    }

    /// Bytes received so far.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Takes a chunk and hands on each element that it completes.
    ///
    /// # Errors
    /// A [`Fault`], or whatever `each` returns. Nothing may be fed afterwards.
    pub(crate) fn feed<E: From<Fault>>(
        &mut self,
        chunk: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.received += chunk.len() as u64;
        let mut at = 0;
        while at < chunk.len() {
            let byte = chunk[at];
            match self.place {
                Place::InName | Place::InMember | Place::InElement => {
                    at += self.value(&chunk[at..], &mut each)?;
                    continue;
                }
                Place::Start
                    if self.byte_order_mark < 3 && byte == MARK[usize::from(self.byte_order_mark)] =>
                {
                    self.byte_order_mark += 1;
                }
                _ if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') => {}
                Place::Start => {
                    if !self.byte_order_mark.is_multiple_of(3) {
                        return Err(Fault::NotJson.into());
                    }
                    match byte {
                        b'[' => {
                            self.envelope.listed = true;
                            self.place = Place::ElementOrEnd { first: true };
                        }
                        b'{' => {
                            self.in_object = true;
                            self.place = Place::NameOrEnd { first: true };
                        }
                        b'<' => return Err(Fault::Html.into()),
                        _ => return Err(Fault::NotJson.into()),
                    }
                }
                Place::NameOrEnd { first } => match byte {
                    b'"' => {
                        self.begin(Place::InName);
                        continue;
                    }
                    b'}' if first => self.place = Place::End,
                    _ => return Err(Fault::NotJson.into()),
                },
                Place::Colon if byte == b':' => self.place = Place::MemberStart,
                Place::MemberStart if byte == b'[' && self.name == "value" => {
                    self.envelope.listed = true;
                    self.place = Place::ElementOrEnd { first: true };
                }
                Place::MemberStart => {
                    self.begin(Place::InMember);
                    continue;
                }
                Place::AfterMember => match byte {
                    b',' => self.place = Place::NameOrEnd { first: false },
                    b'}' => self.place = Place::End,
                    _ => return Err(Fault::NotJson.into()),
                },
                Place::ElementOrEnd { first: true } if byte == b']' => self.close_list(),
                Place::ElementOrEnd { .. } => {
                    self.begin(Place::InElement);
                    continue;
                }
                Place::AfterElement => match byte {
                    b',' => self.place = Place::ElementOrEnd { first: false },
                    b']' => self.close_list(),
                    _ => return Err(Fault::NotJson.into()),
                },
                Place::Colon | Place::End => return Err(Fault::NotJson.into()),
            }
            at += 1;
        }
        Ok(())
    }

    /// The answer has ended.
    ///
    /// # Errors
    /// [`Fault::Cut`] in the middle of the answer, [`Fault::Empty`] before its start.
    pub(crate) fn finish(self) -> Result<Envelope, Fault> {
        match self.place {
            Place::End => Ok(self.envelope),
            Place::Start => Err(Fault::Empty),
            Place::NameOrEnd { .. }
            | Place::InName
            | Place::Colon
            | Place::MemberStart
            | Place::InMember
            | Place::AfterMember
            | Place::ElementOrEnd { .. }
            | Place::InElement
            | Place::AfterElement => Err(Fault::Cut),
        }
    }

    fn begin(&mut self, place: Place) {
        self.place = place;
        self.scan = Scan::default();
        self.carry.clear();
    }

    fn close_list(&mut self) {
        self.place = if self.in_object { Place::AfterMember } else { Place::End };
    }

    /// Reads on in a value; gives the bytes that belong to it.
    fn value<E: From<Fault>>(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<usize, E> {
        let end = self.scan.run(bytes)?;
        let taken = end.unwrap_or(bytes.len());
        if self.place != Place::InElement {
            self.envelope_value(&bytes[..taken], end.is_some())?;
            return Ok(taken);
        }
        if self.carry.len() + taken > self.largest_element {
            return Err(Fault::AlertTooLarge.into());
        }
        if end.is_none() {
            self.carry.extend_from_slice(bytes);
            return Ok(taken);
        }
        self.place = Place::AfterElement;
        if self.carry.is_empty() {
            if taken == 0 {
                return Err(Fault::NotJson.into());
            }
            each(&bytes[..taken])?;
        } else {
            self.carry.extend_from_slice(&bytes[..taken]);
            each(&self.carry)?;
            self.carry.clear();
            // One huge alert must not cost its size for the rest of the pull.
            self.carry.shrink_to(1 << 20);
        }
        Ok(taken)
    }

    /// A part of a name or of a member that is not the list.
    fn envelope_value(&mut self, part: &[u8], ends: bool) -> Result<(), Fault> {
        self.envelope_bytes += part.len() as u64;
        if self.envelope_bytes > MOST_ENVELOPE {
            return Err(Fault::EnvelopeTooLarge);
        }
        let in_name = self.place == Place::InName;
        if in_name || matches!(self.name.as_str(), "@odata.nextLink" | "odata.nextLink" | "error") {
            if self.carry.len() + part.len() > LONGEST_MEMBER {
                return Err(Fault::EnvelopeTooLarge);
            }
            self.carry.extend_from_slice(part);
        } else if self.carry.is_empty() {
            // Kept so that a missing value is noticed.
            self.carry.extend(part.first());
        }
        if !ends {
            return Ok(());
        }
        if self.carry.is_empty() {
            return Err(Fault::NotJson);
        }
        if in_name {
            self.name = serde_json::from_slice(&self.carry).map_err(|_| Fault::NotJson)?;
            self.place = Place::Colon;
            return Ok(());
        }
        match self.name.as_str() {
            "error" => self.envelope.error = Some(String::from_utf8_lossy(&self.carry).into_owned()),
            "@odata.nextLink" | "odata.nextLink" => {
                let link: Option<String> = serde_json::from_slice(&self.carry).map_err(|_| Fault::NotJson)?;
                self.envelope.next_link = link.filter(|link| !link.is_empty());
            }
            _ => {}
        }
        self.place = Place::AfterMember;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
