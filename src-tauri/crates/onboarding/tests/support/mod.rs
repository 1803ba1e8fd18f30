//! What the tests of step 2 share: an engine in this process, a host that passes addresses on, and an Entra that says
//! whatever it is told to say.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use onboarding::browser::Opened;
use onboarding::contract::{
    AddCustomer, BrowserChoice, Catcher, ConsentRequest, Problem, Progress, RegistrationInput, SecretInput,
};
use onboarding::{Engine, Host, OpenOptions, Unlock};
use tokio::sync::mpsc;
use url::Url;

pub(crate) const TENANT: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const APP: &str = "aaaaaaaa-2222-3333-4444-555555555555";

/// A host whose browser is the test itself.
pub(crate) struct Pages {
    opened: mpsc::UnboundedSender<String>,
    pub(crate) told: Mutex<Vec<Progress>>,
}

impl Pages {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<String>) {
        let (opened, pages) = mpsc::unbounded_channel();
        (Self { opened, told: Mutex::default() }, pages)
    }
}

impl Host for Pages {
    fn open_browser(&self, address: &str, _: &BrowserChoice) -> Result<Opened, Problem> {
        let _ = self.opened.send(address.to_owned());
        Ok(Opened::default())
    }

    fn progress(&self, progress: Progress) {
        self.told.lock().unwrap().push(progress);
    }
}

pub(crate) async fn engine(folder: &Path, cloud_file: &Path) -> Engine {
    let passphrase = "correct horse battery staple".to_owned().into();
    Engine::open(OpenOptions {
        folder: folder.to_owned(),
        unlock: Unlock::Passphrase(passphrase),
        cloud_file: Some(cloud_file.to_owned()),
    })
    .await
    .unwrap()
}

pub(crate) fn customer(tenant: &str, app: &str, home: Option<&str>, secret: &str) -> AddCustomer {
    AddCustomer {
        name: "Contoso".to_owned(),
        tenant: tenant.to_owned(),
        cloud: None,
        region: None,
        connector: None,
        source: None,
        grant: None,
        registration: Some(RegistrationInput {
            client_id: app.to_owned(),
            home_tenant: home.map(str::to_owned),
            redirect_uri: None,
            secret: Some(SecretInput::new(secret.to_owned().into())),
            secret_expires: None,
        }),
    }
}

pub(crate) fn request(catcher: Catcher, seconds: u32) -> ConsentRequest {
    ConsentRequest {
        customer: "Contoso".to_owned(),
        catcher,
        open: true,
        browser: None,
        timeout_seconds: seconds,
    }
}

/// One parameter of an address.
pub(crate) fn parameter(address: &str, name: &str) -> String {
    let url = Url::parse(address).unwrap();
    url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
}

/// Goes to an address of this computer as a browser does, once.
pub(crate) fn visit(address: &str) -> String {
    let url = Url::parse(address).unwrap();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, url.port().unwrap())).unwrap();
    let target = &url[url::Position::BeforePath..];
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", url.port().unwrap());
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

/// What the false Entra says.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) keys: String,
    pub(crate) token: String,
    /// Discovery promises that every answer names its issuer (RFC 9207).
    pub(crate) tells_issuer: bool,
    /// When the token request arrived.
    pub(crate) asked: Option<Instant>,
}

/// An Entra that says whatever it is told to say, at loopback.
pub(crate) struct FalseEntra {
    pub(crate) script: Arc<Mutex<Script>>,
    pub(crate) cloud_file: PathBuf,
    pub(crate) base: String,
}

impl FalseEntra {
    #[expect(clippy::disallowed_methods, reason = "a cloud file of a test")]
    pub(crate) fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let cloud_file = folder.join("cloud.toml");
        let names = ["login", "graph", "defender", "xdr", "portal"];
        let lines = names.map(|name| format!("{name} = \"{base}\"\n")).concat();
        let siem = ["eu", "us", "uk"].map(|region| format!("{region} = \"{base}\"\n")).concat();
        std::fs::write(&cloud_file, format!("name = \"false\"\n{lines}\n[siem]\n{siem}")).unwrap();
        let script = Arc::<Mutex<Script>>::default();
        let (served, address) = (Arc::clone(&script), base.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, base) = (Arc::clone(&served), address.clone());
                std::thread::spawn(move || answer(stream, &script, &base));
            }
        });
        Self { script, cloud_file, base }
    }
}

fn answer(mut stream: TcpStream, script: &Mutex<Script>, base: &str) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                break;
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&piece[..read]),
        }
    }
    let arrived = Instant::now();
    let text = String::from_utf8_lossy(&request);
    let target = text.split(' ').nth(1).unwrap_or_default();
    let body = {
        let mut script = script.lock().unwrap();
        if target.contains("/.well-known/openid-configuration") {
            let tells_issuer = script.tells_issuer;
            format!(
                r#"{{"authorization_response_iss_parameter_supported":{tells_issuer},"issuer":"{base}/{TENANT}/v2.0","jwks_uri":"{base}/{TENANT}/discovery/v2.0/keys","token_endpoint":"{base}/{TENANT}/oauth2/v2.0/token","authorization_endpoint":"{base}/{TENANT}/oauth2/v2.0/authorize"}}"#
            )
        } else if target.contains("/keys") {
            script.keys.clone()
        } else if target.contains("/token") {
            script.asked = Some(arrived);
            script.token.clone()
        } else {
            panic!("unexpected: {target}")
        }
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice());
}
