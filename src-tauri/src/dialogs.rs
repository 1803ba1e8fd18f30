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

    use super::{nearest_folder, show_folder, typed_folder};

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
