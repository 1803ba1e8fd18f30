//! The engine: an open vault, the default cloud, and one lock round the vault.
//!
//! Cheap to clone. Vault calls are short and blocking, so they run beside the asynchronous ones; a request that is
//! dropped half-way leaves the vault as it was or as it should be, never between.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalog::Cloud;
use secrecy::SecretString;
use tokio::task::JoinHandle;
use vault::files::{FileError, NewSet};
use vault::{Customer, Vault, VaultError};

use crate::contract::{Problem, ProblemCode};
use crate::network::Http;
use crate::old_files::Shelf;
use crate::one_run::Chosen;
use crate::problems;
use crate::settings::Settings;
use crate::unfinished::Unfinished;

/// How long a second process waits for the first to let go of the data folder.
const BUSY_WAIT: Duration = Duration::from_secs(2);

/// How the vault is opened.
pub enum Unlock {
    /// With the key in the operating system's keyring.
    Keyring,
    /// With a passphrase, where there is no keyring.
    Passphrase(SecretString),
    /// With a key that dies with this process: nothing sealed can be read afterwards.
    SessionOnly,
}

/// Where the data lies and how it is opened.
pub struct OpenOptions {
    /// The data folder; made when absent.
    pub folder: PathBuf,
    /// How the vault is opened.
    pub unlock: Unlock,
    /// The cloud for new customers, from a file (design 6.2).
    pub cloud_file: Option<PathBuf>,
}

/// Everything that the product can do, for whoever runs it.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    vault: Mutex<Vault>,
    folder: PathBuf,
    file_cloud: Option<Cloud>,
    settings: Mutex<Settings>,
    /// Takes the place of the settings in this run.
    one_run: Mutex<Chosen>,
    /// What was found in old files, secrets included, for a short while.
    shelf: Shelf,
    /// The client that was built last, with the cloud that it is for. Gone when the settings change.
    client: Mutex<Option<(Cloud, Http)>>,
    /// The client that was begun with the start; nothing once it was asked for, or another way was chosen.
    prepared: Mutex<Option<JoinHandle<Option<Prepared>>>>,
    /// Folders into which files are being written.
    unfinished: Mutex<Unfinished>,
}

impl Engine {
    /// Opens the data folder.
    ///
    /// # Errors
    ///
    /// `vault-busy`, `vault-locked`, `vault-key-wrong`, `vault-damaged`, `cloud-file-invalid`, `file-trouble`.
    pub async fn open(options: OpenOptions) -> Result<Self, Problem> {
        let OpenOptions { folder, unlock, cloud_file } = options;
        let file_cloud = match cloud_file {
            Some(path) => {
                Some(Cloud::from_file(&path).map_err(|error| problems::of_cloud_file(&path, &error))?)
            }
            None => None,
        };
        // While the passphrase is made a key, which takes long by design, another processor can prepare what talks to hosts.
        let prepared = matches!(unlock, Unlock::Passphrase(_)).then(|| {
            let (folder, cloud) = (folder.clone(), file_cloud.clone());
            tokio::task::spawn_blocking(move || prepared_client(&folder, cloud))
        });
        let unlock = match unlock {
            Unlock::Keyring => vault::Unlock::Keyring,
            Unlock::Passphrase(passphrase) => vault::Unlock::Passphrase(passphrase),
            Unlock::SessionOnly => vault::Unlock::SessionOnly,
        };
        let vault_folder = folder.clone();
        let (vault, unfinished) = tokio::task::spawn_blocking(move || {
            let vault = Vault::open(&vault_folder, unlock, BUSY_WAIT)?;
            // Only now is this process the only one on this data folder.
            Ok((vault, Unfinished::settle(&vault_folder)))
        })
        .await
        .map_err(|error| problems::of_panic(&error))?
        .map_err(|error| problems::of_vault(&error, &folder))?;
        let settings = Mutex::new(Settings::read(&folder)?);
        tracing::info!(folder = %folder.display(), "vault opened");
        let (vault, client, unfinished) = (Mutex::new(vault), Mutex::new(None), Mutex::new(unfinished));
        let one_run = Mutex::default();
        let shelf = Shelf::default();
        let prepared = Mutex::new(prepared);
        Ok(Self(Arc::new(Inner {
            vault,
            folder,
            file_cloud,
            settings,
            one_run,
            shelf,
            client,
            prepared,
            unfinished,
        })))
    }

    /// The platform's data folder for this product; `MSSP_ONBOARD_DATA` overrides it.
    ///
    /// # Errors
    ///
    /// `file-trouble` when the operating system names no home.
    pub fn default_folder() -> Result<PathBuf, Problem> {
        if let Some(folder) = std::env::var_os("MSSP_ONBOARD_DATA").filter(|folder| !folder.is_empty()) {
            return Ok(folder.into());
        }
        directories::ProjectDirs::from("org", "", "MSSP Onboard")
            .map(|folders| folders.data_local_dir().to_owned())
            .ok_or_else(|| {
                Problem::new(ProblemCode::FileTrouble)
                    .with("path", "data folder")
                    .with("reason", "no-home-folder")
            })
    }

    /// The data folder in use.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// The cloud of that id: the one from the file, or a built-in one.
    pub(crate) fn cloud(&self, id: Option<&str>) -> Result<Cloud, Problem> {
        match (id, &self.0.file_cloud) {
            (None, Some(cloud)) => Ok(cloud.clone()),
            (Some(id), Some(cloud)) if cloud.id == id => Ok(cloud.clone()),
            (id, _) => {
                let id = id.unwrap_or("commercial");
                Cloud::builtin(id).ok_or_else(|| Problem::new(ProblemCode::CloudUnknown).with("cloud", id))
            }
        }
    }

    /// All clouds, the one from the file first.
    pub(crate) fn clouds(&self) -> Vec<Cloud> {
        self.0.file_cloud.iter().chain(Cloud::builtins()).cloned().collect()
    }

    /// Writes a set of files, noted beside the vault until it is done. Blocks.
    pub(crate) fn write_set(&self, folder: &Path, set: &NewSet<'_>) -> Result<(), FileError> {
        let unfinished = || self.0.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        unfinished().begin(folder);
        let written = vault::files::write_set_watched(folder, set, &mut |_| ());
        // What was cut short after it had been decided is left to the next start.
        if !matches!(written, Err(FileError::SetIncomplete { .. })) {
            unfinished().end(folder);
        }
        written
    }

    /// What was found in old files.
    pub(crate) fn shelf(&self) -> &Shelf {
        &self.0.shelf
    }

    /// The settings as they are at this moment.
    pub(crate) fn present_settings(&self) -> Settings {
        self.0.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes on with other settings.
    pub(crate) fn take_settings(&self, settings: Settings) {
        // The settings' lock is held until the old client is gone, so that nobody keeps one of theirs in between.
        let mut present = self.0.settings.lock().unwrap_or_else(PoisonError::into_inner);
        *present = settings;
        *self.0.client.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The way of this run, where one was chosen.
    pub(crate) fn one_run(&self) -> Chosen {
        self.0.one_run.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes another way in this run.
    pub(crate) fn take_one_run(&self, chosen: Chosen) {
        *self.0.one_run.lock().unwrap_or_else(PoisonError::into_inner) = chosen;
        *self.0.prepared.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.0.client.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The client that was begun with the start is kept, as soon as it is there.
    pub(crate) async fn keep_prepared_client(&self) {
        let prepared = self.0.prepared.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(prepared) = prepared else { return };
        if let Ok(Some((cloud, built_with, client))) = prepared.await {
            self.keep_client(&cloud, &built_with, &client);
        }
    }

    /// The client that was built for that cloud, if it was the last one.
    pub(crate) fn kept_client(&self, cloud: &Cloud) -> Option<Http> {
        let kept = self.0.client.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(known, _)| known == cloud).map(|(_, client)| client.clone())
    }

    /// Keeps a client, unless the settings with which it was built are the present ones no more.
    pub(crate) fn keep_client(&self, cloud: &Cloud, built_with: &Settings, client: &Http) {
        let present = self.0.settings.lock().unwrap_or_else(PoisonError::into_inner);
        if *present == *built_with {
            let mut kept = self.0.client.lock().unwrap_or_else(PoisonError::into_inner);
            *kept = Some((cloud.clone(), client.clone()));
        }
    }

    /// Runs a short piece of work on the vault.
    pub(crate) async fn with_vault<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Vault) -> Result<T, VaultError> + Send + 'static,
    {
        self.with_vault_alone(move |vault| work(vault)).await
    }

    /// Runs several calls of the vault as one: all of them happen, or none.
    pub(crate) async fn all_or_nothing<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&Vault) -> Result<T, VaultError> + Send + 'static,
    {
        self.with_vault_alone(move |vault| vault.all_or_nothing(work)).await
    }

    async fn with_vault_alone<T, F>(&self, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: FnOnce(&mut Vault) -> Result<T, VaultError> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            let mut vault = inner.vault.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut vault).map_err(|error| problems::of_vault(&error, &inner.folder))
        })
        .await
        .map_err(|error| problems::of_panic(&error))?
    }

    /// Finds a customer by id or name.
    pub(crate) async fn find(&self, customer: &str) -> Result<Customer, Problem> {
        let wanted = customer.trim().to_owned();
        let found = self
            .with_vault({
                let wanted = wanted.clone();
                move |vault| vault.find(&wanted)
            })
            .await?;
        found.ok_or_else(|| Problem::new(ProblemCode::CustomerUnknown).with("customer", wanted))
    }

    /// Stores a changed customer.
    pub(crate) async fn store(&self, customer: &Customer) -> Result<(), Problem> {
        let customer = customer.clone();
        self.with_vault(move |vault| vault.update(&customer)).await
    }

    /// Writes one line into the journal.
    pub(crate) async fn record(
        &self,
        action: &'static str,
        customer: &str,
        outcome: &str,
    ) -> Result<(), Problem> {
        let (customer, outcome, at) = (customer.to_owned(), outcome.to_owned(), crate::clock::now());
        self.with_vault(move |vault| vault.record(at, action, Some(&customer), &outcome)).await
    }

    /// Journals how a piece of work ended, and hands the result on.
    pub(crate) async fn journalled<T>(
        &self,
        action: &'static str,
        customer: &Customer,
        result: Result<T, Problem>,
    ) -> Result<T, Problem> {
        let outcome = result.as_ref().err().map_or("done", |problem| problem.code.as_str());
        self.record(action, &customer.id, outcome).await?;
        result
    }
}

/// The cloud that a customer remembers.
pub(crate) fn cloud_of(customer: &Customer) -> Result<Cloud, Problem> {
    serde_json::from_value(customer.cloud.clone()).map_err(|error| {
        Problem::new(ProblemCode::VaultDamaged).with("reason", "vault-damaged-customer").caused_by(&error)
    })
}

/// A client, for which cloud, and the settings that it was built with.
type Prepared = (Cloud, Settings, Http);

/// The client that will most probably be wanted. What goes wrong here is told when a client is asked for: then it is built
/// anew.
fn prepared_client(folder: &Path, file_cloud: Option<Cloud>) -> Option<Prepared> {
    let cloud = file_cloud.or_else(|| Cloud::builtin("commercial"))?;
    let settings = Settings::read(folder).ok()?;
    let client = settings.client_without_password(&cloud)?;
    Some((cloud, settings, client))
}
