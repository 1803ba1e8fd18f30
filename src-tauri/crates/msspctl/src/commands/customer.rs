//! `msspctl customer`: add, list, show, edit, forget. `import` has a room of its own.

use std::path::{Path, PathBuf};

use catalog::{GrantKind, Region, SourceId};
use clap::{Args, Subcommand};
use connectors::ConnectorId;
use jiff::civil::Date;
use onboarding::Engine;
use onboarding::contract::{
    AddCustomer, CustomerView, EditCustomer, OnboardOldFiles, Problem, ProblemCode, RegistrationInput,
    SecretInput,
};
use serde::Serialize;

use super::{import, view};
use crate::args;
use crate::failure::Failure;
use crate::output::{Output, Page};
use crate::secret_input;
use crate::texts::Text;

/// What to do with customers.
#[derive(Subcommand)]
pub(crate) enum CustomerCommand {
    Add(AddArgs),
    /// List all customers
    List,
    /// Show everything known of a customer, secrets excepted
    Show(OneArgs),
    Edit(EditArgs),
    /// Forget a customer and its sealed secrets
    ///
    /// Files that were written for it stay where they are, and so does what was granted in Microsoft Entra.
    Forget(OneArgs),
    Import(import::ImportArgs),
}

/// Names one customer.
#[derive(Args)]
pub(crate) struct OneArgs {
    /// Name or id of the customer
    customer: String,
}

/// Add a customer; its tenant is looked up first.
#[derive(Args)]
#[command(after_long_help = "\
Without --source and --grant the product proposes them: the current alert source, and the grant that the \
connector can carry. The app can be given later with `customer edit`; `register` shows how to make one.

Examples:
  msspctl customer add Contoso --tenant contoso.example
  msspctl customer add Contoso --tenant contoso.example --client-id APPLICATION_ID \\
          --home-tenant provider.example --secret-file secret.txt
  print-secret | msspctl customer add Contoso --tenant contoso.example \\
          --client-id APPLICATION_ID --secret-file -
  msspctl customer add Contoso --from-files /opt/arcsight/current/user/agent/flexagent")]
pub(crate) struct AddArgs {
    /// Name of the customer, for people; also in reports
    name: String,
    /// The customer's tenant: its id (GUID) or one of its domains
    #[arg(long, value_name = "T", required_unless_present = "from_files")]
    tenant: Option<String>,
    /// Old connector files, or their folder: what is not given here is taken from them
    ///
    /// ArcSight's WDATP-connector files and Splunk's inputs and accounts. The secret and the lasting sign-in in them
    /// go into the vault; a sign-in that Microsoft still takes proves consent. `customer import PATH --check` shows
    /// what is in them.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    from_files: Vec<PathBuf>,
    /// Which one, where the files hold several configurations: 1 for the first
    #[arg(long, value_name = "N", requires = "from_files", value_parser = clap::value_parser!(u32).range(1..))]
    pick: Option<u32>,
    /// The customer's cloud: commercial, gcc, gcc-high, dod, china, or the name in the cloud file
    #[arg(long, value_name = "C")]
    cloud: Option<String>,
    #[command(flatten)]
    destination: DestinationArgs,
    #[command(flatten)]
    app: AppArgs,
}

/// Change a customer; what is not named stays as it is.
#[derive(Args)]
#[command(after_long_help = "\
Another source, grant or app asks for consent again. A new secret alone does not.

Examples:
  msspctl customer edit Contoso --client-id APPLICATION_ID --secret-file secret.txt
  msspctl customer edit Contoso --secret-file new-secret.txt --secret-expires 2028-11-20")]
pub(crate) struct EditArgs {
    /// Name or id of the customer
    customer: String,
    /// New name
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    destination: DestinationArgs,
    #[command(flatten)]
    app: AppArgs,
}

/// Where alerts come from and go to.
#[derive(Args)]
struct DestinationArgs {
    /// Region of the legacy alert source (siem-detections)
    #[arg(long, value_name = "R", value_parser = args::region())]
    region: Option<Region>,
    /// Alert source
    #[arg(long, value_name = "S", value_parser = args::source())]
    source: Option<SourceId>,
    /// How access is had: a person's lasting sign-in, or the app alone
    #[arg(long, value_name = "G", value_parser = args::grant())]
    grant: Option<GrantKind>,
    /// The SIEM's connector
    #[arg(long, value_name = "ID", value_parser = args::connector())]
    connector: Option<ConnectorId>,
}

/// The app registration.
#[derive(Args)]
struct AppArgs {
    /// Application (client) id of the app registration
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// The provider's own tenant, where the app is registered: id or domain
    #[arg(long, value_name = "T")]
    home_tenant: Option<String>,
    /// Redirect address as it is registered; the product's own when absent
    #[arg(long, value_name = "URI")]
    redirect_uri: Option<String>,
    /// File with the client secret's value, `-` for standard input; it is sealed in the vault
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The day on which the secret ends, as the portal shows it: 2028-11-20
    #[arg(long, value_name = "DATE")]
    secret_expires: Option<Date>,
}

/// What `forget` reports.
#[derive(Serialize)]
struct Forgotten {
    forgotten: CustomerView,
}

impl CustomerCommand {
    /// The option that reads standard input, if one does.
    pub(crate) fn reads_standard_input(&self) -> Option<&'static str> {
        let secret = match self {
            Self::Add(args) => args.app.secret_file.as_deref(),
            Self::Edit(args) => args.app.secret_file.as_deref(),
            Self::List | Self::Show(_) | Self::Forget(_) | Self::Import(_) => None,
        };
        secret.filter(|path| secret_input::is_standard_input(path)).map(|_| "--secret-file")
    }
}

/// Does what is asked.
///
/// # Errors
///
/// Whatever the engine says.
pub(crate) async fn run(command: &CustomerCommand, engine: &Engine, output: &Output) -> Result<(), Failure> {
    match command {
        CustomerCommand::Add(args) => add(args, engine, output).await,
        CustomerCommand::List => list(engine, output).await,
        CustomerCommand::Show(args) => show(&engine.customer(&args.customer).await?, output),
        CustomerCommand::Edit(args) => edit(args, engine, output).await,
        CustomerCommand::Import(args) => import::run(args, engine, output).await,
        CustomerCommand::Forget(args) => {
            let forgotten = engine.customer(&args.customer).await?;
            engine.forget_customer(&forgotten.id).await?;
            output.result(&Forgotten { forgotten }, |prose| {
                let mut page = Page::default();
                page.line(prose.text(Text::Forgotten));
                page
            })
        }
    }
}

async fn add(args: &AddArgs, engine: &Engine, output: &Output) -> Result<(), Failure> {
    let AddArgs { name, tenant, from_files, pick, cloud, destination, app } = args;
    let Some(tenant) = tenant.clone().filter(|_| from_files.is_empty()) else {
        let wish = OnboardOldFiles {
            tenant: tenant.clone(),
            cloud: cloud.clone(),
            region: destination.region,
            connector: destination.connector,
            source: destination.source,
            grant: destination.grant,
            client_id: app.client_id.clone(),
            home_tenant: app.home_tenant.clone(),
            redirect_uri: app.redirect_uri.clone(),
            secret: app.secret()?,
            secret_expires: app.secret_expires,
            ..import::plain_wish("", 0, name.clone())
        };
        return import::add(from_files, *pick, wish, engine, output).await;
    };
    let request = AddCustomer {
        name: name.clone(),
        tenant,
        cloud: cloud.clone(),
        region: destination.region,
        connector: destination.connector,
        source: destination.source,
        grant: destination.grant,
        registration: app.registration(None)?,
    };
    show(&engine.add_customer(request).await?, output)
}

async fn edit(args: &EditArgs, engine: &Engine, output: &Output) -> Result<(), Failure> {
    let EditArgs { customer, name, destination, app } = args;
    let before = engine.customer(customer).await?;
    let request = EditCustomer {
        name: name.clone(),
        region: destination.region,
        connector: destination.connector,
        source: destination.source,
        grant: destination.grant,
        registration: app.registration(Some(&before))?,
    };
    show(&engine.edit_customer(&before.id, request).await?, output)
}

async fn list(engine: &Engine, output: &Output) -> Result<(), Failure> {
    let customers = engine.customers().await?;
    output.result(&customers, |prose| {
        let mut page = Page::default();
        if customers.is_empty() {
            page.line(prose.text(Text::NoCustomers));
            return page;
        }
        let heading =
            [Text::Name, Text::Tenant, Text::Source, Text::Grant, Text::Next].map(|text| prose.text(text));
        let rows: Vec<Vec<String>> = customers
            .iter()
            .map(|one| {
                vec![
                    one.name.clone(),
                    one.tenant_domain.clone().unwrap_or_else(|| one.tenant_id.clone()),
                    one.source.to_string(),
                    one.grant.to_string(),
                    view::next_step(prose, one),
                ]
            })
            .collect();
        page.table(&heading, &rows);
        page
    })
}

fn show(customer: &CustomerView, output: &Output) -> Result<(), Failure> {
    output.result(customer, |prose| {
        let mut page = Page::default();
        view::customer(&mut page, prose, customer);
        page
    })
}

impl AppArgs {
    /// The secret, from its file.
    fn secret(&self) -> Result<Option<SecretInput>, Problem> {
        self.secret_file.as_deref().map(Path::new).map(secret_input::read).transpose()
    }

    /// The app as given, completed with what is known of it. `None` when nothing was given.
    fn registration(&self, before: Option<&CustomerView>) -> Result<Option<RegistrationInput>, Problem> {
        let Self { client_id, home_tenant, redirect_uri, secret_file, secret_expires } = self;
        let nothing = client_id.is_none()
            && home_tenant.is_none()
            && redirect_uri.is_none()
            && secret_file.is_none()
            && secret_expires.is_none();
        if nothing {
            return Ok(None);
        }
        let known = before.and_then(|view| view.registration.as_ref());
        let client_id =
            client_id.clone().or_else(|| known.map(|known| known.client_id.clone())).ok_or_else(|| {
                Problem::new(ProblemCode::InvalidInput)
                    .with("field", "--client-id")
                    .with("reason", "the other values belong to an app, and no app is known yet")
            })?;
        // Another app has neither the redirect address nor the end date of the one before.
        let same = known.filter(|known| known.client_id.eq_ignore_ascii_case(client_id.trim()));
        let secret = self.secret()?;
        Ok(Some(RegistrationInput {
            client_id,
            home_tenant: home_tenant.clone().or_else(|| known.and_then(|known| known.home_tenant.clone())),
            redirect_uri: redirect_uri.clone().or_else(|| same.map(|known| known.redirect_uri.clone())),
            secret_expires: secret_expires.or_else(|| match secret {
                Some(_) => None,
                None => same.and_then(|known| known.secret_expires),
            }),
            secret,
        }))
    }
}
