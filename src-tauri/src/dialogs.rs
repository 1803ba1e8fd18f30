//! The operating system's own dialogs: choosing a folder, showing one.

use std::path::{Path, PathBuf};

use onboarding::contract::{Problem, ProblemCode};
use tauri::{Runtime, WebviewWindow};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;

/// The folder that a person typed: `~` is their own. A window has no working folder that anybody knows, so a path must be
/// whole.
///
/// # Errors
///
/// `folder-refused` for a path that is not.
pub(crate) fn typed_folder(typed: &str, home: Option<&Path>) -> Result<String, Problem> {
    let typed = typed.trim();
    let folder = match (typed.strip_prefix('~'), home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with(['/', '\\']) => {
            home.join(rest.trim_start_matches(['/', '\\']))
        }
        (Some(_) | None, _) => PathBuf::from(typed),
    };
    if folder.is_absolute() {
        Ok(folder.display().to_string())
    } else {
        Err(Problem::new(ProblemCode::FolderRefused).with("folder", typed).with("reason", "relative-path"))
    }
}

/// Asks for a folder, starting at `start` or the nearest folder above it that exists. `None` when nothing was chosen.
pub(crate) async fn choose_folder<R: Runtime>(window: &WebviewWindow<R>, start: &str) -> Option<String> {
    let mut dialog = window.dialog().file().set_parent(window);
    if let Some(existing) = nearest_folder(Path::new(start)) {
        dialog = dialog.set_directory(existing);
    }
    let (sender, chosen) = oneshot::channel();
    dialog.pick_folder(move |folder| {
        let _ = sender.send(folder);
    });
    let folder = chosen.await.ok().flatten()?.into_path().ok()?;
    Some(folder.display().to_string())
}

/// Asks for a file with certificates. `None` when nothing was chosen.
pub(crate) async fn choose_file<R: Runtime>(window: &WebviewWindow<R>) -> Option<String> {
    let (sender, chosen) = oneshot::channel();
    window.dialog().file().set_parent(window).pick_file(move |file| {
        let _ = sender.send(file);
    });
    let file = chosen.await.ok().flatten()?.into_path().ok()?;
    Some(file.display().to_string())
}

/// Asks under which name to save. The system's dialog asks before a file is replaced. `None` when nothing was chosen.
pub(crate) async fn choose_save<R: Runtime>(window: &WebviewWindow<R>, name: &str) -> Option<PathBuf> {
    // A test cannot reach into the system's dialog. What is shipped has no such door.
    #[cfg(debug_assertions)]
    if let Some(folder) = std::env::var_os("MSSP_TEST_SAVE_IN").filter(|folder| !folder.is_empty()) {
        return Some(PathBuf::from(folder).join(name));
    }
    let (sender, chosen) = oneshot::channel();
    window.dialog().file().set_parent(window).set_file_name(name).save_file(move |file| {
        let _ = sender.send(file);
    });
    chosen.await.ok().flatten()?.into_path().ok()
}

/// Asks for files of an old connector, whatever they are called. Empty when nothing was chosen.
pub(crate) async fn choose_files<R: Runtime>(window: &WebviewWindow<R>) -> Vec<String> {
    let (sender, chosen) = oneshot::channel();
    window.dialog().file().set_parent(window).pick_files(move |files| {
        let _ = sender.send(files);
    });
    let files = chosen.await.ok().flatten().unwrap_or_default();
    files
        .into_iter()
        .filter_map(|file| file.into_path().ok())
        .map(|file| file.display().to_string())
        .collect()
}

/// Asks where a text is kept, and keeps it there, for its owner only. Answers with the file, or nothing when nowhere was
/// chosen. The dialog asks before it lets another file be replaced.
///
/// # Errors
///
/// `file-trouble` when it cannot be written.
pub(crate) async fn save_text<R: Runtime>(
    window: &WebviewWindow<R>,
    name: &str,
    text: String,
) -> Result<Option<String>, Problem> {
    let Some(file) = choose_save(window, &file_name(name)).await else { return Ok(None) };
    let written = tauri::async_runtime::spawn_blocking(move || keep_text(&file, &text)).await;
    written.map_err(|error| Problem::new(ProblemCode::Internal).with("reason", error.to_string()))?.map(Some)
}

fn keep_text(file: &Path, text: &str) -> Result<String, Problem> {
    let shown = file.display().to_string();
    match vault::files::write(file, text.as_bytes(), true) {
        Ok(()) => Ok(shown),
        Err(error) => Err(Problem::new(ProblemCode::FileTrouble)
            .with("path", shown)
            .with("reason", error.to_string())
            .caused_by(&error)),
    }
}

/// A customer's name as a file name: what folders and systems take for something else becomes a hyphen.
fn file_name(name: &str) -> String {
    let plain = |character: char| match character {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
        other if other.is_control() => '-',
        other => other,
    };
    name.trim_start_matches('.').chars().map(plain).collect()
}

/// Shows a folder in the file browser.
///
/// # Errors
///
/// `file-trouble` when it is not there or cannot be shown.
pub(crate) fn show_folder(folder: &str) -> Result<(), Problem> {
    let trouble =
        |reason: String| Problem::new(ProblemCode::FileTrouble).with("path", folder).with("reason", reason);
    // Only ever a folder: a file would be started by whatever program it belongs to.
    if !Path::new(folder).is_dir() {
        return Err(trouble("the folder is not there any more".to_owned()));
    }
    open::that_detached(folder).map_err(|error| trouble(error.to_string()))
}

fn nearest_folder(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|folder| folder.is_absolute() && folder.is_dir()).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{file_name, keep_text, nearest_folder, show_folder, typed_folder};

    #[test]
    fn a_mail_is_kept_where_it_was_said_and_a_folder_that_is_not_there_has_its_problem() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(file_name("../Contoso: Ltd.txt"));
        assert_eq!(file.file_name().unwrap(), "-Contoso- Ltd.txt");
        for text in ["동의를 부탁드립니다", "again"] {
            keep_text(&file, text).unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
        }
        let nowhere = folder.path().join("not").join("there.txt");
        let problem = keep_text(&nowhere, "x").unwrap_err();
        assert_eq!(problem.code, onboarding::contract::ProblemCode::FileTrouble);
    }

    #[test]
    fn a_typed_folder_is_a_whole_path_and_a_tilde_is_the_persons_own() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        let whole = home.join("files").display().to_string();
        assert_eq!(typed_folder(&format!(" {whole} "), None).unwrap(), whole);
        assert_eq!(Path::new(&typed_folder("~/files", Some(home)).unwrap()), home.join("files"));
        assert_eq!(Path::new(&typed_folder("~", Some(home)).unwrap()), home);
        for relative in ["files", "./files", "~someone/files", ""] {
            let problem = typed_folder(relative, Some(home)).unwrap_err();
            assert_eq!(problem.params["reason"], "relative-path", "{relative}");
        }
    }

    #[test]
    fn a_dialog_starts_at_the_nearest_folder_that_exists() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("not").join("there");
        assert_eq!(nearest_folder(&missing).as_deref(), Some(folder.path()));
        assert_eq!(nearest_folder("".as_ref()), None);
    }

    #[test]
    fn a_file_is_not_shown_as_if_it_were_a_folder() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let problem = show_folder(&file.path().display().to_string()).unwrap_err();
        assert_eq!(problem.code, onboarding::contract::ProblemCode::FileTrouble);
    }
}
