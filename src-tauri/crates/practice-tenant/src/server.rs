//! The listeners: 127.0.0.1 and, where the machine has it, `::1` on the same port; HTTP/1.1, with or without TLS.
//!
//! Invariants: loopback only; a request whose `Host` is another name is refused, so that no web page reaches the server
//! through a name that it rebinds; dropping [`Server`] ends the listeners and all connections.

use std::fmt::Write as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::scenario::Scenario;
use crate::stranger::Stranger;
use crate::world::World;
use crate::{api, entra, html, portal};

/// A client that has not sent its request by then is let go; also the limit of a TLS handshake.
const PATIENCE: Duration = Duration::from_secs(30);
/// Free ports tried until one is free on both addresses.
const ATTEMPTS: usize = 16;

/// Bound sockets, not yet serving.
pub(crate) struct Sockets {
    listeners: Vec<TcpListener>,
    pub(crate) port: u16,
}

impl Sockets {
    /// Binds the port, or a free one.
    pub(crate) async fn bind(port: Option<u16>) -> io::Result<Self> {
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            let v4 = TcpListener::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port.unwrap_or(0)))
                .await?;
            let bound = v4.local_addr()?.port();
            match TcpListener::bind(SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), bound)).await {
                Ok(v6) => return Ok(Self { listeners: vec![v4, v6], port: bound }),
                // Somebody else has the port on ::1, where `localhost` may lead: another port, or the truth.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    if port.is_some() || left == 0 {
                        return Err(error);
                    }
                }
                // No IPv6 on this machine.
                Err(_) => return Ok(Self { listeners: vec![v4], port: bound }),
            }
        }
    }
}

/// The serving tasks.
pub(crate) struct Server {
    tasks: JoinSet<()>,
}

impl Server {
    pub(crate) fn start(
        sockets: Sockets,
        tls: Option<Arc<rustls::ServerConfig>>,
        world: &Arc<World>,
    ) -> Self {
        let acceptor = tls.map(TlsAcceptor::from);
        let service = router(world);
        let mut tasks = JoinSet::new();
        for listener in sockets.listeners {
            tasks.spawn(accept(listener, acceptor.clone(), service.clone()));
        }
        Self { tasks }
    }

    /// Ends everything and waits until the ports are free.
    pub(crate) async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, service: Router) {
    // Owned by this task: when it is dropped, so are the connections.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    connections.spawn(connection(stream, acceptor.clone(), service.clone()));
                }
                Err(error) => {
                    // Out of descriptors, most likely; the next moment may be better.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, service: Router) {
    match acceptor {
        None => serve(stream, service).await,
        Some(acceptor) => match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => serve(stream, service).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, service: Router) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn router(world: &Arc<World>) -> Router {
    Router::new()
        .merge(entra::routes())
        .merge(api::routes(world))
        .merge(portal::routes())
        .route(html::STYLE_PATH, get(|| async { html::style() }))
        .route(
            "/stranger",
            get(|State(world): State<Arc<World>>| async move {
                let Stranger { address, .. } = &world.stranger;
                Json(json!({ "address": address, "visits": world.stranger.visits() }))
            }),
        )
        .route("/", get(|State(world): State<Arc<World>>| async move { front(&world) }))
        .layer(middleware::from_fn_with_state(Arc::clone(world), around))
        .with_state(Arc::clone(world))
}

/// What every request meets: the check of `Host`, and Microsoft's clock on the answer.
async fn around(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    if !is_for_us(&request) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    // The query is left out: it carries codes.
    tracing::debug!(%method, path, status = response.status().as_u16(), "answered");
    if world.has(Scenario::ClockSkew) {
        let date = world.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if let Ok(date) = HeaderValue::from_str(&date) {
            response.headers_mut().insert(header::DATE, date);
        }
    }
    response
}

fn is_for_us(request: &Request) -> bool {
    let host =
        request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).or(request.uri().host());
    let Some(host) = host else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1" || name == "[::1]"
}

fn front(world: &World) -> Response {
    let mut items = String::new();
    for scenario in world.in_force.list() {
        let _ = write!(items, "<li><code>{scenario}</code>: {}</li>", html::escape(scenario.sentence()));
    }
    let scenarios = if items.is_empty() {
        "<p>No scenario is in force.</p>".to_owned()
    } else {
        format!("<ul>{items}</ul>")
    };
    let body = format!(
        "<p>Sign-in, alert APIs and portal of an invented provider and customer.</p>\n<h2>Scenarios</h2>\n{scenarios}\n\
         <p><a href=\"/portal?tid={}\">Portal</a></p>",
        world.directory.tenant_id(crate::directory::House::Customer)
    );
    html::page(StatusCode::OK, "Practice tenant", &body, None)
}
