//! A stand-in for the person in front of the embedded sign-in window, where no driver reaches: a server in front of the
//! practice tenant's sign-in pages, which puts a script into each page that looks around, reports, and clicks.
//!
//! It keeps what a browser would tell a server: which cookies came with which page. It changes pages only; tokens and
//! keys pass through as they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use practice_tenant::Announcement;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The cookie that each sign-in page sets.
pub const COOKIE: &str = "attempt";

/// A request for a page, as it came.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Method and path, without the query.
    pub what: String,
    /// The `Cookie` header.
    pub cookie: Option<String>,
}

/// The running server.
pub struct Front {
    /// A cloud file whose sign-in is this server, and everything else the practice tenant.
    pub cloud_file: PathBuf,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    visits: Mutex<Vec<Visit>>,
    reports: Mutex<Vec<Value>>,
    script: Mutex<String>,
    attempts: Mutex<u32>,
}

impl Front {
    /// Starts it; `script` runs in each page. It may call `person()`, which clicks as the administrator would, and
    /// `report(value)`.
    ///
    /// # Panics
    ///
    /// When it cannot listen or write.
    #[expect(
        clippy::expect_used,
        clippy::disallowed_methods,
        reason = "test harness: a failure here is a failed test"
    )]
    pub async fn start(told: &Announcement, folder: &Path, script: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let upstream = told.login.clone();
        let host = upstream.strip_prefix("http://").expect("a practice tenant without TLS").to_owned();
        let name = host.split(':').next().unwrap_or_default();
        let port = listener.local_addr().expect("it listens").port();
        let own = format!("http://{name}:{port}");
        let cloud = std::fs::read_to_string(&told.cloud_file).expect("the cloud file");
        let cloud = cloud
            .lines()
            .map(
                |line| if line.starts_with("login") { format!("login = \"{own}\"") } else { line.to_owned() },
            )
            .collect::<Vec<_>>()
            .join("\n");
        let cloud_file = folder.join("front.toml");
        std::fs::write(&cloud_file, cloud).expect("the cloud file is written");
        let admin = told.users.iter().find(|user| user.role == "admin").expect("an administrator");
        let seen = Arc::new(Seen::default());
        let front = Self { cloud_file, seen: Arc::clone(&seen) };
        front.script(script);
        let shared = Arc::new(Shared { host, upstream, own, admin: admin.name.clone(), seen });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    // A browser that hangs up has what it wanted.
                    let _ = shared.serve(stream).await;
                });
            }
        });
        front
    }

    /// From now on this script runs in each page.
    pub fn script(&self, script: &str) {
        script.clone_into(&mut lock(&self.seen.script));
    }

    /// The pages that were asked for, in order.
    pub fn visits(&self) -> Vec<Visit> {
        lock(&self.seen.visits).clone()
    }

    /// What scripts reported, in order.
    pub fn reports(&self) -> Vec<Value> {
        lock(&self.seen.reports).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Shared {
    host: String,
    upstream: String,
    own: String,
    admin: String,
    seen: Arc<Seen>,
}

struct Message {
    first: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

async fn read(stream: &mut TcpStream) -> std::io::Result<Message> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).await?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = Vec::new();
    match headers.get("content-length").and_then(|length| length.parse().ok()) {
        Some(length) => {
            body.resize(length, 0);
            reader.read_exact(&mut body).await?;
        }
        // A request without a length has no body; an answer without one ends with its connection.
        None if first.starts_with("HTTP/") => {
            reader.read_to_end(&mut body).await?;
        }
        None => {}
    }
    Ok(Message { first: first.trim_end().to_owned(), headers, body })
}

impl Shared {
    async fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let request = read(&mut stream).await?;
        let mut words = request.first.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let path = target.split('?').next().unwrap_or_default();
        if path == "/report" {
            lock(&self.seen.reports).extend(serde_json::from_slice(&request.body).ok());
            return stream.write_all(b"HTTP/1.1 204 \r\nConnection: close\r\n\r\n").await;
        }
        let answer = self.ask(method, target, &request).await?;
        let kind = answer.headers.get("content-type").cloned().unwrap_or_default();
        let page = kind.starts_with("text/html");
        let redirects = answer.headers.contains_key("location");
        if page || redirects {
            let cookie = request.headers.get("cookie").cloned();
            lock(&self.seen.visits).push(Visit { what: format!("{method} {path}"), cookie });
        }
        let mut head = format!("{}\r\nConnection: close\r\n", answer.first);
        let mut body = answer.body;
        if page {
            let mut attempts = lock(&self.seen.attempts);
            *attempts += 1;
            head.extend([format!("Set-Cookie: {COOKIE}={attempts}; Path=/; Max-Age=86400\r\n")]);
            let text = String::from_utf8_lossy(&body).replace("</body>", &self.script());
            body = text.into_bytes();
        } else if kind.starts_with("application/json") {
            let mut document: Value = serde_json::from_slice(&body).unwrap_or_default();
            // The issuer stays what the tokens say.
            for (name, value) in document.as_object_mut().into_iter().flatten() {
                if let (true, Some(text)) = (name != "issuer", value.as_str()) {
                    *value = Value::String(text.replace(&self.upstream, &self.own));
                }
            }
            body = document.to_string().into_bytes();
        }
        for name in ["content-type", "location", "date"] {
            if let Some(value) = answer.headers.get(name) {
                head.extend([format!("{name}: {}\r\n", value.replace(&self.upstream, &self.own))]);
            }
        }
        head.extend([format!("Content-Length: {}\r\n\r\n", body.len())]);
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await
    }

    async fn ask(&self, method: &str, target: &str, request: &Message) -> std::io::Result<Message> {
        let mut upstream = TcpStream::connect(&self.host).await?;
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.host);
        for name in ["content-type", "accept", "authorization"] {
            if let Some(value) = request.headers.get(name) {
                head.extend([format!("{name}: {value}\r\n")]);
            }
        }
        head.extend([format!("Content-Length: {}\r\n\r\n", request.body.len())]);
        upstream.write_all(head.as_bytes()).await?;
        upstream.write_all(&request.body).await?;
        let mut answer = read(&mut upstream).await?;
        if answer.headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
            answer.body = unchunked(&answer.body);
        }
        Ok(answer)
    }

    fn script(&self) -> String {
        format!(
            "<script>\nconst report = (value) => fetch('/report', {{ method: 'POST', body: JSON.stringify(value) }});\n\
             const person = () => (document.querySelector('#practice-people button[value=\"{}\"]') ?? \
             document.querySelector('#idBtn_Accept'))?.click();\n\
             const first = document.querySelector('#practice-people') !== null;\n\
             (async () => {{ {} }})();\n</script></body>",
            self.admin,
            lock(&self.seen.script)
        )
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(&String::from_utf8_lossy(&body[..end]), 16).unwrap_or_default();
        let Some(chunk) = body.get(end + 2..end + 2 + size).filter(|chunk| !chunk.is_empty()) else { break };
        whole.extend_from_slice(chunk);
        body = body.get(end + 4 + size..).unwrap_or_default();
    }
    whole
}
