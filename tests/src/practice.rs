//! A practice tenant in a process of its own, known only by the first line that it prints.

use std::path::Path;
use std::process::Stdio;

use practice_tenant::Announcement;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use crate::binaries;
use crate::command::Msspctl;

/// The client secret, the ids and addresses, and the process that answers them. It ends with this value.
pub struct Practice {
    /// The line.
    pub announcement: Announcement,
    /// The line as it was printed.
    pub line: String,
    /// Closed with this value, which ends the server: it tidies up behind itself.
    _stdin: ChildStdin,
    process: Child,
}

impl Practice {
    /// Starts `msspctl practice start` with these arguments.
    ///
    /// # Panics
    ///
    /// When it does not start.
    #[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
    pub async fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(binaries::msspctl())
            .args(["practice", "start"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("msspctl is built; `cargo build -p msspctl` builds it");
        let stdout = process.stdout.take().expect("its standard output is a pipe");
        let line =
            BufReader::new(stdout).lines().next_line().await.expect("it prints").expect("it prints a line");
        let announcement = serde_json::from_str(&line).expect("its first line is the announcement");
        let stdin = process.stdin.take().expect("its standard input is a pipe");
        Self { announcement, line, _stdin: stdin, process }
    }

    /// Lets whoever asks wait: connections are taken up by the system, and nobody answers. [`Self::answer_again`] ends it.
    pub fn fall_silent(&self) {
        self.signal("-STOP");
    }

    /// Answers what was asked meanwhile, and what is asked from now on.
    pub fn answer_again(&self) {
        self.signal("-CONT");
    }

    /// Ends at once, as a server does whose power was cut: nobody listens there any more.
    pub fn vanish(&self) {
        self.signal("-KILL");
    }

    fn signal(&self, signal: &str) {
        if let Some(id) = self.process.id() {
            let _ = std::process::Command::new("kill").args([signal, &id.to_string()]).status();
        }
    }

    /// Adds a customer named `Contoso` with the practice app's values.
    pub async fn add_customer(&self, msspctl: &Msspctl, more: &[&str]) {
        let Announcement { customer_domain, provider_tenant, client_id, client_secret_file, .. } =
            &self.announcement;
        let secret = path_text(client_secret_file);
        let mut arguments =
            vec!["customer", "add", "Contoso", "--tenant", customer_domain, "--client-id", client_id];
        arguments.extend(["--home-tenant", provider_tenant, "--secret-file", &secret]);
        arguments.extend(more);
        msspctl.succeed(&arguments).await;
    }

    /// `msspctl` on a fresh data folder and this tenant's cloud file.
    pub fn msspctl(&self, data: &Path) -> Msspctl {
        Msspctl::with_passphrase(data).option("--cloud-file", &path_text(&self.announcement.cloud_file))
    }

    /// `$BROWSER` and what it needs, for a person who signs in by forms and does as told.
    pub fn person(&self, msspctl: Msspctl, user_role: &str) -> Msspctl {
        msspctl
            .variable("BROWSER", format!("{} %s", binaries::scripted_browser().display()))
            .variable("MSSP_TEST_ANNOUNCEMENT", self.line.clone())
            .variable("MSSP_TEST_ROLE", user_role)
    }
}

fn path_text(path: &(impl AsRef<Path> + ?Sized)) -> String {
    path.as_ref().display().to_string()
}
