//! The four services that hand out alerts, and the shape of each one's errors.
//!
//! Shapes: Graph's is Microsoft Graph's error resource; Defender's and Defender XDR's is that of `common-errors.md`, whose
//! `target` is a tracking id; the exporter's is that of its web framework.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use uuid::Uuid;

use crate::permission::Api;
use crate::world::World;

use super::bearer::BadToken;

/// A service that hands out alerts.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Surface {
    Graph,
    Defender,
    Xdr,
    Exporter,
}

/// Why a request is not answered with alerts.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// Seconds.
    pub(crate) retry_after: Option<u64>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// A token that a service does not accept, in its words.
    pub(crate) fn token(surface: Surface, bad: BadToken) -> Self {
        let (code, message) = match surface {
            Surface::Graph => (
                "InvalidAuthenticationToken",
                match bad {
                    BadToken::Missing => "Access token is empty.",
                    BadToken::Malformed => "CompactToken parsing failed or the signature is invalid.",
                    BadToken::Expired => "Lifetime validation failed, the token is expired.",
                    BadToken::NotYet => "Lifetime validation failed, the token is not yet valid.",
                    BadToken::Audience => "Access token validation failure. Invalid audience.",
                },
            ),
            Surface::Defender | Surface::Xdr => (
                "Unauthorized",
                match bad {
                    BadToken::Missing => "No authorization header was sent, or it is not a bearer token.",
                    BadToken::Malformed => {
                        "The authorization token cannot be read or its signature is invalid."
                    }
                    BadToken::Expired => "The authorization token has expired.",
                    BadToken::NotYet => "The authorization token is not valid yet.",
                    BadToken::Audience => "The authorization token is for another audience.",
                },
            ),
            Surface::Exporter => ("", "Authorization has been denied for this request."),
        };
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    /// Too many requests, with the seconds to wait.
    pub(crate) fn throttled(seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "TooManyRequests",
                "Too many requests. Wait before you try again.",
            )
        }
    }
}

impl Surface {
    /// Whose address this is; Graph's for every address of Graph.
    pub(crate) fn of(path: &str) -> Self {
        match path.split('/').nth(1) {
            Some("graph") => Self::Graph,
            Some("defender") => Self::Defender,
            Some("xdr") => Self::Xdr,
            _ => Self::Exporter,
        }
    }

    pub(crate) const fn api(self) -> Api {
        match self {
            Self::Graph => Api::Graph,
            Self::Defender => Api::Defender,
            Self::Xdr => Api::Xdr,
            Self::Exporter => Api::DirectoryGraph,
        }
    }

    /// An error as this service writes it.
    pub(crate) fn refuse(self, world: &World, headers: &HeaderMap, refusal: Refusal) -> Response {
        let Refusal { status, code, message, retry_after } = refusal;
        let request = Uuid::new_v4();
        let mut response = match self {
            Self::Graph => {
                let client = client_request_id(headers, request);
                let body = json!({
                    "error": {
                        "code": code,
                        "message": message,
                        "innerError": {
                            "date": world.now().strftime("%Y-%m-%dT%H:%M:%S").to_string(),
                            "request-id": request,
                            "client-request-id": client,
                        },
                    },
                });
                let mut response = (status, Json(body)).into_response();
                mark_graph(&mut response, request, &client);
                response
            }
            Self::Defender | Self::Xdr => {
                let target = format!("|{}.{}.", request.simple(), &Uuid::new_v4().simple().to_string()[..8]);
                let body = json!({ "error": { "code": code, "message": message, "target": target } });
                (status, Json(body)).into_response()
            }
            Self::Exporter => (status, Json(json!({ "Message": message }))).into_response(),
        };
        if status == StatusCode::UNAUTHORIZED {
            self.challenge(world, &mut response);
        }
        if let Some(seconds) = retry_after {
            set(&mut response, header::RETRY_AFTER, &seconds.to_string());
        }
        response
    }

    fn challenge(self, world: &World, response: &mut Response) {
        let login = &world.addresses.login;
        let challenge = match self {
            Self::Graph => format!(
                "Bearer realm=\"\", authorization_uri=\"{login}/common/oauth2/authorize\", client_id=\"{}\"",
                Api::Graph.app_id()
            ),
            Self::Defender | Self::Xdr => {
                format!(
                    "Bearer authorization_uri=\"{login}/common/oauth2/authorize\", error=\"invalid_token\""
                )
            }
            Self::Exporter => "Bearer".to_owned(),
        };
        set(response, header::WWW_AUTHENTICATE, &challenge);
    }
}

/// Sets a header, unless its value cannot be one.
pub(super) fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// The request id that a client chose, or ours.
pub(super) fn client_request_id(headers: &HeaderMap, otherwise: Uuid) -> String {
    headers
        .get("client-request-id")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| Uuid::try_parse(text.trim()).ok())
        .unwrap_or(otherwise)
        .to_string()
}

/// What every answer of Graph carries.
pub(super) fn mark_graph(response: &mut Response, request: Uuid, client: &str) {
    set(response, HeaderName::from_static("request-id"), &request.to_string());
    set(response, HeaderName::from_static("client-request-id"), client);
    set(response, header::CACHE_CONTROL, "no-cache");
    set(response, HeaderName::from_static("odata-version"), "4.0");
}
