//! The two faces of the product can do the same: every command of `msspctl` has its place in the window, and every action
//! of the window its command. Both sides are counted from the programs; `faces.toml` says what belongs together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use tests::binaries;
use tokio::process::Command;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Faces {
    pair: Vec<Pair>,
    only_command: Vec<Only>,
    only_action: Vec<Only>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    command: String,
    actions: Vec<String>,
    /// The file below `ui/src/lib/screens`.
    screen: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Only {
    name: String,
    reason: String,
}

/// The commands below one, as its own help lists them; itself where there are none.
async fn commands_below(path: &[&str]) -> Vec<String> {
    let output = Command::new(binaries::msspctl()).args(path).arg("--help").output().await.unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A name stands two columns in; what is further in goes on with the line above.
    let names: Vec<&str> = listed
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    if names.is_empty() {
        return vec![path.join(" ")];
    }
    let mut all = Vec::new();
    for name in names {
        all.extend(Box::pin(commands_below(&[path, &[name]].concat())).await);
    }
    all
}

/// What the window may ask of the shell. Another test proves that this list is the handler's.
fn actions() -> BTreeSet<String> {
    let file = std::fs::read_to_string(binaries::root().join("src-tauri/permissions/app.toml")).unwrap();
    let (_, list) = file.split_once("commands.allow = [").unwrap();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The text of every source of the window but the hosts, which name everything and do nothing.
fn window_sources(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if name != "host" && name != "contract" && name != "paraglide" {
                window_sources(&path, all);
            }
        } else {
            all.push_str(&std::fs::read_to_string(path).unwrap_or_default());
        }
    }
}

#[tokio::test]
async fn every_command_has_its_place_in_the_window_and_every_action_its_command() {
    let faces: Faces = toml::from_str(include_str!("faces.toml")).unwrap();
    let commands: BTreeSet<String> = commands_below(&[]).await.into_iter().collect();
    let actions = actions();
    assert!(commands.contains("customer add") && actions.contains("bootstrap"), "{commands:?}, {actions:?}");

    let told: BTreeMap<&str, &str> = faces
        .pair
        .iter()
        .map(|pair| (pair.command.as_str(), "pair"))
        .chain(faces.only_command.iter().map(|only| (only.name.as_str(), only.reason.as_str())))
        .collect();
    let unknown = commands.iter().filter(|command| !told.contains_key(command.as_str())).collect::<Vec<_>>();
    assert!(unknown.is_empty(), "commands that tests/flow/faces.toml does not know: {unknown:?}");
    let gone = told.keys().filter(|command| !commands.contains(**command)).collect::<Vec<_>>();
    assert!(gone.is_empty(), "commands that tests/flow/faces.toml still knows: {gone:?}");

    let paired: BTreeSet<&str> =
        faces.pair.iter().flat_map(|pair| &pair.actions).map(String::as_str).collect();
    let alone: BTreeSet<&str> = faces.only_action.iter().map(|only| only.name.as_str()).collect();
    let told: BTreeSet<&str> = paired.union(&alone).copied().collect();
    let unknown = actions.iter().filter(|action| !told.contains(action.as_str())).collect::<Vec<_>>();
    assert!(
        unknown.is_empty(),
        "actions of the window that tests/flow/faces.toml does not know: {unknown:?}"
    );
    let gone = told.iter().filter(|action| !actions.contains(**action)).collect::<Vec<_>>();
    assert!(gone.is_empty(), "actions that tests/flow/faces.toml still knows: {gone:?}");
    assert!(paired.is_disjoint(&alone), "an action has a command or a reason, not both");
    assert!(faces.only_command.iter().chain(&faces.only_action).all(|only| only.reason.len() > 5));

    let source = binaries::root().join("ui/src");
    let mut all = String::new();
    window_sources(&source, &mut all);
    for pair in &faces.pair {
        let screen = source.join("lib/screens").join(format!("{}.svelte", pair.screen));
        assert!(screen.is_file(), "`{}` has no screen {}", pair.command, pair.screen);
        assert!(!pair.actions.is_empty(), "`{}` has no action", pair.command);
        for action in &pair.actions {
            assert!(all.contains(&format!("host.{action}(")), "no page asks for {action}");
        }
    }
}
