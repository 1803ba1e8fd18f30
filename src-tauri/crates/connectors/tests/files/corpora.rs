//! Every input that fuzzing kept is read again, in every test run. The folder begins as the rendered example sets.

use std::path::{Path, PathBuf};

use connectors::{Files, found_in, read_back};

#[path = "../../../../../fuzz/fuzz_targets/files.rs"]
mod files;

fn inputs(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus").join(target);
    let mut inputs: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.clone(), std::fs::read(path).expect("readable")))
        .collect();
    inputs.sort();
    assert!(inputs.len() > 4, "{target}");
    inputs
}

fn folder_of(input: &[u8], names: &[&str]) -> Files {
    let mut folder = Files::new();
    for (name, contents) in files::files(input, names) {
        folder.insert(name, contents);
    }
    folder
}

#[test]
fn kept_connector_files_are_read_or_told() {
    for (path, input) in inputs("connector_files") {
        match read_back(&folder_of(&input, files::CONNECTOR_FILES)) {
            Ok((_, read)) => assert!(!read.client_id.trim().is_empty(), "{}", path.display()),
            Err(problem) => assert_ne!(problem.line, Some(0), "{}", path.display()),
        }
    }
}

#[test]
fn kept_old_files_are_read_or_told() {
    for (path, input) in inputs("old_files") {
        let findings = found_in(&folder_of(&input, files::OLD_FILES), "2026-11-21".parse().expect("a day"));
        assert!(findings.problems.iter().all(|problem| problem.line != Some(0)), "{}", path.display());
    }
}

/// Writes the example sets as first inputs: `WRITE_SEEDS=1 cargo test -p connectors seeds`.
#[test]
#[expect(clippy::disallowed_methods, reason = "seeds of the fuzz targets, which are no secrets")]
fn seeds_are_the_rendered_sets() {
    use connectors::{ConnectorId, render};
    for (connector, source, grant) in crate::law::combinations() {
        let set = render(connector, &crate::example::input(source, grant)).expect("renders");
        let mut seed = Vec::new();
        for file in &set.files {
            let which = files::CONNECTOR_FILES.iter().position(|name| *name == file.name);
            // The fuzz target must know every name.
            seed.push(u8::try_from(which.expect("a known name")).expect("few names"));
            seed.extend_from_slice(file.bytes());
            seed.push(files::END);
        }
        let read = read_back(&folder_of(&seed, files::CONNECTOR_FILES)).expect("reads");
        assert_eq!(read.0, connector);
        let one_of_each = source == catalog::SourceId::GraphAlerts
            || (connector == ConnectorId::Arcsight && source == catalog::SourceId::SiemDetections);
        if std::env::var_os("WRITE_SEEDS").is_some() && one_of_each {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus/connector_files");
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(folder.join(format!("{connector}-{source}-{grant}")), &seed).expect("written");
        }
    }
}
