//! A process that is killed while it writes connector files. At every step of the write, for every connector, the process
//! is really killed from outside; then the folder is recovered as the next start does it, and read as a SIEM reads it.
//!
//! The process that is killed is this program itself: told to by its environment, it writes, stops at the step it was
//! told, and waits for its end.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use catalog::{Audience, Cloud, GrantKind, Region, Source, SourceId};
use connectors::{ConnectorId, ConnectorInput, FileSet, Files, Language, read_back, render};
use secrecy::{ExposeSecret as _, SecretString};
use vault::files::{NewFile, NewSet, Recovered, is_owner_only, recover, recover_watched, write_set_watched};

const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const OLD: &str = "old~secret~of~the~first~export";
const NEW: &str = "new~secret~of~the~second~export";
/// What the process is to do, as JSON; absent in ordinary runs.
const TASK: &str = "MSSP_TEST_KILLED_WRITE";

/// What the process that is killed does.
#[derive(serde::Serialize, serde::Deserialize)]
struct Task {
    folder: String,
    connector: String,
    source: String,
    grant: String,
    gone: Vec<String>,
    overwrite: bool,
    /// Recover the folder instead of writing into it.
    recover: bool,
    /// The step, from 0, before which it is killed.
    step: usize,
}

impl Task {
    /// Writes a first set, and is killed before it begins.
    fn new(connector: ConnectorId, source: SourceId, grant: GrantKind) -> Self {
        Self {
            folder: String::new(),
            connector: connector.to_string(),
            source: source.to_string(),
            grant: grant.to_string(),
            gone: Vec::new(),
            overwrite: false,
            recover: false,
            step: 0,
        }
    }
}

fn set(connector: ConnectorId, source: SourceId, grant: GrantKind, secret: &str) -> FileSet {
    let cloud = Cloud::builtin("commercial").expect("a cloud of Microsoft's");
    let region = (source == SourceId::SiemDetections).then_some(Region::Eu);
    let (resource, scope) = match Source::get(source).audience(&cloud, grant) {
        Audience::Resource(resource) => (Some(resource), None),
        Audience::Scopes(scopes) => (None, Some(scopes.join(" "))),
    };
    let version = if resource.is_some() { "" } else { "/v2.0" };
    let input = ConnectorInput {
        customer_name: "Contoso".to_owned(),
        customer_tenant: TENANT.to_owned(),
        home_tenant: None,
        cloud: cloud.id.clone(),
        source,
        grant,
        region,
        client_id: "99999999-8888-4777-8666-555555555555".to_owned(),
        client_secret: SecretString::from(secret),
        redirect_uri: "http://localhost/SiemMsspConnector".to_owned(),
        authorize_url: format!("{}{TENANT}/oauth2{version}/authorize", cloud.login),
        token_url: format!("{}{TENANT}/oauth2{version}/token", cloud.login),
        resource,
        scope,
        alerts_url: Source::get(source).address(&cloud, region).expect("an address").to_string(),
        refresh_token: Some(SecretString::from(format!("0.AXoA{secret}"))),
        access_token: Some(SecretString::from("eyJ0eXAi")),
        ca_file: None,
        read_from: "2026-11-20T00:00:00Z".parse().expect("a time"),
        language: Language::English,
    };
    render(connector, &input).expect("rendered")
}

fn new_files(set: &FileSet) -> Vec<NewFile<'_>> {
    set.files.iter().map(|file| NewFile { name: &file.name, content: file.bytes() }).collect()
}

/// The process that is killed. In an ordinary run it has no task.
#[test]
fn the_process_that_is_killed() {
    let Ok(task) = std::env::var(TASK) else { return };
    let task: Task = serde_json::from_str(&task).expect("a task");
    let folder = Path::new(&task.folder);
    let mut step = 0;
    let mut watch = |_: vault::files::WriteStep<'_>| {
        if step == task.step {
            println!("\n>stopped");
            std::io::stdout().flush().expect("told");
            // Until it is killed, or whoever would kill it is gone.
            let _ = std::io::stdin().read(&mut [0]);
            std::process::exit(9);
        }
        step += 1;
    };
    if task.recover {
        recover_watched(folder, &mut watch).expect("recovered");
    } else {
        let connector = task.connector.parse().expect("a connector");
        let source = task.source.parse().expect("a source");
        let grant = task.grant.parse().expect("a grant");
        let set = set(connector, source, grant, NEW);
        let gone: Vec<&str> = task.gone.iter().map(String::as_str).collect();
        let new = NewSet { files: &new_files(&set), gone: &gone, overwrite: task.overwrite };
        write_set_watched(folder, &new, &mut watch).expect("written");
    }
    println!("\n>done");
}

/// Runs a process that is killed at its step. Whether there was such a step.
fn killed(task: &Task) -> bool {
    let mut process = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "the_process_that_is_killed", "--nocapture"])
        .env(TASK, serde_json::to_string(task).expect("a task"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
    let told = lines.find_map(|line| {
        let line = line.expect("a line");
        line.strip_prefix('>').map(str::to_owned)
    });
    let stopped = told.as_deref() == Some("stopped");
    assert!(stopped || told.as_deref() == Some("done"), "the process failed at step {}: {told:?}", task.step);
    if stopped {
        process.kill().expect("killed");
    }
    process.wait().expect("ended");
    stopped
}

/// What lies in a folder.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_str().expect("Unicode").to_owned();
            (name, fs::read(path).expect("its content"))
        })
        .collect()
}

fn as_contents(set: &FileSet) -> BTreeMap<String, Vec<u8>> {
    set.files.iter().map(|file| (file.name.clone(), file.bytes().to_vec())).collect()
}

/// The secret in a folder's files, as a SIEM would read them; nothing of any other secret lies there.
fn secret_in(folder: &Path) -> String {
    let mut files = Files::new();
    for (name, content) in contents(folder) {
        assert_owner_only(&folder.join(&name), "after recovery");
        files.insert(name, content);
    }
    let (_, read) = read_back(&files).expect("the set is whole");
    assert_eq!(read.changed_since_export, Vec::<String>::new(), "the manifest agrees");
    read.client_secret.expose_secret().to_owned()
}

/// Wine makes its access lists up from Unix modes; the crate `vault` says what it can prove there.
fn assert_owner_only(path: &Path, when: &str) {
    let wine = cfg!(windows) && Path::new(r"C:\windows\system32\winecfg.exe").exists();
    assert!(wine || is_owner_only(path).expect("told"), "{} can be read by others, {when}", path.display());
}

fn mentions(folder: &Path, secret: &str) -> bool {
    contents(folder)
        .values()
        .any(|content| content.windows(secret.len()).any(|part| part == secret.as_bytes()))
}

/// Kills a write at each of its steps. Returns how many there were.
fn killed_at_every_step(task: &mut Task, old: Option<&FileSet>, new: &FileSet) -> usize {
    let name = format!("{} {} {}", task.connector, task.source, task.grant);
    let mut decided = false;
    for step in 0.. {
        let base = tempfile::tempdir().expect("a folder");
        let folder = base.path().join("Contoso");
        if let Some(old) = old {
            vault::files::write_set(&folder, &new_files(old), false).expect("the old set");
        }
        folder.to_str().expect("Unicode").clone_into(&mut task.folder);
        task.step = step;
        let stopped = killed(task);
        // Before anything is recovered: each file is an old one or a new one, and whole.
        let (before, after) = (old.map(as_contents).unwrap_or_default(), as_contents(new));
        for (file, content) in contents(&folder) {
            let ours = file.starts_with(".mssp-onboard-set");
            let whole = before.get(&file) == Some(&content) || after.get(&file) == Some(&content);
            assert!(ours || whole, "{name}: {file} is torn at step {step}");
            assert_owner_only(&folder.join(&file), &format!("{name} at step {step}"));
        }
        let recovered = recover(&folder).expect("recovered");
        assert_ne!(recovered, Recovered::Busy, "{name}: a dead process holds nothing, step {step}");
        let found = contents(&folder);
        if found == after {
            decided = true;
            assert_eq!(secret_in(&folder), NEW, "{name}");
            assert!(!mentions(&folder, OLD), "{name}: the old secret stays behind at step {step}");
        } else {
            assert!(!decided, "{name}: what was decided is taken back at step {step}");
            assert_eq!(found, before, "{name}: neither the old nor the new set at step {step}");
            assert!(!mentions(&folder, NEW), "{name}: the new secret stays behind at step {step}");
            if old.is_some() {
                assert_eq!(secret_in(&folder), OLD, "{name}");
            }
        }
        assert_eq!(recover(&folder).expect("nothing to do"), Recovered::Nothing, "{name}");
        if !stopped {
            assert!(decided, "{name}: a write that ends well is decided");
            return step;
        }
    }
    0
}

fn of(connector: ConnectorId, source: SourceId, grant: GrantKind) {
    let (old, new) = (set(connector, source, grant, OLD), set(connector, source, grant, NEW));
    let mut task = Task::new(connector, source, grant);
    let files = new.files.len();
    // Folder, claim, four for each file, the decision, flushing twice, letting go.
    assert_eq!(killed_at_every_step(&mut task, None, &new), 4 * files + 6, "{connector}: every step is told");
    task.overwrite = true;
    assert_eq!(killed_at_every_step(&mut task, Some(&old), &new), 4 * files + 6, "{connector}");
}

macro_rules! killed_writes {
    ($($(#[$meta:meta])* $name:ident: $connector:ident, $source:ident, $grant:ident;)+) => {
        $(#[test]
        $(#[$meta])*
        fn $name() {
            of(ConnectorId::$connector, SourceId::$source, GrantKind::$grant);
        })+

        #[cfg(not(windows))]
        #[test]
        fn no_connector_is_left_out() {
            let all = [$((ConnectorId::$connector, GrantKind::$grant)),+];
            for connector in ConnectorId::ALL {
                for grant in GrantKind::ALL {
                    let possible = connectors::carries(*connector, SourceId::GraphAlerts, *grant).is_ok();
                    assert_eq!(possible, all.contains(&(*connector, *grant)), "{connector} {grant}");
                }
            }
        }
    };
}

// Under Wine, where a process takes half a second to start, one connector stands for all: the writer is the same.
killed_writes! {
    arcsight_is_old_or_new: Arcsight, SiemDetections, RefreshToken;
    #[cfg(not(windows))]
    splunk_rest_is_old_or_new: SplunkRest, GraphAlerts, RefreshToken;
    #[cfg(not(windows))]
    splunk_ms_security_is_old_or_new: SplunkMsSecurity, GraphAlerts, AppOnly;
    #[cfg(not(windows))]
    qradar_is_old_or_new: Qradar, GraphAlerts, AppOnly;
    #[cfg(not(windows))]
    elastic_with_a_lasting_sign_in_is_old_or_new: Elastic, GraphAlerts, RefreshToken;
    #[cfg(not(windows))]
    elastic_is_old_or_new: Elastic, GraphAlerts, AppOnly;
    #[cfg(not(windows))]
    wazuh_is_old_or_new: Wazuh, GraphAlerts, AppOnly;
    #[cfg(not(windows))]
    cribl_with_a_lasting_sign_in_is_old_or_new: Cribl, GraphAlerts, RefreshToken;
    #[cfg(not(windows))]
    cribl_is_old_or_new: Cribl, GraphAlerts, AppOnly;
    #[cfg(not(windows))]
    secops_is_old_or_new: Secops, GraphAlerts, AppOnly;
    #[cfg(not(windows))]
    sumo_is_old_or_new: Sumo, GraphAlerts, AppOnly;
    #[cfg(not(windows))]
    generic_with_a_lasting_sign_in_is_old_or_new: Generic, GraphAlerts, RefreshToken;
    #[cfg(not(windows))]
    generic_is_old_or_new: Generic, GraphAlerts, AppOnly;
}

/// Another SIEM in the same folder: the files that only the old one had go in the same moment.
#[cfg(not(windows))]
#[test]
fn a_set_of_another_connector_takes_the_old_ones_files_with_it() {
    let (source, grant) = (SourceId::GraphAlerts, GrantKind::RefreshToken);
    let old = set(ConnectorId::Arcsight, source, grant, OLD);
    let new = set(ConnectorId::SplunkRest, source, grant, NEW);
    let stays = |name: &str| new.files.iter().any(|file| file.name == name);
    let gone = old.files.iter().map(|file| file.name.clone()).filter(|name| !stays(name)).collect();
    let mut task = Task { gone, overwrite: true, ..Task::new(ConnectorId::SplunkRest, source, grant) };
    assert!(killed_at_every_step(&mut task, Some(&old), &new) > 4 * new.files.len() + 6);
}

/// What recovers can be killed too, at every step, again and again.
#[test]
fn a_recovery_that_is_killed_is_recovered() {
    let (connector, source, grant) = (ConnectorId::Sumo, SourceId::GraphAlerts, GrantKind::AppOnly);
    let (old, new) = (set(connector, source, grant, OLD), set(connector, source, grant, NEW));
    let base = tempfile::tempdir().expect("a folder");
    let mut task = Task { overwrite: true, ..Task::new(connector, source, grant) };
    let mut sets = 0;
    for written in 0..4 * new.files.len() + 6 {
        for step in 0.. {
            let folder = base.path().join(format!("{written}-{step}"));
            vault::files::write_set(&folder, &new_files(&old), false).expect("the old set");
            folder.to_str().expect("Unicode").clone_into(&mut task.folder);
            (task.recover, task.step) = (false, written);
            assert!(killed(&task));
            (task.recover, task.step) = (true, step);
            let stopped = killed(&task);
            recover(&folder).expect("recovered");
            let found = contents(&folder);
            assert!(
                found == as_contents(&old) || found == as_contents(&new),
                "killed at {written}, then {step}"
            );
            sets += 1;
            if !stopped {
                break;
            }
        }
    }
    assert!(sets > 4 * new.files.len() + 6);
}
