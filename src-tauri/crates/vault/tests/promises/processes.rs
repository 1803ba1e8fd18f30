//! Two processes on one folder, and a process that is killed at any moment.
//!
//! The other process is this test program again: it runs only the test named `other_process`, told by its environment
//! what to do.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use vault::{Holder, Keyring, SecretKind, Unlock, Vault, VaultError};

use crate::support::{PASSPHRASE, contoso, moment, open, passphrase, session};

const TASK: &str = "VAULT_TEST_TASK";
const FOLDER: &str = "VAULT_TEST_FOLDER";
const READY: &str = "the other process is ready";

#[test]
fn a_folder_that_another_process_holds_is_busy_and_says_who_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut other, _output) = start("hold", folder.path());
    let started = Instant::now();
    let wait = Duration::from_millis(200);
    let refused = Vault::open_with(folder.path(), Unlock::SessionOnly, wait, &Keyring::none());
    assert!(started.elapsed() >= wait);
    match refused {
        Err(VaultError::Busy { holder: Holder { pid, program } }) => {
            assert_eq!(pid, Some(other.id()));
            assert!(program.is_some_and(|program| program.starts_with("promises")));
        }
        other => panic!("{other:?}"),
    }
    other.kill().unwrap();
    other.wait().unwrap();
    session(folder.path());
}

#[test]
fn a_folder_that_is_given_up_while_somebody_waits_is_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let held = session(folder.path());
    std::thread::scope(|scope| {
        let path = folder.path();
        let waiting = scope.spawn(move || {
            Vault::open_with(path, Unlock::SessionOnly, Duration::from_secs(30), &Keyring::none()).map(drop)
        });
        drop(held);
        waiting.join().unwrap().unwrap();
    });
    assert!(!folder.path().join("lock-holder").exists());
}

#[test]
fn in_one_process_too_a_folder_opens_once() {
    let folder = tempfile::tempdir().unwrap();
    let _held = session(folder.path());
    let refused = open(folder.path(), Unlock::SessionOnly);
    assert!(matches!(refused, Err(VaultError::Busy { .. })), "{refused:?}");
}

#[test]
fn a_process_that_is_killed_while_it_renews_leaves_the_old_or_the_new_token() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path(), passphrase()).unwrap();
    let customer = vault.add(contoso("Contoso")).unwrap();
    vault.put_secret(&customer.id, SecretKind::RefreshToken, &"token 0".into()).unwrap();
    drop(vault);
    for round in 1..=5 {
        let (mut other, output) = start("renew", folder.path());
        // Killed somewhere in the work that follows another number of renewals each time.
        let mut known = 0;
        for line in BufReader::new(output).lines().take(round * 7) {
            known = line.unwrap().trim_start_matches("renewed ").parse().unwrap();
        }
        other.kill().unwrap();
        other.wait().unwrap();
        let vault = open(folder.path(), passphrase()).unwrap();
        vault.verify().unwrap();
        let token = vault.get_secret(&customer.id, SecretKind::RefreshToken).unwrap().unwrap();
        let kept: usize = token.expose_secret().trim_start_matches("token ").parse().unwrap();
        assert!(kept >= known, "{kept} is older than {known}, which was said to be kept");
        assert_eq!(vault.list().unwrap().len(), 1);
    }
}

/// Does nothing unless it is started by one of the tests above.
#[test]
fn other_process() {
    let (Some(task), Some(folder)) = (std::env::var_os(TASK), std::env::var_os(FOLDER)) else {
        println!("nothing to do: other tests start this one in a process of its own");
        return;
    };
    let folder = Path::new(&folder);
    let mut output = std::io::stdout().lock();
    if task == "hold" {
        let _vault = session(folder);
        writeln!(output, "{READY}").unwrap();
        output.flush().unwrap();
        // Until it is killed, or the test that started it is gone.
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    assert_eq!(task, "renew");
    let vault = open(folder, Unlock::Passphrase(PASSPHRASE.into())).unwrap();
    let customer = vault.find("Contoso").unwrap().unwrap();
    writeln!(output, "{READY}").unwrap();
    for number in 1.. {
        let token = format!("token {number}");
        vault.put_secret(&customer.id, SecretKind::RefreshToken, &token.into()).unwrap();
        vault.record(moment(number), "renew", Some(&customer.id), "done").unwrap();
        if writeln!(output, "renewed {number}").and_then(|()| output.flush()).is_err() {
            return;
        }
    }
}

fn start(task: &str, folder: &Path) -> (Child, ChildStdout) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::other_process", "--nocapture", "--test-threads", "1"])
        .env(TASK, task)
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    // Byte by byte: what follows belongs to the caller.
    let mut line = Vec::new();
    let mut byte = [0];
    while !String::from_utf8_lossy(&line).ends_with(&format!("{READY}\n")) {
        output.read_exact(&mut byte).unwrap();
        line.push(byte[0]);
    }
    (child, output)
}
