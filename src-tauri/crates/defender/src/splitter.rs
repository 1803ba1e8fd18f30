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
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{Envelope, Fault, Splitter};

    fn split(chunks: &[&[u8]]) -> Result<(Vec<Vec<u8>>, Envelope), Fault> {
        let mut splitter = Splitter::new(1 << 16);
        let mut elements = Vec::new();
        for chunk in chunks {
            splitter.feed(chunk, |element| {
                elements.push(element.to_vec());
                Ok::<_, Fault>(())
            })?;
        }
        Ok((elements, splitter.finish()?))
    }

    fn texts(answer: &str) -> Vec<String> {
        split(&[answer.as_bytes()])
            .unwrap()
            .0
            .into_iter()
            .map(|element| String::from_utf8(element).unwrap())
            .collect()
    }

    #[test]
    fn a_bare_array_gives_its_elements_as_they_were_sent() {
        assert_eq!(
            texts("[ {\"a\": [1, 2]} ,\r\n{\"b\":\"]}\\\"\"},3 , \"x\" ]\n"),
            ["{\"a\": [1, 2]}", "{\"b\":\"]}\\\"\"}", "3", "\"x\""]
        );
    }

    #[test]
    fn an_envelope_gives_its_list_and_its_link_wherever_they_stand() {
        let answer = br#"{"@odata.nextLink":"https://x.example/?a=1\u0026b=2","@odata.count":7,"n":{"value":[9]},"value":[1,2],"z":null}"#;
        let (elements, envelope) = split(&[answer]).unwrap();
        assert_eq!(elements, [b"1", b"2"]);
        assert_eq!(envelope.next_link.as_deref(), Some("https://x.example/?a=1&b=2"));
        assert!(envelope.listed && envelope.error.is_none());
    }

    #[test]
    fn an_object_without_a_list_says_so() {
        let (elements, envelope) = split(&[br#"{"error":{"code":"Forbidden"}}"#]).unwrap();
        assert!(elements.is_empty() && !envelope.listed);
        assert_eq!(envelope.error.as_deref(), Some(r#"{"code":"Forbidden"}"#));
    }

    #[test]
    fn a_byte_order_mark_and_empty_lists_are_fine() {
        assert!(texts("\u{feff} []").is_empty());
        assert!(texts("{\"value\":[ ]}").is_empty());
        assert!(texts("{}").is_empty());
    }

    #[test]
    fn what_is_no_list_of_alerts_is_told_apart() {
        for (answer, fault) in [
            ("", Fault::Empty),
            (" \n", Fault::Empty),
            ("<html>", Fault::Html),
            ("hello", Fault::NotJson),
            ("[1", Fault::Cut),
            ("[{\"a\":\"", Fault::Cut),
            ("{\"value\":[1]", Fault::Cut),
            ("{\"value\"", Fault::Cut),
            ("[,]", Fault::NotJson),
            ("[1,]", Fault::NotJson),
            ("[1 2]", Fault::NotJson),
            ("[1{}]", Fault::NotJson),
            ("[1\"a\"]", Fault::NotJson),
            ("[1}", Fault::NotJson),
            ("[}", Fault::NotJson),
            ("[1] 2", Fault::NotJson),
            ("{\"a\":}", Fault::NotJson),
            ("{\"a\":1,}", Fault::NotJson),
            ("{,}", Fault::NotJson),
            ("{\"a\" 1}", Fault::NotJson),
            ("{\"value\":[1]]", Fault::NotJson),
            ("\u{feff}\u{feff}[", Fault::NotJson),
        ] {
            assert_eq!(split(&[answer.as_bytes()]), Err(fault), "{answer}");
        }
    }

    #[test]
    fn nesting_beyond_the_limit_is_refused_while_it_arrives() {
        let deep = format!("[{}", "[".repeat(10_000));
        assert_eq!(split(&[deep.as_bytes()]), Err(Fault::TooDeep));
        let fine = format!("[{}1{}]", "[".repeat(128), "]".repeat(128));
        assert_eq!(split(&[fine.as_bytes()]).unwrap().0.len(), 1);
    }

    #[test]
    fn an_element_beyond_the_cap_is_refused_while_it_arrives() {
        let mut splitter = Splitter::new(100);
        splitter.feed(b"[\"", |_| Ok::<_, Fault>(())).unwrap();
        assert_eq!(splitter.feed(&[b'a'; 200], |_| Ok(())), Err(Fault::AlertTooLarge));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\\\\\"{}\\[\\],: ]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_array_cut_anywhere_gives_the_same_elements(
            values in prop::collection::vec(any_json(), 0..12),
            pretty: bool,
            envelope: bool,
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        ) {
            let write = |value: &Value| {
                if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) }.unwrap()
            };
            let expected: Vec<_> = values.iter().map(write).collect();
            let list = format!("[{}]", expected.join(if pretty { " ,\n " } else { "," }));
            let answer = if envelope {
                format!("{{\"@odata.context\": \"[,]\", \"value\": {list}, \"@odata.nextLink\":\"https://a.example\"}}")
            } else {
                list
            };
            let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(answer.len() + 1)).collect();
            places.extend([0, answer.len()]);
            places.sort_unstable();
            let chunks: Vec<_> = places.windows(2).map(|pair| &answer.as_bytes()[pair[0]..pair[1]]).collect();
            let (elements, found) = split(&chunks).unwrap();
            let elements: Vec<_> = elements.into_iter().map(|it| String::from_utf8(it).unwrap()).collect();
            prop_assert_eq!(elements, expected);
            prop_assert_eq!(found.next_link.is_some(), envelope);
        }

        #[test]
        fn no_input_makes_it_panic(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8)) {
            let chunks: Vec<_> = chunks.iter().map(Vec::as_slice).collect();
            let _ = split(&chunks);
        }
    }
}
