//! One sign-in under way: what the app asked, and how far the person has come.

use std::fmt::Write as _;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::directory::{Authority, House};
use crate::html;
use crate::ledger::{Challenge, Identity};
use crate::parameters::{Parameters, encode};
use crate::permission::Ask;
use crate::redirect;

use super::refusal::{Refusal, Trace};

/// The two generations of Entra's endpoints.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Version {
    V1,
    V2,
}

/// How the answer travels to the app.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ResponseMode {
    Query,
    Fragment,
    FormPost,
}

/// Where the answer goes.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    /// As the request spelled it, or the registration's first address.
    pub(crate) address: String,
    pub(crate) mode: ResponseMode,
    pub(crate) state: Option<String>,
}

/// What the app is after.
#[derive(Clone, Debug)]
pub(crate) enum Purpose {
    /// A code for a signed-in person.
    SignIn {
        redirect_uri: Option<String>,
        challenge: Option<Challenge>,
        nonce: Option<String>,
        /// `prompt=consent`: show the page whatever was consented before.
        always_consent: bool,
        /// `prompt=admin_consent` of v1: consent for everybody.
        for_everybody: bool,
        /// The client wants `client_info`.
        client_info: bool,
    },
    /// An administrator's consent for the whole tenant; the scope is echoed by v2.
    AdminConsent { scope: Option<String> },
}

/// How far the person has come.
#[derive(Clone, Debug)]
pub(crate) enum Stage {
    /// The sign-in page is open.
    SigningIn,
    /// Signed in; the consent page is open.
    Consenting(Identity),
    /// Signed in; the page that says that an administrator is needed is open.
    NeedsAdmin,
}

/// One sign-in under way.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) version: Version,
    pub(crate) authority: Authority,
    /// The tenant part of the address, echoed into the forms' addresses.
    pub(crate) segment: String,
    pub(crate) destination: Destination,
    pub(crate) ask: Ask,
    pub(crate) purpose: Purpose,
    pub(crate) login_hint: Option<String>,
    pub(crate) stage: Stage,
}

impl Flow {
    /// The tenant that the address named, if it named one.
    pub(crate) fn named_house(&self) -> Option<House> {
        match self.authority {
            Authority::Tenant(house) => Some(house),
            Authority::Common | Authority::Organizations => None,
        }
    }
}

impl ResponseMode {
    /// Reads `response_mode`; absent means query, as it does for codes.
    pub(crate) fn read(parameters: &Parameters) -> Option<Self> {
        match parameters.get("response_mode") {
            None | Some("query") => Some(Self::Query),
            Some("fragment") => Some(Self::Fragment),
            Some("form_post") => Some(Self::FormPost),
            Some(_) => None,
        }
    }
}

impl Destination {
    /// Sends the person's browser back to the app with these parameters, and the state.
    pub(crate) fn answer(&self, pairs: &[(&str, &str)]) -> Response {
        let mut pairs = pairs.to_vec();
        if let Some(state) = &self.state {
            pairs.push(("state", state));
        }
        let separator = match self.mode {
            ResponseMode::Query => '?',
            ResponseMode::Fragment => '#',
            ResponseMode::FormPost => return self.form(&pairs),
        };
        let address = redirect::with_parameters(&self.address, separator, &encode(&pairs));
        let Ok(location) = HeaderValue::from_str(&address) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let mut response = StatusCode::FOUND.into_response();
        let headers = response.headers_mut();
        headers.insert(header::LOCATION, location);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        response
    }

    /// `form_post`: Entra posts the form by script; here a button does, so that it works without.
    fn form(&self, pairs: &[(&str, &str)]) -> Response {
        let mut fields = String::new();
        for (name, value) in pairs {
            let (name, value) = (html::escape(name), html::escape(value));
            let _ = write!(fields, "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        }
        let body = format!(
            "<p>Signed in. One more step takes you back to the app.</p>\n\
             <form method=\"post\" action=\"{}\" id=\"form_post\">{fields}<button id=\"idBtn_Continue\">Continue</button></form>",
            html::escape(&self.address)
        );
        html::page(StatusCode::OK, "Back to the app", &body, redirect::origin(&self.address).as_deref())
    }

    /// Sends the browser back with an error, in Entra's words.
    pub(crate) fn refuse(&self, refusal: &Refusal, trace: &Trace, login: &str) -> Response {
        let description = refusal.description(trace);
        let uri = refusal.uri(login);
        let mut pairs = vec![("error", refusal.error)];
        if let Some(subcode) = refusal.subcode {
            pairs.push(("error_subcode", subcode));
        }
        pairs.extend([("error_description", description.as_str()), ("error_uri", uri.as_str())]);
        self.answer(&pairs)
    }
}
