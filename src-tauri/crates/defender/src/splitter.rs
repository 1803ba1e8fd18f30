//! Cuts an answer of alerts into its alerts while it arrives.
//!
//! An answer is a top-level array (the legacy exporter) or an object whose `value` is the array (`OData`). Which of the
//! two is seen from the first byte, not assumed. Elements are JSON, byte for byte as they came; what they mean is for
//! whoever receives them. The invariant: for any cutting of the answer into chunks the same elements come out and the
//! same fault is found at the same byte, and never more than one element (or one short member of the envelope) is held
//! in memory.

use crate::scan::{Broken, Members, Names, Scan};

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
    /// Something is nested deeper than any alert.
    TooDeep,
    /// One element is longer than the cap.
    AlertTooLarge,
    /// What surrounds the alerts is longer than any envelope.
    EnvelopeTooLarge,
}

impl From<Broken> for Fault {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::NotJson => Self::NotJson,
            Broken::TooDeep => Self::TooDeep,
        }
    }
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

/// One element of the list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    /// It as it came: JSON, if it is UTF-8.
    pub(crate) bytes: &'a [u8],
    /// Where in it the members stand that are looked for.
    pub(crate) members: Members,
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
    /// Bytes received, up to the fault where there is one.
    received: u64,
    largest_element: usize,
    /// Names of the elements' members.
    names: Names,
    /// Names of members in the rest of the envelope: ignored.
    other_names: Names,
}

const MARK: &[u8; 3] = b"\xEF\xBB\xBF";

impl Splitter {
    /// Elements may be `largest_element` bytes long; members of these names are looked for in them.
    pub(crate) fn new(largest_element: usize, names: &'static [&'static str]) -> Self {
        Self {
            place: Place::Start,
            scan: Scan::new(),
            carry: Vec::new(),
            name: String::new(),
            envelope: Envelope::default(),
            envelope_bytes: 0,
            in_object: false,
            byte_order_mark: 0,
            received: 0,
            largest_element,
            names: Names::in_many(names),
            other_names: Names::in_one(&[]),
        }
    }

    /// Bytes received so far, up to the fault where there is one.
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
        mut each: impl FnMut(Element<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut at = 0;
        let fed = self.feed_from(&mut at, chunk, &mut each);
        self.received += at as u64;
        fed
    }

    /// Leaves in `at` how far it came.
    fn feed_from<E: From<Fault>>(
        &mut self,
        place: &mut usize,
        chunk: &[u8],
        each: &mut impl FnMut(Element<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(&byte) = chunk.get(*place) {
            match self.place {
                Place::InName | Place::InMember | Place::InElement => {
                    self.value(place, chunk, each)?;
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
            *place += 1;
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
        self.scan = Scan::new();
        self.carry.clear();
    }

    fn close_list(&mut self) {
        self.place = if self.in_object { Place::AfterMember } else { Place::End };
    }

    /// Reads on in a value, from `at` as far as it goes.
    fn value<E: From<Fault>>(
        &mut self,
        at: &mut usize,
        chunk: &[u8],
        each: &mut impl FnMut(Element<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let bytes = &chunk[*at..];
        let room = self.room();
        // One byte more than there is room for: a fault within the room goes before the lack of it.
        let seen = &bytes[..bytes.len().min(room.saturating_add(1))];
        let names = if self.place == Place::InElement { &mut self.names } else { &mut self.other_names };
        let end = self.scan.run(&self.carry, seen, names).map_err(|(broken, place)| {
            *at += place;
            Fault::from(broken)
        })?;
        let taken = end.unwrap_or(seen.len());
        *at += taken;
        if taken > room {
            *at -= taken - room;
            let too_large = self.place == Place::InElement;
            return Err(if too_large { Fault::AlertTooLarge } else { Fault::EnvelopeTooLarge }.into());
        }
        let part = &seen[..taken];
        if self.place != Place::InElement {
            self.envelope_value(part, end.is_some())?;
            return Ok(());
        }
        if end.is_none() {
            self.carry.extend_from_slice(part);
            return Ok(());
        }
        self.place = Place::AfterElement;
        let members = self.scan.members();
        if self.carry.is_empty() {
            each(Element { bytes: part, members })?;
        } else {
            self.carry.extend_from_slice(part);
            each(Element { bytes: &self.carry, members })?;
            self.carry.clear();
            // One huge alert must not cost its size for the rest of the pull.
            self.carry.shrink_to(1 << 20);
        }
        Ok(())
    }

    /// How many bytes more the value may have that is being read.
    fn room(&self) -> usize {
        if self.place == Place::InElement {
            return self.largest_element.saturating_sub(self.carry.len());
        }
        let left = MOST_ENVELOPE.saturating_sub(self.envelope_bytes);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        if self.is_kept() { left.min(LONGEST_MEMBER.saturating_sub(self.carry.len())) } else { left }
    }

    /// Whether the part of the envelope that is being read is of interest.
    fn is_kept(&self) -> bool {
        self.place == Place::InName
            || matches!(self.name.as_str(), "@odata.nextLink" | "odata.nextLink" | "error")
    }

    /// A part of a name or of a member that is not the list.
    fn envelope_value(&mut self, part: &[u8], ends: bool) -> Result<(), Fault> {
        self.envelope_bytes += part.len() as u64;
        if self.is_kept() {
            self.carry.extend_from_slice(part);
        }
        if !ends {
            return Ok(());
        }
        if self.place == Place::InName {
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
