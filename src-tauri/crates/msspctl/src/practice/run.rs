//! The whole job against the practice tenant, with a scripted person in front of the browser.

use std::path::{Path, PathBuf};
use std::time::Instant;

use catalog::{GrantKind, Region, SourceId};
use connectors::ConnectorId;
use onboarding::browser::Opened;
use onboarding::contract::{
    AddCustomer, AuthorisationRequest, BrowserChoice, Catcher, ConsentRequest, CustomerView,
    DestinationQuery, ExportRequest, Problem, ProblemCode, Progress, RegistrationInput,
};
use onboarding::{Engine, Host, OpenOptions, Unlock};
use practice_tenant::visitor::Visitor;
use practice_tenant::{Announcement, Options};
use serde::Serialize;
use tokio::sync::mpsc;

use super::RunArgs;
use crate::commands::folder_text;
use crate::failure::Failure;
use crate::output::{Output, Page};
use crate::progress::Voice;
use crate::secret_input;
use crate::texts::Text;

/// How long the sign-in and the alert source may take, in seconds. Both are on this computer.
const WAIT: u32 = 60;
/// The customer's name.
const CUSTOMER: &str = "Practice customer";

/// What the run shows.
#[derive(Serialize)]
struct Rehearsal {
    folder: String,
    source: SourceId,
    grant: GrantKind,
    customer: CustomerView,
    connectors: Vec<Proven>,
    /// Alerts of the last proof.
    alerts: u64,
    steps: Vec<Lap>,
}

/// One connector's files and their proof.
#[derive(Serialize)]
struct Proven {
    connector: ConnectorId,
    folder: String,
    files: Vec<String>,
    alerts: u64,
    bytes: u64,
}

/// One step and the time it took.
#[derive(Serialize)]
struct Lap {
    step: LapName,
    #[serde(skip_serializing_if = "Option::is_none")]
    connector: Option<ConnectorId>,
    milliseconds: u64,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum LapName {
    Tenant,
    Customer,
    Register,
    Consent,
    Authorise,
    Export,
    Verify,
}

impl LapName {
    const fn text(self) -> Text {
        match self {
            Self::Tenant => Text::RunTenant,
            Self::Customer => Text::RunCustomer,
            Self::Register => Text::RunRegister,
            Self::Consent => Text::RunConsent,
            Self::Authorise => Text::RunAuthorise,
            Self::Export => Text::RunExport,
            Self::Verify => Text::RunVerify,
        }
    }
}

/// The stopwatch.
struct Laps {
    since: Instant,
    all: Vec<Lap>,
}

impl Laps {
    fn lap(&mut self, step: LapName, connector: Option<ConnectorId>) {
        let milliseconds = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.all.push(Lap { step, connector, milliseconds });
        self.since = Instant::now();
    }
}

/// The host of a rehearsal: pages go to the scripted person instead of a browser.
struct Stage<'a> {
    /// Of what is written into files.
    language: &'static str,
    voice: Voice<'a>,
    pages: mpsc::UnboundedSender<String>,
}

impl Host for Stage<'_> {
    fn open_browser(&self, address: &str, _: &BrowserChoice) -> Result<Opened, Problem> {
        self.pages.send(address.to_owned()).map_err(|_| Problem::new(ProblemCode::NoBrowser))?;
        Ok(Opened::default())
    }

    fn progress(&self, progress: Progress) {
        self.voice.progress(progress);
    }
}

/// Goes the whole way.
///
/// # Errors
///
/// Whatever the step that failed says.
pub(crate) async fn run(args: &RunArgs, output: &Output) -> Result<(), Failure> {
    let mut laps = Laps { since: Instant::now(), all: Vec::new() };
    let out = out_folder(args.out.as_deref())?;
    let tenant = super::tenant(Options { tls: true, alerts: args.alerts, ..Options::default() }).await?;
    let told = tenant.announcement();
    let engine = Engine::open(OpenOptions {
        // In the tenant's own folder, so that they go together, even after the process was killed.
        folder: told.cloud_file.with_file_name("vault"),
        unlock: Unlock::SessionOnly,
        cloud_file: Some(told.cloud_file.clone()),
    })
    .await?;
    let visitor = Visitor::new(told).map_err(|error| person(&error))?;
    laps.lap(LapName::Tenant, None);

    let customer = engine.add_customer(new_customer(args, told)?).await?;
    laps.lap(LapName::Customer, None);
    engine.check_registration(&customer.id).await?;
    laps.lap(LapName::Register, None);

    let (pages, opened) = mpsc::unbounded_channel();
    let stage = Stage { language: output.prose().language().tag(), voice: Voice::new(output), pages };
    consent(&engine, &customer, &stage, opened, &visitor, told).await?;
    laps.lap(LapName::Consent, None);

    let portal = engine.portal_step(&customer.id).await?;
    if portal.needed {
        let provider = portal.tenant_id.as_deref().unwrap_or(&told.provider_tenant);
        visitor
            .authorize_application(&portal.url, &portal.application_id, provider)
            .await
            .map_err(|error| person(&error))?;
    }
    engine
        .authorise(AuthorisationRequest { customer: customer.id.clone(), wait_seconds: WAIT }, &stage)
        .await?;
    laps.lap(LapName::Authorise, None);

    let mut connectors = Vec::new();
    for connector in possible(&engine, &customer)? {
        connectors.push(prove(&engine, &customer, connector, &out, told, &stage, &mut laps).await?);
    }
    drop(stage);
    let rehearsal = Rehearsal {
        folder: folder_text(&out)?,
        source: customer.source,
        grant: customer.grant,
        customer: engine.customer(&customer.id).await?,
        alerts: connectors.last().map_or(0, |proven| proven.alerts),
        connectors,
        steps: laps.all,
    };
    // Its vault is closed before the folder goes.
    drop(engine);
    tenant.stop().await;
    output.result(&rehearsal, |prose| {
        let mut page = Page::default();
        page.line(prose.text(Text::PracticeDone));
        let steps: Vec<Vec<String>> = rehearsal
            .steps
            .iter()
            .map(|lap| {
                let connector = lap.connector.map_or("", |connector| connector.as_str());
                let time = format!("{} {}", lap.milliseconds, prose.text(Text::Milliseconds));
                vec![format!("  ✓ {}", prose.text(lap.step.text())), time, connector.to_owned()]
            })
            .collect();
        page.table(&["", "", ""], &steps);
        page.facts(&[
            (prose.text(Text::Source), rehearsal.source.to_string()),
            (prose.text(Text::Grant), rehearsal.grant.to_string()),
        ]);
        page.line(&format!("{}: {}", prose.text(Text::PracticeKept), rehearsal.folder));
        for proven in &rehearsal.connectors {
            let alerts = format!("{} {}", proven.alerts, prose.text(Text::Alerts));
            page.line(&format!("  {}: {alerts}; {}", proven.connector.as_str(), proven.files.join(", ")));
        }
        page
    })
}

fn new_customer(args: &RunArgs, told: &Announcement) -> Result<AddCustomer, Problem> {
    Ok(AddCustomer {
        name: CUSTOMER.to_owned(),
        tenant: told.customer_domain.clone(),
        cloud: None,
        // Where the practice customer's legacy data lives.
        region: (args.source == Some(SourceId::SiemDetections)).then_some(Region::Eu),
        connector: None,
        source: args.source,
        grant: args.grant,
        registration: Some(RegistrationInput {
            client_id: told.client_id.clone(),
            home_tenant: Some(told.provider_tenant.clone()),
            redirect_uri: None,
            secret: Some(secret_input::read(Path::new(&told.client_secret_file))?),
            secret_expires: None,
        }),
    })
}

/// Consent, while the scripted person visits each page that is opened.
async fn consent(
    engine: &Engine,
    customer: &CustomerView,
    stage: &Stage<'_>,
    mut opened: mpsc::UnboundedReceiver<String>,
    visitor: &Visitor,
    told: &Announcement,
) -> Result<(), Problem> {
    let admin =
        told.users.iter().find(|user| user.role == "admin").map(|user| user.name.as_str()).ok_or_else(
            || Problem::new(ProblemCode::Internal).with("reason", "the practice tenant has no administrator"),
        )?;
    let request = ConsentRequest {
        customer: customer.id.clone(),
        catcher: Catcher::Browser,
        open: true,
        browser: None,
        timeout_seconds: WAIT,
    };
    let visits = async {
        while let Some(page) = opened.recv().await {
            if let Err(error) = visitor.sign_in_and_consent(&page, admin).await {
                return person(&error);
            }
        }
        std::future::pending().await
    };
    let (_slot, pastes) = onboarding::paste_slot();
    tokio::select! {
        result = engine.consent(request, pastes, stage) => result.map(|_| ()),
        problem = visits => Err(problem),
    }
}

/// Connectors that can carry the customer's source and grant.
fn possible(engine: &Engine, customer: &CustomerView) -> Result<Vec<ConnectorId>, Problem> {
    let query = |connector| DestinationQuery {
        cloud: None,
        connector,
        source: Some(customer.source),
        grant: Some(customer.grant),
    };
    let mut possible = Vec::new();
    for view in engine.propose(&query(None))?.connectors {
        if engine.propose(&query(Some(view.id)))?.possible {
            possible.push(view.id);
        }
    }
    Ok(possible)
}

async fn prove(
    engine: &Engine,
    customer: &CustomerView,
    connector: ConnectorId,
    out: &Path,
    told: &Announcement,
    stage: &Stage<'_>,
    laps: &mut Laps,
) -> Result<Proven, Problem> {
    let folder = out.join(connector.as_str());
    let request = ExportRequest {
        customer: customer.id.clone(),
        connector,
        folder: folder_text(&folder)?,
        overwrite: is_rehearsed(&folder, told),
        language: Some(stage.language.to_owned()),
    };
    let written = engine.export(request, stage).await?;
    laps.lap(LapName::Export, Some(connector));
    let proof = engine.verify(&customer.id, &written.folder, stage).await?;
    laps.lap(LapName::Verify, Some(connector));
    Ok(Proven {
        connector,
        folder: written.folder,
        files: written.files.into_iter().map(|file| file.name).collect(),
        alerts: proof.pull.alerts,
        bytes: proof.pull.bytes,
    })
}

/// Whether a folder holds the files of an earlier rehearsal. Only those are replaced without being asked to.
fn is_rehearsed(folder: &Path, told: &Announcement) -> bool {
    std::fs::read_to_string(folder.join("manifest.json"))
        .is_ok_and(|manifest| manifest.contains(&told.customer_tenant))
}

fn out_folder(given: Option<&Path>) -> Result<PathBuf, Problem> {
    match given {
        Some(folder) => std::path::absolute(folder).map_err(|error| trouble(folder, &error)),
        None => vault::files::temporary_folder("msspctl-practice-")
            .map(tempfile::TempDir::keep)
            .map_err(|error| trouble(&std::env::temp_dir(), &error)),
    }
}

fn person(error: &(dyn std::error::Error + 'static)) -> Problem {
    Problem::new(ProblemCode::Internal)
        .with("reason", "the scripted person did not get through the practice pages")
        .caused_by(error)
}

fn trouble(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(ProblemCode::FileTrouble)
        .with("path", path.display().to_string())
        .with("reason", error.to_string())
}
