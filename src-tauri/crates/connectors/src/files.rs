//! Files in memory, before they are written and after they were read. Their contents are wiped when dropped and never
//! shown: a file that holds no secret is not worth an exception.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use secrecy::{ExposeSecret, SecretSlice};
use serde::Serialize;
use zeroize::{Zeroize, Zeroizing};

use crate::{ConnectorId, Note};

/// One rendered file.
#[derive(Debug)]
pub struct RenderedFile {
    /// Name inside the folder.
    pub name: String,
    /// Its bytes, exactly as they are to be written.
    pub contents: SecretSlice<u8>,
    /// It carries a secret.
    pub secret: bool,
}

impl RenderedFile {
    /// The bytes, for whoever writes them.
    pub fn bytes(&self) -> &[u8] {
        self.contents.expose_secret()
    }
}

/// All files of a connector, the manifest last.
#[derive(Debug)]
pub struct FileSet {
    /// Whose files they are.
    pub connector: ConnectorId,
    /// The files, in the order in which they are to be written.
    pub files: Vec<RenderedFile>,
    /// What to know about them.
    pub notes: Vec<Note>,
}

/// Files that were read from a folder: name and bytes.
#[derive(Default)]
pub struct Files(BTreeMap<String, Zeroizing<Vec<u8>>>);

impl Files {
    /// No files yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file, or replaces the one of the same name.
    pub fn insert(&mut self, name: impl Into<String>, contents: Vec<u8>) {
        self.0.insert(name.into(), Zeroizing::new(contents));
    }

    /// The bytes of a file. Upper and lower case are one, as they are on Windows; an exact match wins.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0
            .get(name)
            .or_else(|| {
                self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, contents)| contents)
            })
            .map(|contents| contents.as_slice())
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl From<&FileSet> for Files {
    fn from(set: &FileSet) -> Self {
        let mut files = Self::new();
        for file in &set.files {
            files.insert(file.name.clone(), file.bytes().to_vec());
        }
        files
    }
}

/// A file in the making. It grows by moving into a new buffer and wiping the old one, so that no half-written copy of
/// a secret stays behind on the heap.
#[derive(Default)]
pub(crate) struct Draft(Zeroizing<Vec<u8>>);

impl Draft {
    pub(crate) fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    pub(crate) fn push_char(&mut self, character: char) {
        self.push(character.encode_utf8(&mut [0; 4]));
    }

    /// A line, ended with `\n`: all readers take it, and Windows' own editor does too.
    pub(crate) fn line(&mut self, text: &str) {
        self.push(text);
        self.push("\n");
    }

    /// A JSON document and a line end.
    pub(crate) fn json(&mut self, document: &impl Serialize) {
        // Cannot fail: writing goes to memory, and the documents here are structs of texts and numbers.
        serde_json::to_writer_pretty(&mut *self, document).unwrap_or_default();
        self.push("\n");
    }

    fn push_bytes(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut grown = Vec::with_capacity((needed * 2).max(4096));
            grown.extend_from_slice(&self.0);
            std::mem::swap(&mut *self.0, &mut grown);
            grown.zeroize();
        }
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn finish(self, name: &str, secret: bool) -> RenderedFile {
        // An exact copy, because turning a vector with spare room into a box may leave its old buffer behind.
        let contents: Box<[u8]> = self.0.as_slice().into();
        RenderedFile { name: name.to_owned(), contents: SecretSlice::from(contents), secret }
    }
}

impl io::Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push_bytes(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
