//! The practice tenant: a faithful simulator of Entra, the five alert sources and the portal, served on loopback.
//!
//! For rehearsals, demonstrations and tests: no network, no account, no licence. It depends on no other crate of this
//! workspace, so that a mistake there is not mirrored here; it is built to Microsoft's published protocol and judged by
//! Microsoft's own client libraries.
//!
//! What it is not: a general identity provider. There are three tenants, three people and one app registration.
//!
//! Invariants: it listens on loopback only; every secret it makes lies in a fresh owner-only folder that is removed with
//! it; it logs no query, no form field and no token. Known differences from Microsoft, all on purpose: the v1 issuer is on
//! the practice tenant's own origin; Conditional Access sends its refusal back to the app at once; the customer's tenant
//! already has the app's service principal, without any permission.

mod alerts;
mod announcement;
mod api;
mod clock;
mod directory;
mod entra;
mod folder;
mod html;
mod in_force;
mod keys;
mod ledger;
mod parameters;
mod permission;
mod portal;
mod random;
mod redirect;
mod scenario;
mod server;
mod stranger;
mod tls;
pub mod visitor;
mod world;

use std::io;
use std::sync::Arc;

use secrecy::ExposeSecret as _;

pub use announcement::{Announcement, Regions, User};
pub use keys::KeyError;
pub use scenario::{Scenario, UnknownScenario};
pub use tls::TlsError;

use announcement::Addresses;
use directory::{Directory, House, REDIRECT_URIS};
use folder::Folder;
use world::World;

/// How a practice tenant starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port; none takes a free one.
    pub port: Option<u16>,
    /// Whether to serve TLS, with a certificate authority of this run's own.
    pub tls: bool,
    /// How many alerts the customer has; at most [`Self::MOST_ALERTS`] of them.
    pub alerts: u64,
    /// The scenarios in force.
    pub scenarios: Vec<Scenario>,
    /// What ids and alerts follow from.
    pub seed: u64,
}

impl Options {
    /// The largest number of alerts.
    pub const MOST_ALERTS: u64 = alerts::MOST;
}

impl Default for Options {
    fn default() -> Self {
        Self { port: None, tls: false, alerts: 25, scenarios: Vec::new(), seed: 1 }
    }
}

/// Why a practice tenant did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port could not be had.
    #[error("listening on loopback port {}", port.map_or_else(|| "(any)".to_owned(), |port| port.to_string()))]
    Listen {
        /// The port that was asked for, if one was.
        port: Option<u16>,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The temporary folder or a file in it could not be written.
    #[error("writing the practice tenant's temporary folder")]
    Folder(#[from] io::Error),
    /// TLS could not be prepared.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The signing key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A running practice tenant. Dropping it stops it and removes its folder.
pub struct PracticeTenant {
    // Before the folder, so that nothing answers any more when the files go.
    server: server::Server,
    world: Arc<World>,
    announcement: Announcement,
    _folder: Folder,
    _stranger: tokio::task::JoinSet<()>,
}

impl std::fmt::Debug for PracticeTenant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PracticeTenant").field("announcement", &self.announcement).finish_non_exhaustive()
    }
}

impl PracticeTenant {
    /// Starts serving, on the runtime that this is called from.
    ///
    /// # Errors
    ///
    /// If the port is taken, the temporary folder cannot be written, or keys cannot be made.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        // Making the signing key takes a good part of a second at the first start in a process.
        let keys = tokio::task::spawn_blocking(keys::Keys::get).await.map_err(io::Error::other)??;
        let sockets = server::Sockets::bind(options.port)
            .await
            .map_err(|source| StartError::Listen { port: options.port, source })?;
        let (tls, ca) =
            if options.tls { tls::prepare().map(|(tls, ca)| (Some(tls), Some(ca)))? } else { (None, None) };

        let scheme = if tls.is_some() { "https" } else { "http" };
        let addresses = Addresses::at(&format!("{scheme}://localhost:{}", sockets.port));
        let directory = Directory::new(options.seed);
        let folder = Folder::new()?;
        let announcement = announce(&folder, &addresses, &directory, ca.as_deref(), &options.scenarios)?;
        let feed = alerts::Feed::new(
            options.seed,
            options.alerts,
            clock::now(),
            directory.tenant_id(House::Customer),
            addresses.portal.clone(),
        );
        let (stranger, stranger_tasks) = stranger::Stranger::start(scheme)
            .await
            .map_err(|source| StartError::Listen { port: None, source })?;
        let world = Arc::new(World::new(addresses, directory, keys, feed, stranger));
        world.in_force.set(&options.scenarios);
        let server = server::Server::start(sockets, tls, &world);
        Ok(Self { server, world, announcement, _folder: folder, _stranger: stranger_tasks })
    }

    /// Addresses, ids and files. Its scenarios are those of the start.
    pub fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    /// Puts other scenarios in force, from the next request on. Faults that are dealt a few times are dealt anew.
    pub fn set_scenarios(&self, scenarios: Vec<Scenario>) {
        self.world.in_force.set(&scenarios);
        drop(scenarios);
    }

    /// How many connections were made to the host that `foreign-next-link` and `foreign-redirect` point to. `GET /stranger`
    /// tells the same over the wire.
    pub fn strangers_visits(&self) -> u64 {
        self.world.stranger.visits()
    }

    /// Stops serving, waits until the port is free, and removes the folder.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

fn announce(
    folder: &Folder,
    addresses: &Addresses,
    directory: &Directory,
    ca: Option<&str>,
    scenarios: &[Scenario],
) -> io::Result<Announcement> {
    const CA_NAME: &str = "practice-ca.pem";
    let ca_file = ca.map(|pem| folder.write(CA_NAME, pem.as_bytes())).transpose()?;
    let cloud = addresses.cloud_file(ca.map(|_| CA_NAME));
    let users = directory
        .people
        .iter()
        .map(|person| {
            let role = person.role.name();
            let password = person.password.expose_secret().as_bytes();
            Ok(User {
                name: person.name.to_owned(),
                password_file: folder.write(&format!("password-{role}.txt"), password)?,
                role: role.to_owned(),
            })
        })
        .collect::<io::Result<_>>()?;
    Ok(Announcement {
        cloud_file: folder.write("practice-cloud.toml", cloud.as_bytes())?,
        ca_file,
        login: addresses.login.clone(),
        graph: addresses.graph.clone(),
        defender: addresses.defender.clone(),
        xdr: addresses.xdr.clone(),
        siem: addresses.siem.clone(),
        portal: addresses.portal.clone(),
        provider_tenant: directory.tenant_id(House::Provider).to_string(),
        customer_tenant: directory.tenant_id(House::Customer).to_string(),
        customer_domain: House::Customer.domains()[0].to_owned(),
        client_id: directory.client_id.to_string(),
        client_secret_file: folder.write("client-secret.txt", directory.secret.expose_secret().as_bytes())?,
        redirect_uris: REDIRECT_URIS.map(str::to_owned).to_vec(),
        users,
        scenarios: Scenario::ALL.iter().copied().filter(|scenario| scenarios.contains(scenario)).collect(),
    })
}
