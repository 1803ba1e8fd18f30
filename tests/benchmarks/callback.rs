//! From the browser's callback to the token request, and until the listener is ready. Goals: 5 ms and 100 ms.
//!
//! `cargo bench -p tests --bench callback` prints median, 99th percentile and worst beside the machine's load; it never
//! fails for being slow. The other side is a server with TLS on loopback that refuses the code, since nothing after the
//! request is measured. It answers once over connections that it keeps, as Entra does, and once over one for each
//! request, so that what a handshake costs is seen.

#![expect(clippy::print_stdout, reason = "what a benchmark is for")]
#![expect(clippy::unwrap_used, reason = "a benchmark whose stage cannot be set ends at once")]

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use entra::{Catcher, RedirectUri};
use onboarding::browser::Opened;
use onboarding::contract::{
    AddCustomer, BrowserChoice, Catcher as Way, ConsentRequest, Problem, Progress, RegistrationInput,
    SecretInput,
};
use onboarding::{Engine, Host, OpenOptions, Unlock, paste_slot};
use tokio::sync::mpsc;

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const APP: &str = "aaaaaaaa-2222-3333-4444-555555555555";
const REDIRECT: &str = "http://localhost/SiemMsspConnector";
const ROUNDS: usize = 200;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        println!("load before: {}", load());
        line("listener ready", listening().await);
        for (name, kept) in
            [("callback to token request, connection kept", true), ("the same, connection closed", false)]
        {
            line(name, redeeming(kept).await);
        }
        println!("load after: {}", load());
    });
    // The server's threads end with the process.
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg")
        .map_or_else(|_| "not told".to_owned(), |text| text.trim().to_owned())
}

fn line(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("{name:<44} median {:>10.3?}  p99 {:>10.3?}  worst {:>10.3?}", at(50), at(99), at(100));
}

async fn listening() -> Vec<Duration> {
    let registered = RedirectUri::parse(REDIRECT).unwrap();
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let catcher = Catcher::bind(&registered).await.unwrap();
        times.push(began.elapsed());
        drop(catcher);
    }
    times
}

async fn redeeming(kept: bool) -> Vec<Duration> {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), kept);
    let engine = Engine::open(OpenOptions {
        folder: folder.path().join("data"),
        unlock: Unlock::SessionOnly,
        cloud_file: Some(server.cloud_file.clone()),
    })
    .await
    .unwrap();
    engine.add_customer(customer()).await.unwrap();
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        times.push(once(&engine, &server).await);
    }
    times
}

async fn once(engine: &Engine, server: &Server) -> Duration {
    let (opened, mut pages) = mpsc::unbounded_channel();
    let host = Person(opened);
    let (_slot, pastes) = paste_slot();
    let request = ConsentRequest {
        customer: "Contoso".to_owned(),
        catcher: Way::Browser,
        open: true,
        browser: None,
        timeout_seconds: 60,
    };
    let person = async {
        let page: url::Url = pages.recv().await.unwrap().parse().unwrap();
        let parameter = |name: &str| page.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        let back = format!("{}?code=a-code&state={}", parameter("redirect_uri"), parameter("state"));
        // A browser is another process: it does not stand in the way of what is measured.
        tokio::task::spawn_blocking(move || visit(&back)).await.unwrap()
    };
    let (refused, called) = tokio::join!(engine.consent(request, pastes, &host), person);
    assert!(refused.is_err(), "the server refuses every code");
    server.asked.lock().unwrap().take().unwrap().duration_since(called)
}

/// Calls back, and says when.
fn visit(address: &str) -> Instant {
    let url: url::Url = address.parse().unwrap();
    let port = url.port().unwrap();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let target = &url[url::Position::BeforePath..];
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    let called = Instant::now();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    called
}

struct Person(mpsc::UnboundedSender<String>);

impl Host for Person {
    fn open_browser(&self, address: &str, _: &BrowserChoice) -> Result<Opened, Problem> {
        let _ = self.0.send(address.to_owned());
        Ok(Opened::default())
    }

    fn progress(&self, _: Progress) {}
}

fn customer() -> AddCustomer {
    AddCustomer {
        name: "Contoso".to_owned(),
        tenant: TENANT.to_owned(),
        cloud: None,
        region: None,
        connector: None,
        source: None,
        grant: None,
        registration: Some(RegistrationInput {
            client_id: APP.to_owned(),
            home_tenant: None,
            redirect_uri: None,
            secret: Some(SecretInput::new("Hq7~abcdefghijklmnopqrstuvwxyz0123".to_owned().into())),
            secret_expires: None,
        }),
    }
}

/// Discovery, and a token endpoint that refuses and notes when it was asked.
struct Server {
    cloud_file: PathBuf,
    asked: Arc<Mutex<Option<Instant>>>,
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "files of a benchmark's own stage")]
    fn start(folder: &Path, kept: bool) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let base = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        std::fs::write(folder.join("ca.pem"), own.cert.pem()).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let names = ["login", "graph", "defender", "xdr", "portal"];
        let lines = names.map(|name| format!("{name} = \"{base}\"\n")).concat();
        let siem = ["eu", "us", "uk"].map(|region| format!("{region} = \"{base}\"\n")).concat();
        let cloud_file = folder.join("cloud.toml");
        let text = format!("name = \"stage\"\n{lines}ca_file = \"ca.pem\"\n\n[siem]\n{siem}");
        std::fs::write(&cloud_file, text).unwrap();
        let asked = Arc::<Mutex<Option<Instant>>>::default();
        let (config, noted) = (Arc::new(config), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, noted, base) = (Arc::clone(&config), Arc::clone(&noted), base.clone());
                std::thread::spawn(move || serve(stream, config, &noted, &base, kept));
            }
        });
        Self { cloud_file, asked }
    }
}

fn serve(
    stream: TcpStream,
    config: Arc<rustls::ServerConfig>,
    asked: &Mutex<Option<Instant>>,
    base: &str,
    kept: bool,
) {
    let Ok(session) = rustls::ServerConnection::new(config) else { return };
    let _ = stream.set_nodelay(true);
    let mut stream = rustls::StreamOwned::new(session, stream);
    let mut request = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let Ok(read @ 1..) = stream.read(&mut piece) else { return };
        let arrived = Instant::now();
        request.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        if body.len() < length.unwrap_or(0) {
            continue;
        }
        let (status, answer) = if head.starts_with("POST") {
            *asked.lock().unwrap() = Some(arrived);
            (
                "400 Bad Request",
                r#"{"error":"invalid_grant","error_description":"AADSTS70008: expired"}"#.to_owned(),
            )
        } else {
            let document = format!(
                r#"{{"issuer":"{base}/{TENANT}/v2.0","jwks_uri":"{base}/{TENANT}/discovery/v2.0/keys","token_endpoint":"{base}/{TENANT}/oauth2/v2.0/token"}}"#
            );
            ("200 OK", document)
        };
        let connection = if kept { "keep-alive" } else { "close" };
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: {connection}\r\n\r\n{answer}",
            answer.len()
        );
        if stream.write_all(answer.as_bytes()).and_then(|()| stream.flush()).is_err() || !kept {
            stream.conn.send_close_notify();
            let _ = stream.flush();
            return;
        }
        request.clear();
    }
}
