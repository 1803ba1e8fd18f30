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

    /// How often somebody came to the host that is not Microsoft's.
    ///
    /// # Panics
    ///
    /// When curl is missing or refused.
    #[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
    pub async fn strangers_visits(&self) -> u64 {
        let origin: url::Url = self.announcement.login.parse().expect("an address");
        let address = origin.join("/stranger").expect("an address");
        let told: serde_json::Value =
            serde_json::from_str(&curl(&[address.as_str()]).await).expect("it tells its visits");
        told["visits"].as_u64().expect("a number")
    }

    /// What a source answers, unread: the bytes that a pull of its newest alerts brings, fetched by curl with the app's own
    /// token.
    ///
    /// # Panics
    ///
    /// When curl is missing or refused.
    #[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
    pub async fn sent(&self, source: &str) -> String {
        let told = &self.announcement;
        let (list, audience) = match source {
            "graph-alerts" => (format!("{}/v1.0/security/alerts_v2?$top=1000", told.graph), &told.graph),
            "graph-incidents" => {
                (format!("{}/v1.0/security/incidents?$expand=alerts&$top=50", told.graph), &told.graph)
            }
            "defender-alerts" => (format!("{}/api/alerts?$expand=evidence", told.defender), &told.defender),
            "xdr-incidents" => (format!("{}/api/incidents", told.xdr), &told.xdr),
            _ => (format!("{}/api/alerts?ago=PT2H", told.siem.eu), &told.graph),
        };
        let secret = format!("client_secret@{}", path_text(&told.client_secret_file));
        let (version, asked) = match source {
            "siem-detections" => ("", "resource=https://graph.windows.net".to_owned()),
            _ => ("/v2.0", format!("scope={audience}/.default")),
        };
        let address = format!("{}/{}/oauth2{version}/token", told.login, told.customer_tenant);
        let id = format!("client_id={}", told.client_id);
        let form = ["grant_type=client_credentials", &id, &asked];
        let mut arguments = vec!["--data-urlencode", secret.as_str()];
        arguments.extend(form.iter().flat_map(|field| ["--data-urlencode", field]));
        arguments.push(&address);
        let token: serde_json::Value =
            serde_json::from_str(&curl(&arguments).await).expect("the token answer is JSON");
        let bearer = format!("Authorization: Bearer {}", token["access_token"].as_str().expect("a token"));
        curl(&["--globoff", "--header", &bearer, &list]).await
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

#[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
async fn curl(arguments: &[&str]) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail", "--noproxy", "*"]).args(arguments);
    let output = command.stdin(Stdio::null()).output().await.expect("curl is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}
