//! Reads one JSON value (RFC 8259) while it arrives: whether it is JSON, where it ends, and where its members of certain
//! names stand.
//!
//! One pass, because every byte of a pull goes through it. Nothing is copied, built or decoded, and whether texts are
//! UTF-8 is for the caller to check. The invariants: however the value is cut into parts, the verdict is the same and
//! falls at the same byte; what is passed as JSON is JSON.

mod names;

use wide::u8x16;

pub(crate) use names::{MOST_WANTED, Names};

/// Deepest nesting of a value: as many levels as [`Scan::kinds`] has bits.
const DEEPEST: u32 = 128;

/// Why a value is read no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It is not JSON.
    NotJson,
    /// It is nested deeper than [`DEEPEST`].
    TooDeep,
}

/// What the next byte has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    Colon,
    CommaOrEnd,
    InText,
    Escaped,
    Hexadecimal,
    InWord,
    /// After the minus.
    FirstDigit,
    AfterZero,
    Whole,
    FirstDecimal,
    Decimals,
    SignOrExponent,
    FirstOfExponent,
    Exponent,
}

/// Where members stand in a value, in the order of the names that were looked for; of two with one name the first.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Members([Option<(usize, usize)>; MOST_WANTED]);

impl Members {
    /// The members as they stand, without copying.
    pub(crate) fn of<'a, const N: usize>(&self, json: &'a str) -> [Option<&'a str>; N] {
        let mut found = [None; N];
        for (text, place) in found.iter_mut().zip(self.0) {
            *text = place.and_then(|(from, to)| json.get(from..to));
        }
        found
    }
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scan {
    next: Next,
    depth: u32,
    /// One bit a level, the innermost the lowest: set for an object, clear for a list.
    kinds: u128,
    /// The text that is being read is a name.
    in_name: bool,
    /// It holds escapes.
    escapes: bool,
    /// Digits that an escape still wants.
    digits: u8,
    /// What a word still wants.
    word: &'static [u8],
    /// Bytes of the value that were read by earlier calls.
    taken: usize,
    /// Where the outermost name, or the member that is looked for, begins.
    began: usize,
    /// How many outermost names came before.
    place: usize,
    /// Which of the names the outermost member has whose value is being read.
    wanted: Option<usize>,
    members: Members,
}

impl Scan {
    /// At the beginning of a value.
    pub(crate) fn new() -> Self {
        Self {
            next: Next::Value,
            depth: 0,
            kinds: 0,
            in_name: false,
            escapes: false,
            digits: 0,
            word: &[],
            taken: 0,
            began: 0,
            place: 0,
            wanted: None,
            members: Members::default(),
        }
    }

    /// What has been found so far.
    pub(crate) fn members(&self) -> Members {
        self.members
    }

    /// Reads on; gives the number of bytes up to the value's end, or nothing when the value goes on. `earlier` is the
    /// value up to here: a name may have begun there. It may be missing where names are ignored.
    ///
    /// # Errors
    /// Why it is read no further, and at which of these bytes.
    pub(crate) fn run(
        &mut self,
        earlier: &[u8],
        bytes: &[u8],
        names: &mut Names,
    ) -> Result<Option<usize>, (Broken, usize)> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match self.next {
                Next::InText => {
                    at = end_of_plain_text(bytes, at);
                    match bytes.get(at) {
                        None => break,
                        Some(b'"') => {
                            at += 1;
                            if self.in_name {
                                self.end_name(earlier, bytes, at - 1, names);
                                // Nearly always; the rest goes the long way round.
                                if bytes.get(at) == Some(&b':') {
                                    at += 1;
                                    self.next = Next::Value;
                                }
                            } else if self.end_value(at) {
                                return Ok(Some(at));
                            } else if self.kinds & 1 == 1 && bytes[at..].starts_with(b",\"") {
                                at = self.next_name(bytes, at + 2, names);
                            }
                        }
                        Some(b'\\') => {
                            self.next = Next::Escaped;
                            at += 1;
                        }
                        Some(_) => return Err((Broken::NotJson, at)),
                    }
                    continue;
                }
                Next::Escaped => match byte {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                        (self.next, self.escapes) = (Next::InText, true);
                    }
                    b'u' => (self.next, self.escapes, self.digits) = (Next::Hexadecimal, true, 4),
                    _ => return Err((Broken::NotJson, at)),
                },
                Next::Hexadecimal if byte.is_ascii_hexdigit() => {
                    self.digits -= 1;
                    if self.digits == 0 {
                        self.next = Next::InText;
                    }
                }
                Next::InWord if self.word.first() == Some(&byte) => {
                    self.word = &self.word[1..];
                    if self.word.is_empty() && self.end_value(at + 1) {
                        return Ok(Some(at + 1));
                    }
                }
                Next::FirstDigit | Next::FirstDecimal | Next::FirstOfExponent | Next::SignOrExponent => {
                    self.next = match (self.next, byte) {
                        (Next::FirstDigit, b'0') => Next::AfterZero,
                        (Next::FirstDigit, b'1'..=b'9') => Next::Whole,
                        (Next::FirstDecimal, b'0'..=b'9') => Next::Decimals,
                        (Next::SignOrExponent, b'+' | b'-') => Next::FirstOfExponent,
                        (Next::SignOrExponent | Next::FirstOfExponent, b'0'..=b'9') => Next::Exponent,
                        _ => return Err((Broken::NotJson, at)),
                    };
                }
                Next::AfterZero | Next::Whole | Next::Decimals | Next::Exponent => match (self.next, byte) {
                    (Next::Whole | Next::Decimals | Next::Exponent, b'0'..=b'9') => {}
                    (Next::AfterZero | Next::Whole, b'.') => self.next = Next::FirstDecimal,
                    (Next::AfterZero | Next::Whole | Next::Decimals, b'e' | b'E') => {
                        self.next = Next::SignOrExponent;
                    }
                    // What ends a number is not part of it, and is looked at again.
                    _ => {
                        if self.end_value(at) {
                            return Ok(Some(at));
                        }
                        continue;
                    }
                },
                Next::Hexadecimal | Next::InWord => return Err((Broken::NotJson, at)),
                Next::Value
                | Next::ValueOrEnd
                | Next::Name
                | Next::NameOrEnd
                | Next::Colon
                | Next::CommaOrEnd
                    if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') => {}
                Next::CommaOrEnd => match byte {
                    b',' if self.kinds & 1 == 1 => self.next = Next::Name,
                    b',' => self.next = Next::Value,
                    b'}' | b']' if self.closes(byte) => {
                        if self.close(at + 1) {
                            return Ok(Some(at + 1));
                        }
                    }
                    _ => return Err((Broken::NotJson, at)),
                },
                Next::Name | Next::NameOrEnd if byte == b'"' => {
                    at = self.next_name(bytes, at + 1, names);
                    continue;
                }
                Next::Colon if byte == b':' => self.next = Next::Value,
                Next::NameOrEnd | Next::ValueOrEnd if self.closes(byte) => {
                    if self.close(at + 1) {
                        return Ok(Some(at + 1));
                    }
                }
                Next::Value | Next::ValueOrEnd => {
                    if self.depth == 1 && self.wanted.is_some() {
                        self.began = self.taken + at;
                    }
                    self.begin_value(byte).map_err(|broken| (broken, at))?;
                }
                Next::Name | Next::NameOrEnd | Next::Colon => return Err((Broken::NotJson, at)),
            }
            at += 1;
        }
        self.taken += bytes.len();
        Ok(None)
    }

    /// Whether the value is complete if nothing follows: only a number ends by what comes after it.
    pub(crate) fn is_whole_number(&self) -> bool {
        self.depth == 0
            && matches!(self.next, Next::AfterZero | Next::Whole | Next::Decimals | Next::Exponent)
    }

    fn begin_value(&mut self, byte: u8) -> Result<(), Broken> {
        match byte {
            b'"' => (self.next, self.in_name) = (Next::InText, false),
            b'{' | b'[' => {
                if self.depth == DEEPEST {
                    return Err(Broken::TooDeep);
                }
                let object = byte == b'{';
                self.depth += 1;
                self.kinds = self.kinds << 1 | u128::from(object);
                self.next = if object { Next::NameOrEnd } else { Next::ValueOrEnd };
            }
            b'-' => self.next = Next::FirstDigit,
            b'0' => self.next = Next::AfterZero,
            b'1'..=b'9' => self.next = Next::Whole,
            b't' => (self.next, self.word) = (Next::InWord, b"rue"),
            b'f' => (self.next, self.word) = (Next::InWord, b"alse"),
            b'n' => (self.next, self.word) = (Next::InWord, b"ull"),
            _ => return Err(Broken::NotJson),
        }
        Ok(())
    }

    /// Whether this byte closes what is open.
    fn closes(&self, byte: u8) -> bool {
        byte == if self.kinds & 1 == 1 { b'}' } else { b']' }
    }

    /// Leaves an object or a list that ended before this byte; says whether it was the outermost.
    fn close(&mut self, at: usize) -> bool {
        self.depth -= 1;
        self.kinds >>= 1;
        self.end_value(at)
    }

    /// A value ended before this byte; says whether it was the outermost.
    fn end_value(&mut self, at: usize) -> bool {
        if self.depth == 0 {
            return true;
        }
        if self.depth == 1 {
            if let Some(wanted) = self.wanted.take() {
                self.members.0[wanted] = Some((self.began, self.taken + at));
            }
        }
        self.next = Next::CommaOrEnd;
        false
    }

    /// A name begins at this byte.
    fn begin_name(&mut self, at: usize) {
        (self.next, self.in_name, self.escapes) = (Next::InText, true, false);
        if self.depth == 1 {
            self.began = self.taken + at;
        }
    }

    /// A name begins at this byte, and is read over if it is the expected one. Says where to read on.
    #[inline]
    fn next_name(&mut self, bytes: &[u8], at: usize, names: &Names) -> usize {
        let expected = if self.depth == 1 { names.expected(self.place, &bytes[at..]) } else { None };
        let Some((length, which)) = expected else {
            self.begin_name(at);
            return at;
        };
        let value = at + length;
        self.place += 1;
        self.wanted = self.not_yet_found(which);
        if bytes.get(value) != Some(&b'"') {
            self.next = Next::Value;
            return value;
        }
        self.began = self.taken + value;
        (self.next, self.in_name) = (Next::InText, false);
        value + 1
    }

    fn end_name(&mut self, earlier: &[u8], bytes: &[u8], at: usize, names: &mut Names) {
        self.next = Next::Colon;
        if self.depth != 1 || names.are_ignored() {
            return;
        }
        let which = if let Some(from) = self.began.checked_sub(self.taken) {
            names.read(self.place, &bytes[from..at], self.escapes)
        } else {
            let begun = earlier.get(self.began..).unwrap_or_default();
            names.read(self.place, &[begun, &bytes[..at]].concat(), self.escapes)
        };
        self.place += 1;
        self.wanted = self.not_yet_found(which);
    }

    /// Of members with one name the first counts.
    fn not_yet_found(&self, which: Option<usize>) -> Option<usize> {
        which.filter(|which| self.members.0[*which].is_none())
    }
}

/// Where in a text the first quote, backslash or control character stands; the end of the bytes where there is none.
fn end_of_plain_text(bytes: &[u8], from: usize) -> usize {
    const QUOTE: u8x16 = u8x16::new([b'"'; 16]);
    const BACKSLASH: u8x16 = u8x16::new([b'\\'; 16]);
    const LAST_CONTROL: u8x16 = u8x16::new([0x1f; 16]);
    let mut at = from;
    while let Some(block) = bytes.get(at..).and_then(<[u8]>::first_chunk::<16>) {
        let block = u8x16::new(*block);
        let control = block.min(LAST_CONTROL).simd_eq(block);
        let hits = (block.simd_eq(QUOTE) | block.simd_eq(BACKSLASH) | control).to_bitmask();
        if hits != 0 {
            return at + hits.trailing_zeros() as usize;
        }
        at += 16;
    }
    while let Some(byte) = bytes.get(at) {
        if matches!(byte, b'"' | b'\\' | 0..=0x1f) {
            break;
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests;
