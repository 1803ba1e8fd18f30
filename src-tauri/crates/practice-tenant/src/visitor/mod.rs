//! A scripted person: goes through the practice tenant's pages as somebody with a browser would.
//!
//! It reads pages, fills in forms and follows redirects; it knows no address but the one it is given. It is not a client
//! of the protocol: codes pass through it unread. Invariants: a password is typed into the practice tenant's pages only,
//! and no redirect is followed to anything but the practice tenant and loopback.

mod forms;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use crate::announcement::Announcement;
use forms::{Form, Page};

/// No sign-in takes more pages and redirects than this.
const STEPS: usize = 16;

/// Why a visit did not end where it should.
#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    /// A file of the announcement cannot be read.
    #[error("reading {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The certificate authority cannot be used, or the HTTP library cannot be set up.
    #[error("preparing the visitor's connection: {0}")]
    Trust(String),
    /// The announcement knows nobody of this name.
    #[error("nobody is called {name:?}")]
    UnknownPerson {
        /// The name that was asked for.
        name: String,
    },
    /// An address that cannot be used.
    #[error("not an address: {address:?}")]
    Address {
        /// The address.
        address: String,
    },
    /// The connection failed.
    #[error("fetching a page")]
    Network(#[source] reqwest::Error),
    /// A page says no and offers no way on.
    #[error("the page says no ({status}): {message}")]
    Refused {
        /// The page's HTTP status.
        status: u16,
        /// The page's `AADSTS` number, if it shows one.
        code: Option<u32>,
        /// The page's message.
        message: String,
    },
    /// The pages go round in circles.
    #[error("the pages lead nowhere")]
    Lost,
}

/// What the person does on the consent page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Answer {
    Accept,
    Decline,
}

/// A scripted person with a browser of their own.
pub struct Visitor {
    http: reqwest::Client,
    home: Url,
    people: Vec<(String, SecretString)>,
}

impl std::fmt::Debug for Visitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visitor").field("home", &self.home.as_str()).finish_non_exhaustive()
    }
}

impl Visitor {
    /// A person who knows the announced passwords and trusts the announced certificate authority.
    ///
    /// # Errors
    ///
    /// If a file of the announcement cannot be read or used.
    pub fn new(announcement: &Announcement) -> Result<Self, VisitError> {
        let home = parse(&announcement.login)?;
        let people = announcement
            .users
            .iter()
            .map(|user| Ok((user.name.clone(), SecretString::from(read(&user.password_file)?))))
            .collect::<Result<_, VisitError>>()?;
        let http = browser(announcement.ca_file.as_deref())?;
        Ok(Self { http, home, people })
    }

    /// Opens the address, signs in, accepts, and follows the redirect to the app. Where the app listens on loopback the
    /// result is the address that its answer led to; where it does not, the redirect address itself.
    ///
    /// # Errors
    ///
    /// If a page refuses without a way back to the app, or the connection fails.
    pub async fn sign_in_and_consent(&self, url: &str, user_name: &str) -> Result<Url, VisitError> {
        self.arrive(url, user_name, Answer::Accept).await
    }

    /// The same, but cancels on the consent page.
    ///
    /// # Errors
    ///
    /// As [`Visitor::sign_in_and_consent`].
    pub async fn sign_in_and_decline(&self, url: &str, user_name: &str) -> Result<Url, VisitError> {
        self.arrive(url, user_name, Answer::Decline).await
    }

    /// Signs in and accepts, but stops before the redirect to the app: its address, for pasting.
    ///
    /// # Errors
    ///
    /// As [`Visitor::sign_in_and_consent`].
    pub async fn redirect_address(&self, url: &str, user_name: &str) -> Result<Url, VisitError> {
        match self.visit(url, user_name, Answer::Accept).await? {
            Departure::Get(address) => Ok(address),
            // With form_post there is no address to paste; the closest thing is where the form goes.
            Departure::Post(form) => Ok(form.action),
        }
    }

    /// The same, but cancels on the consent page.
    ///
    /// # Errors
    ///
    /// As [`Visitor::sign_in_and_consent`].
    pub async fn redirect_address_after_declining(
        &self,
        url: &str,
        user_name: &str,
    ) -> Result<Url, VisitError> {
        match self.visit(url, user_name, Answer::Decline).await? {
            Departure::Get(address) => Ok(address),
            Departure::Post(form) => Ok(form.action),
        }
    }

    /// Opens the portal, enters both ids and presses *Authorize application*.
    ///
    /// # Errors
    ///
    /// [`VisitError::Refused`] with the portal's message if it refuses the ids.
    pub async fn authorize_application(
        &self,
        portal_url: &str,
        application_id: &str,
        tenant_id: &str,
    ) -> Result<(), VisitError> {
        let address = self.at_home(portal_url)?;
        let response = self.http.get(address.clone()).send().await.map_err(network)?;
        let (status, page) = read_page(&address, response).await?;
        let Some(form) = page.forms.iter().find(|form| form.has("applicationId")) else {
            return Err(refused(status, &page));
        };
        let mut fields = form.fields();
        fields.retain(|(name, _)| name != "applicationId" && name != "tenantId");
        fields.push(("applicationId".to_owned(), application_id.to_owned()));
        fields.push(("tenantId".to_owned(), tenant_id.to_owned()));
        let action = self.at_home(form.action.as_str())?;
        let response = self.http.post(action.clone()).form(&fields).send().await.map_err(network)?;
        let (status, page) = read_page(&action, response).await?;
        if status.is_success() { Ok(()) } else { Err(refused(status, &page)) }
    }

    async fn arrive(&self, url: &str, user_name: &str, answer: Answer) -> Result<Url, VisitError> {
        let mut response = match self.visit(url, user_name, answer).await? {
            Departure::Get(address) if !is_loopback(&address) => return Ok(address),
            Departure::Post(form) if !is_loopback(&form.action) => return Ok(form.action),
            Departure::Get(address) => self.http.get(address).send().await.map_err(network)?,
            Departure::Post(form) => {
                self.http.post(form.action.clone()).form(&form.fields()).send().await.map_err(network)?
            }
        };
        for _ in 0..STEPS {
            let here = response.url().clone();
            match redirect_of(&here, &response)? {
                Some(next) if is_loopback(&next) => {
                    response = self.http.get(next).send().await.map_err(network)?;
                }
                Some(next) => return Ok(next),
                None => return Ok(here),
            }
        }
        Err(VisitError::Lost)
    }

    /// Goes through the pages until one of them leads away from the practice tenant.
    async fn visit(&self, url: &str, user_name: &str, answer: Answer) -> Result<Departure, VisitError> {
        let (name, password) = self
            .people
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(user_name))
            .ok_or_else(|| VisitError::UnknownPerson { name: user_name.to_owned() })?;
        let mut request = (Method::GET, self.at_home(url)?, Vec::new());
        let mut signed_in = false;
        for _ in 0..STEPS {
            let (method, address, fields) = request;
            let builder = self.http.request(method.clone(), address.clone());
            let builder = if method == Method::POST { builder.form(&fields) } else { builder };
            let response = builder.send().await.map_err(network)?;
            if let Some(next) = redirect_of(&address, &response)? {
                if next.origin() != self.home.origin() {
                    return Ok(Departure::Get(next));
                }
                request = (Method::GET, next, Vec::new());
                continue;
            }
            let (status, page) = read_page(&address, response).await?;
            let Some(form) = page.forms.first() else { return Err(refused(status, &page)) };
            if form.action.origin() != self.home.origin() {
                return Ok(Departure::Post(form.clone()));
            }
            let mut fields = form.fields();
            if form.has("loginfmt") {
                // The sign-in page a second time: it did not like the first.
                if std::mem::replace(&mut signed_in, true) {
                    return Err(refused(status, &page));
                }
                fields.retain(|(name, _)| name != "loginfmt" && name != "passwd");
                fields.push(("loginfmt".to_owned(), name.clone()));
                fields.push(("passwd".to_owned(), password.expose_secret().to_owned()));
            } else {
                let wanted = match answer {
                    Answer::Accept => "idBtn_Accept",
                    Answer::Decline => "idBtn_Back",
                };
                // A page without *Accept* offers the way back only.
                let button = form.button(wanted).or_else(|| form.button("idBtn_Back"));
                fields.extend(button.map(|button| (button.name.clone(), button.value.clone())));
            }
            request = (Method::POST, form.action.clone(), fields);
        }
        Err(VisitError::Lost)
    }

    fn at_home(&self, address: &str) -> Result<Url, VisitError> {
        let url = parse(address)?;
        if url.origin() == self.home.origin() {
            Ok(url)
        } else {
            Err(VisitError::Address { address: without_query(&url) })
        }
    }
}

/// How the person leaves for the app.
enum Departure {
    Get(Url),
    Post(Form),
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person's browser, not the product's client: it trusts this run's authority alone"
)]
fn browser(ca_file: Option<&Path>) -> Result<reqwest::Client, VisitError> {
    let trust = |error: &dyn std::fmt::Display| VisitError::Trust(error.to_string());
    let mut roots = rustls::RootCertStore::empty();
    if let Some(path) = ca_file {
        use rustls::pki_types::pem::PemObject as _;
        let pem = read(path)?;
        for certificate in rustls::pki_types::CertificateDer::pem_slice_iter(pem.as_bytes()) {
            roots.add(certificate.map_err(|error| trust(&error))?).map_err(|error| trust(&error))?;
        }
    }
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| trust(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| trust(&error))
}

fn read(path: &Path) -> Result<String, VisitError> {
    std::fs::read_to_string(path).map_err(|source| VisitError::File { path: path.to_owned(), source })
}

fn parse(address: &str) -> Result<Url, VisitError> {
    Url::parse(address).map_err(|_| VisitError::Address { address: address.to_owned() })
}

/// The address may carry a code; errors do not repeat it.
fn network(error: reqwest::Error) -> VisitError {
    VisitError::Network(error.without_url())
}

fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn redirect_of(here: &Url, response: &reqwest::Response) -> Result<Option<Url>, VisitError> {
    if !response.status().is_redirection() {
        return Ok(None);
    }
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    here.join(location).map(Some).map_err(|_| VisitError::Address { address: without_query(here) })
}

async fn read_page(address: &Url, response: reqwest::Response) -> Result<(StatusCode, Page), VisitError> {
    let status = response.status();
    let html = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("text/html"));
    let text = response.text().await.map_err(network)?;
    let page = if html { Page::read(address, &text) } else { Page { forms: Vec::new(), message: text } };
    Ok((status, page))
}

fn refused(status: StatusCode, page: &Page) -> VisitError {
    let digits = page.message.split("AADSTS").nth(1).unwrap_or_default();
    let end = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    VisitError::Refused {
        status: status.as_u16(),
        code: digits[..end].parse().ok(),
        message: page.message.clone(),
    }
}
