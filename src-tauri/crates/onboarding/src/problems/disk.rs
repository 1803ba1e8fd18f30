//! What lies on this computer: the vault, connector files, cloud files.

use std::path::Path;

use catalog::CloudFileError;
use connectors::ConnectorId;
use vault::VaultError;
use vault::files::FileError;

use crate::contract::{Problem, ProblemCode};
use crate::reasons;

pub(crate) fn of_cloud_file(path: &Path, error: &CloudFileError) -> Problem {
    let (reason, place) = reasons::of_cloud_file(&error.fault);
    let problem = Problem::new(ProblemCode::CloudFileInvalid)
        .with("file", path.display().to_string())
        .with("reason", reason);
    let problem = match place {
        Some(place) => problem.with("place", place),
        None => problem,
    };
    problem.caused_by(error)
}

pub(crate) fn of_vault(error: &VaultError, folder: &Path) -> Problem {
    let problem = match error {
        VaultError::Locked { .. } | VaultError::KeyringUnavailable { .. } => {
            Problem::new(ProblemCode::VaultLocked)
        }
        VaultError::KeyWrong => Problem::new(ProblemCode::VaultKeyWrong),
        VaultError::Busy { holder } => Problem::new(ProblemCode::VaultBusy)
            .with("holder", holder.to_string())
            .with("folder", folder.display().to_string()),
        VaultError::Damaged { .. } | VaultError::Newer { .. } | VaultError::Database { .. } => {
            Problem::new(ProblemCode::VaultDamaged).with("reason", reasons::of_vault(error))
        }
        VaultError::JournalBroken { at } => {
            Problem::new(ProblemCode::JournalBroken).with("entry", at.to_string())
        }
        VaultError::NameTaken { name } => {
            Problem::new(ProblemCode::CustomerExists).with("customer", name.clone())
        }
        VaultError::Name { problem } => Problem::new(ProblemCode::InvalidInput)
            .with("field", "name")
            .with("reason", reasons::of_name(*problem)),
        VaultError::NoSuchCustomer { id } => {
            Problem::new(ProblemCode::CustomerUnknown).with("customer", id.clone())
        }
        VaultError::Randomness => Problem::new(ProblemCode::Internal).with("reason", "no-random-numbers"),
        VaultError::File(error) => return of_file(error, folder),
    };
    problem.caused_by(error)
}

pub(crate) fn of_file(error: &FileError, folder: &Path) -> Problem {
    let shown = folder.display().to_string();
    let problem = match error {
        FileError::Exists { paths } => {
            let names: Vec<_> =
                paths.iter().filter_map(|path| path.file_name()).map(|name| name.to_string_lossy()).collect();
            Problem::new(ProblemCode::FilesExist).with("folder", shown).with("files", names.join(", "))
        }
        FileError::Link { path } | FileError::NotAFile { path } | FileError::NotAFolder { path } => {
            Problem::new(ProblemCode::FolderRefused)
                .with("folder", path.display().to_string())
                .with("reason", reasons::of_file(error))
        }
        FileError::Name { .. } => Problem::new(ProblemCode::FolderRefused)
            .with("folder", shown)
            .with("reason", reasons::of_file(error)),
        FileError::SetIncomplete { source, .. } => {
            Problem::new(ProblemCode::FileTrouble).with("path", shown).with("reason", source.to_string())
        }
        FileError::Io { path, source, .. } => Problem::new(ProblemCode::FileTrouble)
            .with("path", path.display().to_string())
            .with("reason", source.to_string()),
    };
    problem.caused_by(error)
}

pub(crate) fn of_rendering(refusal: &connectors::Refusal, connector: ConnectorId) -> Problem {
    Problem::new(ProblemCode::ValueNotCarried)
        .with("field", refusal.field)
        .with("connector", connector.title())
        .with("reason", refusal.reason.as_str())
        .caused_by(refusal)
}

pub(crate) fn of_reading(problem: &connectors::ReadProblem) -> Problem {
    let mut found = Problem::new(ProblemCode::FilesIncomplete).with("reason", problem.reason.as_str());
    if let Some(key) = &problem.key {
        found = found.with("key", key.as_ref());
    }
    // What cannot be named is left out, so that the prose leaves out its sentence.
    if !problem.file.is_empty() {
        found = found.with("file", problem.file.clone());
    }
    if let Some(line) = problem.line {
        found = found.with("line", line.to_string());
    }
    found.caused_by(problem)
}

/// A connector file that somebody set up years ago and that cannot be read.
pub(crate) fn of_old_file(problem: &connectors::ReadProblem) -> Problem {
    let found = Problem::new(ProblemCode::OldFileDamaged)
        .with("file", problem.file.clone())
        .with("reason", problem.reason.as_str());
    match problem.line {
        Some(line) => found.with("line", line.to_string()),
        None => found,
    }
}
