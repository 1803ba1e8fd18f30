//! A server that says what it was told to say, once each, in order, and refuses everything else.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

/// What is said next, and to whom.
pub(crate) struct Line {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Line {
    pub(crate) fn json(method: &'static str, path: &str, status: u16, body: impl std::fmt::Display) -> Self {
        Self { method, path: path.to_owned(), status, headers: Vec::new(), body: format!("{body}") }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) form: Vec<(String, String)>,
    pub(crate) content_type: Option<String>,
}

impl Asked {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.form.iter().filter(|(key, _)| key == name);
        let value = values.next();
        assert!(values.next().is_none(), "{name} stands there twice");
        value.map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Script {
    lines: VecDeque<Line>,
    asked: Vec<Asked>,
    unexpected: Vec<String>,
}

/// The server.
pub(crate) struct Stage {
    pub(crate) base: Url,
    script: Arc<Mutex<Script>>,
    task: JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stage {
    pub(crate) async fn open(lines: impl IntoIterator<Item = Line>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let lines = lines.into_iter().collect();
        let script = Arc::new(Mutex::new(Script { lines, ..Script::default() }));
        let task = tokio::spawn(serve(listener, Arc::clone(&script)));
        Self { base, script, task }
    }

    /// Says more, once the address is known.
    pub(crate) fn add(&self, line: Line) {
        self.script.lock().unwrap().lines.push_back(line);
    }

    /// What was asked, after everything was said.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        let script = self.script.lock().unwrap();
        assert!(script.unexpected.is_empty(), "unexpected: {:?}", script.unexpected);
        assert!(script.lines.is_empty(), "{} lines were not asked for", script.lines.len());
        script.asked.clone()
    }
}

async fn serve(listener: TcpListener, script: Arc<Mutex<Script>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let script = Arc::clone(&script);
        tokio::spawn(async move {
            let service = service_fn(|request| say(request, &script));
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn say(
    request: Request<hyper::body::Incoming>,
    script: &Mutex<Script>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut script = script.lock().unwrap();
    let fits = |line: &Line| head.method == line.method && head.uri.path() == line.path;
    let next = if script.lines.front().is_some_and(fits) { script.lines.pop_front() } else { None };
    let Some(line) = next else {
        script.unexpected.push(format!("{} {}", head.method, head.uri));
        return Ok(Response::builder().status(500).body(Full::default()).unwrap());
    };
    script.asked.push(Asked {
        form: url::form_urlencoded::parse(&body).into_owned().collect(),
        content_type: head
            .headers
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
    });
    let mut response = Response::builder().status(line.status);
    for (name, value) in &line.headers {
        response = response.header(*name, value);
    }
    Ok(response.body(Full::new(Bytes::from(line.body))).unwrap())
}

/// A client as the product builds it: nothing is followed, no proxy.
#[expect(clippy::disallowed_methods, reason = "a test's own client, for loopback")]
pub(crate) fn client() -> entra::Http {
    // Whoever is second finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(std::time::Duration::from_secs(20))
        .build()
        .unwrap();
    entra::Http::new(client)
}
