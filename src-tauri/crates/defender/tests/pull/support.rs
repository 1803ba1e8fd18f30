//! A server of alerts that says exactly what a test wrote down, and keeps what it was asked.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use catalog::SourceId;
use defender::{Patience, PullError, PullRequest, PullSummary, Query, RawAlert, TokenSource, pull};
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Path and query as sent.
    pub(crate) target: String,
    /// The query, decoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) authorization: String,
}

impl Asked {
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

type Answer = Box<dyn Fn(&Asked) -> Response<Body> + Send>;

struct Book {
    script: VecDeque<Answer>,
    /// Answers whatever the script does not.
    always: Option<Answer>,
    asked: Vec<Asked>,
}

pub(crate) struct Server {
    pub(crate) origin: Url,
    book: Arc<Mutex<Book>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Answers in this order, and everything else with a 418 that no test expects.
    pub(crate) async fn of(script: Vec<Response<Body>>) -> Self {
        let script = script.into_iter().map(|answer| {
            let answer = Mutex::new(Some(answer));
            Box::new(move |_: &Asked| answer.lock().unwrap().take().unwrap()) as Answer
        });
        Self::start(Book { script: script.collect(), always: None, asked: Vec::new() }).await
    }

    /// Answers by rule.
    pub(crate) async fn by(answer: impl Fn(&Asked) -> Response<Body> + Send + 'static) -> Self {
        Self::start(Book { script: VecDeque::new(), always: Some(Box::new(answer)), asked: Vec::new() }).await
    }

    async fn start(book: Book) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let book = Arc::new(Mutex::new(book));
        let router = Router::new().fallback(serve).with_state(Arc::clone(&book));
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self { origin, book, task }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.book.lock().unwrap().asked.clone()
    }

    pub(crate) fn at(&self, path: &str) -> Url {
        self.origin.join(path).unwrap()
    }
}

async fn serve(State(book): State<Arc<Mutex<Book>>>, request: Request) -> Response<Body> {
    let query = request.uri().query().unwrap_or_default();
    let authorization =
        request.headers().get("authorization").and_then(|it| it.to_str().ok()).unwrap_or_default();
    let asked = Asked {
        target: request.uri().to_string(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        authorization: authorization.to_owned(),
    };
    let mut book = book.lock().unwrap();
    book.asked.push(asked.clone());
    match book.script.pop_front() {
        Some(answer) => answer(&asked),
        None => book.always.as_ref().map_or_else(|| with(418, "unexpected"), |answer| answer(&asked)),
    }
}

/// A JSON answer.
pub(crate) fn json(body: impl Into<Body>) -> Response<Body> {
    Response::builder().header("content-type", "application/json").body(body.into()).unwrap()
}

/// An answer with a status.
pub(crate) fn with(status: u16, body: impl Into<Body>) -> Response<Body> {
    Response::builder().status(StatusCode::from_u16(status).unwrap()).body(body.into()).unwrap()
}

/// The same with one more header.
pub(crate) fn header(mut answer: Response<Body>, name: &'static str, value: &str) -> Response<Body> {
    answer.headers_mut().insert(name, value.parse().unwrap());
    answer
}

/// A server that writes each of these answers to one connection, byte for byte, and hangs up.
pub(crate) async fn hanging_up(answers: Vec<String>) -> (Url, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}/api/alerts", listener.local_addr().unwrap()).parse().unwrap();
    let task = tokio::spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(socket.read_u8().await.unwrap());
            }
            socket.write_all(answer.as_bytes()).await.unwrap();
            socket.shutdown().await.unwrap();
        }
    });
    (origin, task)
}

/// An answer that promises `promised` bytes and brings this body.
pub(crate) fn promising(promised: usize, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {promised}\r\n\r\n{body}")
}

/// Tokens `token-1`, `token-2`, …: a new one whenever the last was refused.
pub(crate) struct Tokens {
    renewals: AtomicU32,
}

impl Tokens {
    pub(crate) const fn new() -> Self {
        Self { renewals: AtomicU32::new(0) }
    }

    pub(crate) fn renewals(&self) -> u32 {
        self.renewals.load(Ordering::SeqCst)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct CallerError(pub(crate) &'static str);

impl TokenSource for Tokens {
    type Error = CallerError;

    async fn bearer(&self, rejected: bool) -> Result<SecretString, CallerError> {
        let renewals = self.renewals.fetch_add(u32::from(rejected), Ordering::SeqCst) + u32::from(rejected);
        Ok(SecretString::from(format!("token-{}", renewals + 1)))
    }
}

pub(crate) fn client() -> reqwest::Client {
    // The second and later calls find the provider installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "a test's own client, to loopback only")]
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

pub(crate) fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

pub(crate) fn request(source: SourceId, address: Url, query: Query) -> PullRequest {
    let patience = Patience {
        answer: Duration::from_secs(20),
        silence: Duration::from_secs(20),
        retries: 2,
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(50),
    };
    PullRequest { patience, ..PullRequest::new(source, address, query, now()) }
}

pub(crate) type Pulled = Result<PullSummary, PullError<CallerError>>;

/// Pulls, and gives the alerts as they were sent.
pub(crate) async fn run(request: &PullRequest) -> (Vec<String>, Pulled) {
    run_with(request, &Tokens::new()).await
}

pub(crate) async fn run_with(request: &PullRequest, tokens: &Tokens) -> (Vec<String>, Pulled) {
    let mut alerts = Vec::new();
    let summary = pull(&client(), request, tokens, |alert: &RawAlert<'_>| {
        alerts.push(alert.json.to_owned());
        Ok(())
    })
    .await;
    (alerts, summary)
}

/// A time of the practice day, `seconds` after ten o'clock, with Graph's seven digits.
pub(crate) fn at(seconds: u32) -> String {
    format!("2026-11-20T10:{:02}:{:02}.1234567Z", seconds / 60, seconds % 60)
}
