//! A planted secret is found nowhere on disk and in no log line, in no encoding.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use vault::{SecretKind, Unlock};

use crate::support::{contoso, moment, open};

const PASSPHRASE: &str = "canary-passphrase-Xq7Zt2";
const CLIENT_SECRET: &str = "canary~client.secret_8Q~Wn4Rk";
const REFRESH_TOKEN: &str = "0.AXcanary-refresh-token.Lm9Pd6";

#[test]
fn no_secret_is_on_disk_or_in_the_log_in_any_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::default();
    let lines = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || lines.clone())
        .finish();
    // For all threads of this process, also the one that asks the keyring; no other test here sets one.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let vault = open(folder.path(), Unlock::Passphrase(PASSPHRASE.into())).unwrap();
    let customer = vault.add(contoso("Contoso")).unwrap();
    for round in 0..3 {
        let token = format!("{REFRESH_TOKEN}{round}");
        vault.put_secret(&customer.id, SecretKind::RefreshToken, &token.into()).unwrap();
        vault.put_secret(&customer.id, SecretKind::ClientSecret, &CLIENT_SECRET.into()).unwrap();
    }
    vault.get_secret(&customer.id, SecretKind::RefreshToken).unwrap().unwrap();
    vault.record(moment(1), "renew", Some(&customer.id), "done").unwrap();
    assert!(folder.path().join("vault.sqlite-wal").exists());
    assert_clean(folder.path());
    vault.delete_secret(&customer.id, SecretKind::ClientSecret).unwrap();
    vault.forget(&customer.id).unwrap();
    assert_clean(folder.path());
    drop(vault);
    open(folder.path(), Unlock::Passphrase("wrong".into())).unwrap_err();
    assert_clean(folder.path());
    let log = log.0.lock().unwrap();
    assert!(!log.is_empty());
    assert_free_of_canaries("the log", &log);
}

#[test]
fn the_search_finds_what_it_searches_for() {
    for around in ["", "x", "xy"] {
        let text = format!("{around}{CLIENT_SECRET}{around}z");
        for written in [
            text.clone(),
            BASE64_STANDARD.encode(&text),
            BASE64_URL_SAFE_NO_PAD.encode(&text),
            text.bytes().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().concat(),
        ] {
            let bytes = written.as_bytes();
            let found = encodings(CLIENT_SECRET).into_iter().any(|(_, needle)| {
                bytes.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(&needle))
            });
            assert!(found, "{written}");
        }
    }
}

fn assert_clean(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // Windows lets nobody read the file that carries the lock; nothing is ever written to it.
        if path.file_name().unwrap() == "lock" {
            assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        } else {
            assert_free_of_canaries(&path.display().to_string(), &fs::read(&path).unwrap());
        }
    }
}

fn assert_free_of_canaries(place: &str, bytes: &[u8]) {
    for canary in [PASSPHRASE, CLIENT_SECRET, REFRESH_TOKEN] {
        for (encoding, needle) in encodings(canary) {
            let found = bytes.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(&needle));
            assert!(!found, "{canary} as {encoding} in {place}");
        }
    }
}

fn encodings(canary: &str) -> Vec<(&'static str, Vec<u8>)> {
    let hex: Vec<String> = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        ("plain text", canary.as_bytes().to_vec()),
        ("reversed", canary.bytes().rev().collect()),
        ("hex", hex.concat().into_bytes()),
        ("UTF-16", canary.encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ];
    // Base64 looks different at each of the three offsets; what is the same whatever surrounds it is searched for.
    for offset in 0..3 {
        let padded = [&vec![0; offset], canary.as_bytes()].concat();
        let inner = |text: String| text.as_bytes()[(offset * 4).div_ceil(3)..text.len() - 4].to_vec();
        forms.push(("base64", inner(BASE64_STANDARD.encode(&padded))));
        forms.push(("base64url", inner(BASE64_URL_SAFE_NO_PAD.encode(&padded))));
    }
    forms
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.0.lock().map_err(|_| std::io::ErrorKind::Other)?.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
