//! `msspctl settings`: proxy, additional authorities, language; and whether hosts can be reached with them.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use onboarding::Engine;
use onboarding::contract::{
    AuthorityInput, EditSettings, ProxyInput, ProxyMode, SecretInput, SettingsView, UnfollowedKind,
    UnfollowedProxy,
};

use crate::failure::{self, Failure};
use crate::output::{Output, Page};
use crate::prose::Prose;
use crate::secret_input;
use crate::texts::Text;

/// What to do with the settings.
#[derive(Subcommand)]
pub(crate) enum SettingsCommand {
    /// Show the settings; the proxy's password never
    Show,
    Set(Box<SetArgs>),
    /// Ask every host of a cloud for an answer, with nothing secret, by the way that is set
    Test,
}

/// Change settings; what is not named stays.
#[derive(Args)]
#[command(after_long_help = "\
A proxy that is entered here is used for every host but those of --no-proxy, which begins as this computer itself. \
Its password is sealed in the vault. Without a setting the variables HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY \
hold, then the operating system's proxy; neither is used for this computer itself.

An authority of --ca-file is trusted in addition to those of the operating system. Compare its fingerprint with the \
one that your network administrator names. Certificate checks cannot be switched off.

Examples:
  msspctl settings set --proxy http://proxy.example:3128 --proxy-user anna --proxy-password-file password.txt
  msspctl settings set --ca-file inspection-ca.pem --ca-sha256 AB:CD:…
  msspctl settings set --proxy system --language ko
  msspctl settings test")]
pub(crate) struct SetArgs {
    /// Proxy: host:port, or an address with http, https, socks5 or socks5h; `system`; or `none`
    #[arg(long, value_name = "ADDRESS")]
    proxy: Option<String>,

    /// User who signs in to the proxy; empty for nobody
    #[arg(long, value_name = "NAME")]
    proxy_user: Option<String>,

    /// File with the proxy's password, `-` for standard input
    #[arg(long, value_name = "FILE")]
    proxy_password_file: Option<PathBuf>,

    /// Forget the proxy's password
    #[arg(long, conflicts_with = "proxy_password_file")]
    forget_proxy_password: bool,

    /// Hosts, domains and networks that are reached without the proxy, separated by commas; empty for none
    #[arg(long, value_name = "LIST")]
    no_proxy: Option<String>,

    /// PEM file with a certificate authority to be trusted
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,

    /// SHA-256 fingerprint that the authority must have; may be repeated for a file with several
    #[arg(long, value_name = "FINGERPRINT", requires = "ca_file")]
    ca_sha256: Vec<String>,

    /// Fingerprint of an authority that is to be trusted no more
    #[arg(long, value_name = "FINGERPRINT")]
    forget_ca: Option<String>,

    /// Language of texts and problems, here and in the window; `system` for that of the system
    #[arg(long, value_name = "LANG", value_parser = ["en", "ko", "zh-TW", "system"])]
    language: Option<String>,
}

impl SettingsCommand {
    /// Whether it speaks to any host.
    pub(crate) const fn asks_hosts(&self) -> bool {
        match self {
            Self::Test => true,
            Self::Show | Self::Set(_) => false,
        }
    }

    /// The option that reads standard input, where one does.
    pub(crate) fn reads_standard_input(&self) -> Option<&'static str> {
        match self {
            Self::Set(args) => args
                .proxy_password_file
                .as_deref()
                .is_some_and(secret_input::is_standard_input)
                .then_some("--proxy-password-file"),
            Self::Show | Self::Test => None,
        }
    }
}

/// Does it.
///
/// # Errors
///
/// Whatever the engine says; for `test` the problem of the first host that cannot be reached.
pub(crate) async fn run(command: &SettingsCommand, engine: &Engine, output: &Output) -> Result<(), Failure> {
    match command {
        SettingsCommand::Show => show(&engine.settings().await?, output),
        SettingsCommand::Set(args) => {
            let present = engine.settings().await?;
            show(&engine.edit_settings(args.request(&present)?).await?, output)
        }
        SettingsCommand::Test => test(engine, output).await,
    }
}

impl SetArgs {
    fn request(&self, present: &SettingsView) -> Result<EditSettings, Failure> {
        let password = match &self.proxy_password_file {
            Some(path) => Some(secret_input::read(path)?),
            None => self.forget_proxy_password.then(|| SecretInput::new(String::new().into())),
        };
        let about_proxy = self.proxy.is_some()
            || self.proxy_user.is_some()
            || self.no_proxy.is_some()
            || password.is_some();
        let (mode, address) = match self.proxy.as_deref() {
            Some("system") => (ProxyMode::System, None),
            Some("none") => (ProxyMode::Direct, None),
            Some(address) => (ProxyMode::Manual, Some(address.to_owned())),
            None => (present.proxy.mode, None),
        };
        let (user, bypass) = (self.proxy_user.clone(), self.no_proxy.clone());
        Ok(EditSettings {
            language: self.language.clone(),
            proxy: about_proxy.then_some(ProxyInput { mode, address, user, password, bypass }),
            trust: self.ca_file.as_ref().map(|file| AuthorityInput {
                file: file.display().to_string(),
                sha256: Some(self.ca_sha256.clone()).filter(|compared| !compared.is_empty()),
            }),
            distrust: self.forget_ca.clone(),
        })
    }
}

fn show(settings: &SettingsView, output: &Output) -> Result<(), Failure> {
    output.result(settings, |prose| page(settings, prose))
}

fn page(settings: &SettingsView, prose: &Prose) -> Page {
    let text = |name: Text| prose.text(name);
    let proxy = &settings.proxy;
    let way = match proxy.mode {
        ProxyMode::System => match &proxy.found {
            Some(found) => format!("{}: {found}", text(Text::ProxySystem)),
            None => text(Text::ProxySystem).to_owned(),
        },
        ProxyMode::Direct => text(Text::ProxyDirect).to_owned(),
        ProxyMode::Manual => proxy.address.clone().unwrap_or_default(),
    };
    let language = settings.language.clone().unwrap_or_else(|| text(Text::AsTheSystem).to_owned());
    let mut facts = vec![(text(Text::Language), language), (text(Text::Proxy), way)];
    if let Some(user) = &proxy.user {
        let kept = if proxy.password_kept { Text::SecretKept } else { Text::SecretMissing };
        facts.push((text(Text::ProxyUser), user.clone()));
        facts.push((text(Text::ProxyPassword), text(kept).to_owned()));
    }
    if proxy.mode == ProxyMode::Manual {
        facts.push((text(Text::Bypass), proxy.bypass.clone()));
    }
    for authority in &settings.authorities {
        let ends = authority.ends.split('T').next().unwrap_or_default();
        let about = format!("{} ({} {ends})", authority.subject, text(Text::EndsOn));
        facts.push((text(Text::Authority), about));
        facts.push(("  SHA-256", authority.sha256.clone()));
    }
    let mut page = Page::default();
    page.facts(&facts);
    if let Some(unfollowed) = proxy.unfollowed.as_ref().filter(|_| proxy.mode == ProxyMode::System) {
        page.line(&told(unfollowed, prose));
    }
    page
}

/// A setting of the system that is not followed, and what to do.
fn told(unfollowed: &UnfollowedProxy, prose: &Prose) -> String {
    let text = prose.text(match unfollowed.kind {
        UnfollowedKind::Script => Text::ProxyScript,
        UnfollowedKind::Detection => Text::ProxyDetection,
        UnfollowedKind::Desktop => Text::ProxyDesktop,
    });
    match &unfollowed.address {
        Some(address) => format!("{text} ({address})"),
        None => text.to_owned(),
    }
}

async fn test(engine: &Engine, output: &Output) -> Result<(), Failure> {
    let checks = engine.check_network(None).await?;
    let proxy = engine.settings().await?.proxy;
    let unfollowed = proxy.unfollowed.filter(|_| proxy.mode == ProxyMode::System);
    output.result(&checks, |prose| {
        let mut page = Page::default();
        for check in &checks {
            match &check.problem {
                None => page.line(&format!(
                    "  ✓ {}  {}, {} {}",
                    check.host,
                    prose.text(Text::Reached),
                    check.milliseconds,
                    prose.text(Text::Milliseconds)
                )),
                Some(problem) => {
                    page.line(&format!("  ✗ {}", check.host));
                    failure::as_text(problem, prose)
                        .lines()
                        .for_each(|line| page.line(&format!("    {line}")));
                }
            }
        }
        if let Some(unfollowed) = &unfollowed {
            page.line(&told(unfollowed, prose));
        }
        page
    })?;
    match checks.into_iter().find_map(|check| check.problem) {
        Some(problem) => Err(problem.into()),
        None => Ok(()),
    }
}
