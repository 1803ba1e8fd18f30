//! The real keyring of a desktop session (gnome-keyring), unlocked without a person by whoever started the tests.

use tests::command::Msspctl;
use tests::lacking::lacking;
use tests::practice::Practice;

/// Whether the tests run in a session whose keyring is theirs to use.
fn keyring_is_ours(test: &str) -> bool {
    let ours = std::env::var_os("MSSP_TEST_KEYRING").is_some_and(|value| value == "1");
    if !ours {
        lacking(&format!("{test}: no keyring of our own here (MSSP_TEST_KEYRING=1 says that there is one)"));
    }
    ours
}

#[tokio::test]
async fn a_vault_opens_with_the_key_of_the_keyring_and_nothing_is_asked() {
    if !keyring_is_ours("a_vault_opens_with_the_key_of_the_keyring_and_nothing_is_asked") {
        return;
    }
    let practice = Practice::start(&["--alerts", "4"]).await;
    let folder = tempfile::tempdir().unwrap();
    let cloud_file = practice.announcement.cloud_file.display().to_string();
    let msspctl = Msspctl::with_keyring(&folder.path().join("data")).option("--cloud-file", &cloud_file);
    let msspctl = practice.person(msspctl, "admin");
    practice.add_customer(&msspctl, &[]).await;
    msspctl.succeed(&["consent", "Contoso", "--timeout", "1m"]).await;
    let pull = msspctl.succeed(&["pull", "Contoso", "--format", "ndjson"]).await;
    assert_eq!(pull.stdout.lines().count(), 4);
}

/// Windows always has one.
#[cfg(unix)]
#[tokio::test]
async fn without_a_keyring_the_vault_says_so_and_is_never_opened_in_plain() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let msspctl = Msspctl::with_keyring(&data)
        .json()
        .variable("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
        .variable("XDG_RUNTIME_DIR", "/nowhere");
    let refused = msspctl.run(&["customer", "list"]).await;
    assert_eq!(
        (refused.status, refused.problem()["code"].as_str()),
        (8, Some("vault-locked")),
        "{}",
        refused.stderr
    );
}
