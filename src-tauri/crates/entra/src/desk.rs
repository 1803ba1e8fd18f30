//! What the loopback listener says to those who knock. One desk serves one wait; the sockets are the catcher's.
//!
//! The invariants: one request per connection, within limits of time and size; only the exact path with the attempt's
//! own `state` is an answer, and it is handed over when its own connection has had its page.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::{FuturesUnordered, StreamExt};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{ACCEPT_LANGUAGE, ALLOW, CONTENT_TYPE, HOST, HeaderValue, UPGRADE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use secrecy::SecretString;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use url::Url;
use zeroize::Zeroizing;

use crate::pages::{self, Language};
use crate::{Answer, Attempt, CallbackFault, CatcherEvent, StateFault, callback};

/// Per request, from its first byte to the last one of the answer.
const REQUEST_TIME: Duration = Duration::from_secs(10);
const LARGEST_HEADER: usize = 16 * 1024;
const LARGEST_BODY: usize = 64 * 1024;
/// At the limit the oldest connection makes room: slow ones cannot keep the true answer out.
const CONNECTIONS: usize = 32;
/// What the clean path adds to the redirect's own.
const CLEAN: &str = "received";

/// Whose answer is awaited.
pub(crate) struct Waiting<'a> {
    pub(crate) attempt: &'a mut Attempt,
    pub(crate) sign_in: &'a Url,
    pub(crate) on_event: &'a mut (dyn FnMut(CatcherEvent) + Send),
}

/// The answer that was accepted, and the `state` by which it is known when it comes again.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    /// With the connection that brought it: it is handed over when that one has had its page.
    pub(crate) answer: Mutex<Option<(u64, Answer)>>,
    state: Mutex<Option<SecretString>>,
}

/// What the connections of one wait share.
pub(crate) struct Desk<'a> {
    path: String,
    clean: String,
    names: [String; 3],
    port: u16,
    waiting: Mutex<Option<Waiting<'a>>>,
    accepted: &'a Accepted,
    /// The connection to which the clean page was shown.
    shown: Mutex<Option<u64>>,
}

/// A panic elsewhere cannot leave these values half-changed.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Serves connections until one of them, by its end, leaves a result.
pub(crate) async fn serve<T>(
    listeners: &[TcpListener],
    desk: &Desk<'_>,
    result: impl Fn(u64) -> Option<T>,
) -> T {
    let mut connections = FuturesUnordered::new();
    let mut open: BTreeMap<u64, AbortHandle> = BTreeMap::new();
    let mut number = 0_u64;
    loop {
        tokio::select! {
            accepted = accept(listeners) => match accepted {
                Ok(stream) => {
                    if open.len() >= CONNECTIONS && let Some((_, oldest)) = open.pop_first() {
                        oldest.abort();
                    }
                    number += 1;
                    let (handle, registration) = AbortHandle::new_pair();
                    open.insert(number, handle);
                    let connection = Abortable::new(desk.connection(number, stream), registration);
                    connections.push(async move {
                        // An evicted connection has nothing to say any more.
                        let _ = connection.await;
                        number
                    });
                }
                // One connection that died in the queue, or no file handles left: neither ends the wait.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(ended) = connections.next(), if !connections.is_empty() => {
                open.remove(&ended);
                if let Some(result) = result(ended) {
                    return result;
                }
            }
        }
    }
}

/// The next connection of any listener.
async fn accept(listeners: &[TcpListener]) -> io::Result<TcpStream> {
    std::future::poll_fn(|context| {
        for listener in listeners {
            if let Poll::Ready(accepted) = listener.poll_accept(context) {
                return Poll::Ready(accepted.map(|(stream, _)| stream));
            }
        }
        Poll::Pending
    })
    .await
}

impl<'a> Desk<'a> {
    pub(crate) fn new(path: &str, port: u16, accepted: &'a Accepted, waiting: Option<Waiting<'a>>) -> Self {
        Self {
            path: path.to_owned(),
            clean: format!("{}/{CLEAN}", path.trim_end_matches('/')),
            names: ["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}")),
            port,
            waiting: Mutex::new(waiting),
            accepted,
            shown: Mutex::new(None),
        }
    }
}

impl Desk<'_> {
    /// One connection, one request.
    fn connection(&self, number: u64, stream: TcpStream) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            // Too slow, cut or malformed: the connection ends, the wait goes on.
            let _ = timeout(REQUEST_TIME, self.converse(number, stream)).await;
        })
    }

    async fn converse(&self, number: u64, mut stream: TcpStream) {
        let first = match opening(&mut stream).await {
            Ok(Opening::Tls) => return self.tell(CatcherEvent::TlsSpoken),
            Ok(Opening::Http2) => return self.tell(CatcherEvent::Http2Spoken),
            Ok(Opening::Other(first)) => first,
            Err(_) => return,
        };
        let (read, write) = stream.into_split();
        let stream = tokio::io::join(io::Cursor::new(first).chain(read), write);
        let service = service_fn(|request| async move {
            Ok::<_, std::convert::Infallible>(self.answer(number, request).await)
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(REQUEST_TIME)
            .max_header_size(LARGEST_HEADER)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), service);
        // What the browser did not send to its end is no answer.
        let _ = connection.await;
    }

    async fn answer(&self, number: u64, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !self.is_for_us(&request) {
            return pages::bare(StatusCode::MISDIRECTED_REQUEST);
        }
        let language = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let language = Language::preferred(language);
        if asks_for_a_web_socket(&request) {
            self.tell(CatcherEvent::WebSocketAsked);
            return pages::not_an_answer(language);
        }
        let get = request.method() == Method::GET;
        let path = request.uri().path();
        let asks = request.uri().query().is_some_and(|query| query.contains('='));

        if get && path == self.clean {
            *locked(&self.shown) = Some(number);
            return pages::received(language);
        }
        // Without parameters even a redirect path of `/` is only somebody who looks for the way back.
        if get && path == "/" && !(self.path == "/" && asks) {
            return match &*locked(&self.waiting) {
                Some(waiting) => pages::to_sign_in(waiting.sign_in),
                None => pages::bare(StatusCode::NOT_FOUND),
            };
        }
        if path != self.path {
            return pages::bare(StatusCode::NOT_FOUND);
        }
        // A browser that fetches ahead shows nobody the page. It is told to come again when a person does.
        if fetches_ahead(&request) {
            return pages::bare(StatusCode::SERVICE_UNAVAILABLE);
        }
        self.tell(CatcherEvent::Contact);
        if get {
            let query = request.uri().query().unwrap_or_default();
            return self.decide(number, query.as_bytes(), language);
        }
        if request.method() != Method::POST {
            let mut refusal = pages::bare(StatusCode::METHOD_NOT_ALLOWED);
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
            return refusal;
        }
        if !is_form(&request) {
            return pages::bare(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        match Limited::new(request.into_body(), LARGEST_BODY).collect().await {
            Ok(body) => self.decide(number, &Zeroizing::new(body.to_bytes().to_vec()), language),
            Err(_) => pages::bare(StatusCode::PAYLOAD_TOO_LARGE),
        }
    }

    /// Compares what came with what is awaited.
    fn decide(&self, number: u64, form: &[u8], language: Language) -> Response<Full<Bytes>> {
        let outcome = match &mut *locked(&self.waiting) {
            Some(waiting) => callback::read(form, waiting.attempt).inspect(|_| {
                *locked(&self.accepted.state) = Some(waiting.attempt.state().clone());
            }),
            None => Err(match &*locked(&self.accepted.state) {
                Some(state) => callback::again(form, state),
                None => CallbackFault::State(StateFault::Wrong),
            }),
        };
        match outcome {
            Ok(answer) => {
                *locked(&self.accepted.answer) = Some((number, answer));
                pages::onwards(StatusCode::SEE_OTHER, &self.clean)
            }
            Err(fault) => {
                self.tell(CatcherEvent::NotAnAnswer(fault));
                match fault {
                    // Reloaded, or gone back to: the very sign-in that was received.
                    CallbackFault::State(StateFault::Spent) => pages::received_before(language),
                    CallbackFault::State(StateFault::Wrong | StateFault::Expired)
                    | CallbackFault::NotAnAddress
                    | CallbackFault::OtherAddress
                    | CallbackFault::Duplicate(_)
                    | CallbackFault::Malformed(_)
                    | CallbackFault::NoState
                    | CallbackFault::NoAnswer
                    | CallbackFault::NoIssuer
                    | CallbackFault::ForeignIssuer => pages::not_an_answer(language),
                }
            }
        }
    }

    pub(crate) fn shown_to(&self, ended: u64) -> bool {
        *locked(&self.shown) == Some(ended)
    }

    pub(crate) fn answer_of(&self, ended: u64) -> Option<Answer> {
        locked(&self.accepted.answer).take_if(|(number, _)| *number == ended).map(|(_, answer)| answer)
    }

    /// The request names this listener: a page elsewhere whose name was bent to loopback does not.
    fn is_for_us(&self, request: &Request<Incoming>) -> bool {
        let mut hosts = request.headers().get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        let Ok(host) = host.to_str() else { return false };
        let named = |name: &String| name.eq_ignore_ascii_case(host);
        // Port 80 is left out by browsers.
        let bare = |name: &String| {
            self.port == 80 && name.strip_suffix(":80").is_some_and(|name| name.eq_ignore_ascii_case(host))
        };
        self.names.iter().any(|name| named(name) || bare(name))
    }

    fn tell(&self, event: CatcherEvent) {
        tracing::debug!(?event, "loopback listener");
        if let Some(waiting) = &mut *locked(&self.waiting) {
            (waiting.on_event)(event);
        }
    }
}

/// What a connection begins with.
enum Opening {
    /// A TLS handshake record (RFC 8446, 5.1).
    Tls,
    /// HTTP/2 with prior knowledge (RFC 9113, 3.4).
    Http2,
    /// Anything else, perhaps HTTP/1: the bytes read so far.
    Other(Vec<u8>),
}

/// Reads no more than it takes to tell them apart.
async fn opening(stream: &mut TcpStream) -> io::Result<Opening> {
    const PREFACE: &[u8] = b"PRI";
    let mut first = Vec::with_capacity(PREFACE.len());
    loop {
        let byte = stream.read_u8().await?;
        if first.is_empty() && byte == 0x16 {
            return Ok(Opening::Tls);
        }
        first.push(byte);
        if first == PREFACE {
            return Ok(Opening::Http2);
        }
        if !PREFACE.starts_with(&first) {
            return Ok(Opening::Other(first));
        }
    }
}

fn asks_for_a_web_socket(request: &Request<Incoming>) -> bool {
    let mut upgrades = request.headers().get_all(UPGRADE).iter();
    upgrades.any(|value| value.as_bytes().to_ascii_lowercase().windows(9).any(|word| word == b"websocket"))
}

/// How browsers mark what nobody has asked for yet: `Sec-Purpose` (Fetch), and its two elders.
fn fetches_ahead(request: &Request<Incoming>) -> bool {
    ["sec-purpose", "purpose", "x-moz"].iter().any(|name| {
        request
            .headers()
            .get(*name)
            .is_some_and(|value| value.as_bytes().to_ascii_lowercase().starts_with(b"prefetch"))
    })
}

fn is_form(request: &Request<Incoming>) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
