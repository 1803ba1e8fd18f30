//! Where pulled alerts go: standard output, a file that exists only once it is complete, or a device such as a pipe.

use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

use onboarding::contract::{Problem, ProblemCode};
use vault::files::OwnerOnlyWriter;

use crate::failure::Failure;

/// As that of the writer of files: standard output is often one.
const BUFFER: usize = 32 * 1024;

/// An open target.
pub(crate) struct AlertFile {
    target: Target,
    blame: Blame,
}

/// Whose fault it is when a target cannot be written.
#[derive(Clone)]
pub(crate) struct Blame {
    /// Nothing for standard output.
    path: Option<PathBuf>,
}

impl Blame {
    /// That nobody reads standard output any more, or `file-trouble`.
    pub(crate) fn failure(&self, error: io::Error) -> Failure {
        match &self.path {
            None => Failure::from(error),
            Some(path) => trouble(path, &error).into(),
        }
    }
}

enum Target {
    Standard(BufWriter<Stdout>),
    File(OwnerOnlyWriter),
    Device(BufWriter<std::fs::File>),
}

impl AlertFile {
    pub(crate) fn standard_output() -> Self {
        let target = Target::Standard(BufWriter::with_capacity(BUFFER, io::stdout()));
        Self { target, blame: Blame { path: None } }
    }

    /// Starts a file. `-` is standard output. Alerts name people and machines: the file is for its owner only.
    ///
    /// # Errors
    ///
    /// `file-trouble`.
    pub(crate) fn create(path: &Path) -> Result<Self, Problem> {
        if path.as_os_str() == "-" {
            return Ok(Self::standard_output());
        }
        // A device or pipe has no complete state, and must not be replaced by a file.
        let is_device = std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir());
        let target = if is_device {
            let device =
                std::fs::OpenOptions::new().write(true).open(path).map_err(|error| trouble(path, &error))?;
            Target::Device(BufWriter::with_capacity(BUFFER, device))
        } else {
            let path = std::path::absolute(path).map_err(|error| trouble(path, &error))?;
            Target::File(OwnerOnlyWriter::create(&path, true).map_err(|error| trouble(&path, &error))?)
        };
        Ok(Self { target, blame: Blame { path: Some(path.to_owned()) } })
    }

    /// Writes some bytes.
    ///
    /// # Errors
    ///
    /// `file-trouble`, or that nobody reads any more.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.write_all(bytes).map_err(|error| self.blame.failure(error))
    }

    /// What an error of writing means here.
    pub(crate) fn failure(&self, error: io::Error) -> Failure {
        self.blame.failure(error)
    }

    /// For errors that come when the file is in other hands.
    pub(crate) fn blame(&self) -> Blame {
        self.blame.clone()
    }

    /// Lets readers see what is there so far.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.target {
            Target::Standard(mut out) => out.flush().map_err(|error| self.blame.failure(error)),
            Target::File(out) => match out.finish() {
                Ok(_) => Ok(()),
                Err(error) => {
                    let path = self.blame.path.as_deref().unwrap_or(Path::new("-"));
                    Err(trouble(path, &error).into())
                }
            },
            Target::Device(mut out) => out.flush().map_err(|error| self.blame.failure(error)),
        }
    }
}

impl Write for AlertFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.target {
            Target::Standard(out) => out.write(bytes),
            Target::File(out) => out.write(bytes),
            Target::Device(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::Standard(out) => out.flush(),
            Target::File(out) => out.flush(),
            Target::Device(out) => out.flush(),
        }
    }
}

fn trouble(path: &Path, error: &dyn std::error::Error) -> Problem {
    Problem::new(ProblemCode::FileTrouble)
        .with("path", path.display().to_string())
        .with("reason", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::AlertFile;

    #[test]
    fn a_pull_that_fails_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.ndjson");
        let mut file = AlertFile::create(&path).unwrap();
        file.put(b"{}\n").unwrap();
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn a_complete_file_replaces_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.ndjson");
        for content in ["{\"a\":1}\n", "{}\n"] {
            let mut file = AlertFile::create(&path).unwrap();
            file.put(content.as_bytes()).unwrap();
            file.finish().unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}\n");
    }

    #[test]
    #[cfg(unix)]
    fn a_device_is_written_to_and_not_replaced() {
        let mut file = AlertFile::create("/dev/null".as_ref()).unwrap();
        file.put(b"{}\n").unwrap();
        file.finish().unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    }
}
