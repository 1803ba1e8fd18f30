//! `msspctl customer import`, and `customer add --from-files`: customers from a list, and from old connector files.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use onboarding::Engine;
use onboarding::contract::{
    CarriedAccess, ImportLine, ImportList, ImportReport, InspectOldFiles, OldConnector, OldFiles, OldSecret,
    OnboardOldFiles, OnboardedOldFiles, Problem, ProblemCode, SecretInput, StaleItem,
};
use serde::Serialize;

use super::view;
use crate::failure::Failure;
use crate::output::{Output, Page};
use crate::progress::Voice;
use crate::prose::Prose;
use crate::texts::Text;

/// How much of a file tells whether it is a list.
const BEGINNING: u64 = 4096;

/// Import customers from a list (CSV), or from the old connector files of a SIEM.
#[derive(Args)]
#[command(after_long_help = "\
A list has a heading and one customer a line, separated by commas, semicolons or tabs, in UTF-8. Columns:
  name            name of the customer (must be there; may be empty where old_files says it)
  tenant          its tenant: id or domain (must be there unless old_files names it)
  cloud           commercial, gcc, gcc-high, dod, china, or the name in the cloud file
  region          eu, us, uk: region of the legacy alert source
  source          alert source, as in `customer add --source`
  grant           refresh-token or app-only
  connector       the SIEM's connector, as in `customer add --connector`
  client_id       application (client) id of the app registration
  home_tenant     the provider's own tenant, where the app is registered
  redirect_uri    redirect address as it is registered
  secret_file     path of the file that holds the client secret's value
  secret_expires  the day on which the secret ends: 2028-11-20
  old_files       path of the customer's old connector file, or of its folder
Paths are relative to the list. No secret stands in a list: a column for one is refused. Each line is imported \
as a whole or not at all, and the report says why; lines that are refused keep no other from being imported.

Old connector files are WDATP-connector.properties and its field mapping (ArcSight), inputs.conf with \
[rest://…] stanzas, and splunk_ta_ms_security_account.conf with its inputs.conf (Splunk). Folders are searched. \
What is stale in them is told by file and line; the secret and the lasting sign-in go into the vault and are \
never printed. A sign-in that Microsoft still takes proves consent; otherwise consent is the next step.

Examples:
  msspctl customer import customers.csv --check
  msspctl customer import customers.csv
  msspctl customer import /opt/arcsight/current/user/agent/flexagent --check
  msspctl customer import /opt/splunk/etc/apps
  msspctl customer add Contoso --from-files WDATP-connector.properties")]
pub(crate) struct ImportArgs {
    /// The list, or old connector files and folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Look at everything and store nothing; the tenants of a list are looked up
    #[arg(long)]
    check: bool,
}

/// What was found in old files, and what became of it.
#[derive(Serialize)]
struct OldFilesReport {
    check: bool,
    imported: u32,
    refused: u32,
    found: OldFiles,
    customers: Vec<One>,
}

/// One of the customers.
#[derive(Serialize)]
struct One {
    index: u32,
    name: String,
    problem: Option<Problem>,
    onboarded: Option<OnboardedOldFiles>,
}

/// Imports.
///
/// # Errors
///
/// `import-incomplete` when something was refused, and what the engine says.
pub(crate) async fn run(args: &ImportArgs, engine: &Engine, output: &Output) -> Result<(), Failure> {
    match args.paths.as_slice() {
        [list] if is_list(list) => import_list(list, args.check, engine, output).await,
        paths => import_old_files(paths, args.check, engine, output).await,
    }
}

/// Whether a file is a list: by its name, else by its heading.
fn is_list(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    if matches!(extension.as_deref(), Some("csv" | "tsv")) {
        return true;
    }
    let mut beginning = Vec::new();
    let read = std::fs::File::open(path)
        .and_then(
            |file| if file.metadata()?.is_file() { Ok(file) } else { Err(std::io::ErrorKind::Other.into()) },
        )
        .and_then(|file| file.take(BEGINNING).read_to_end(&mut beginning));
    if read.is_err() {
        return false;
    }
    let beginning = String::from_utf8_lossy(&beginning);
    let heading = beginning.trim_start_matches('\u{feff}').lines().next().unwrap_or_default().to_lowercase();
    let columns: Vec<&str> =
        heading.split([',', ';', '\t']).map(|column| column.trim().trim_matches('"')).collect();
    columns.contains(&"name") && (columns.contains(&"tenant") || columns.contains(&"old_files"))
}

async fn import_list(list: &Path, check: bool, engine: &Engine, output: &Output) -> Result<(), Failure> {
    let report = engine.import_list(ImportList { file: list.display().to_string(), check }).await?;
    output.result(&report, |prose| list_page(prose, &report))?;
    incomplete(list, report.imported, report.refused)
}

fn incomplete(file: &Path, imported: u32, refused: u32) -> Result<(), Failure> {
    if refused == 0 {
        return Ok(());
    }
    Err(Problem::new(ProblemCode::ImportIncomplete)
        .with("file", file.display().to_string())
        .with("imported", imported.to_string())
        .with("refused", refused.to_string())
        .into())
}

fn list_page(prose: &Prose, report: &ImportReport) -> Page {
    let mut page = Page::default();
    for line in &report.lines {
        page.line(&list_line(prose, line, report.check));
        if let Some(problem) = &line.problem {
            refusal(&mut page, prose, problem);
        }
        if let Some(access) = line.access {
            page.line(&format!("    {}", access_words(prose, access)));
        }
        if let Some(problem) = &line.access_problem {
            refusal(&mut page, prose, problem);
        }
        notes(&mut page, prose, &line.notes);
    }
    page.line(&totals(prose, report.check, report.imported, report.refused));
    page
}

fn list_line(prose: &Prose, line: &ImportLine, check: bool) -> String {
    let state = match (&line.problem, check) {
        (Some(_), _) => prose.import("import_refused", &[]),
        (None, true) => prose.import("import_would_import", &[]),
        (None, false) => prose.import("import_imported", &[]),
    };
    let number = prose.import("import_line", &[("line", &line.line.to_string())]);
    let tenant = line.tenant_id.as_deref().map(|tenant| format!("  {tenant}")).unwrap_or_default();
    let mark = if line.problem.is_some() { "✗" } else { "✓" };
    format!("{mark} {number}  {}  {state}{tenant}", line.name)
}

fn totals(prose: &Prose, check: bool, imported: u32, refused: u32) -> String {
    let key = if check { "import_report_check" } else { "import_report" };
    prose.import(key, &[("imported", &imported.to_string()), ("refused", &refused.to_string())])
}

/// Why something was refused: the field, the cause and the fix.
fn refusal(page: &mut Page, prose: &Prose, problem: &Problem) {
    let told = prose.explain(problem);
    page.line(&format!("    {}: {}", told.title, told.cause));
    page.line(&format!("    → {}", told.fix));
}

fn access_words(prose: &Prose, access: CarriedAccess) -> String {
    prose.import(&format!("carried_access_{}", access.as_str()), &[])
}

fn notes(page: &mut Page, prose: &Prose, notes: &[String]) {
    for note in notes {
        page.line(&format!("    ! {}", prose.import(&format!("import_note_{note}"), &[])));
    }
}

async fn import_old_files(
    paths: &[PathBuf],
    check: bool,
    engine: &Engine,
    output: &Output,
) -> Result<(), Failure> {
    let found = inspect(paths, engine).await?;
    let mut customers = Vec::new();
    for old in &found.found {
        let outcome = if check {
            lacks_tenant(old).map(|()| None)
        } else {
            let voice = Voice::new(output);
            let request = plain_wish(&found.handle, old.index, old.name.clone());
            Box::pin(engine.onboard_old_files(request, &voice)).await.map(Some)
        };
        let (onboarded, problem) = match outcome {
            Ok(onboarded) => (onboarded, None),
            Err(problem) => (None, Some(problem)),
        };
        customers.push(One { index: old.index, name: old.name.clone(), problem, onboarded });
    }
    engine.forget_old_files(&found.handle);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let bad = customers.iter().filter(|one| one.problem.is_some()).count();
    let imported = count(customers.len() - bad);
    // A file that cannot be read is a customer that is not imported.
    let refused = count(bad + found.problems.len());
    let result = OldFilesReport { check, imported, refused, found, customers };
    output.result(&result, |prose| old_files_page(prose, &result))?;
    incomplete(paths.first().map_or(Path::new(""), PathBuf::as_path), imported, refused)
}

async fn inspect(paths: &[PathBuf], engine: &Engine) -> Result<OldFiles, Problem> {
    let paths = paths.iter().map(|path| path.display().to_string()).collect();
    let found = engine.inspect_old_files(InspectOldFiles { paths }).await?;
    if found.found.is_empty() {
        let nothing = || {
            Problem::new(ProblemCode::InvalidInput).with("field", "PATH").with("reason", "old-files-nothing")
        };
        return Err(found.problems.into_iter().next().unwrap_or_else(nothing));
    }
    Ok(found)
}

fn lacks_tenant(old: &OldConnector) -> Result<(), Problem> {
    match old.tenant {
        Some(_) => Ok(()),
        None => Err(Problem::new(ProblemCode::InvalidInput)
            .with("field", "tenant")
            .with("reason", "old-files-lack-value")),
    }
}

/// A wish for nothing but what the files say.
pub(crate) fn plain_wish(handle: &str, index: u32, name: String) -> OnboardOldFiles {
    OnboardOldFiles {
        handle: handle.to_owned(),
        index,
        name,
        tenant: None,
        cloud: None,
        region: None,
        connector: None,
        source: None,
        grant: None,
        client_id: None,
        home_tenant: None,
        redirect_uri: None,
        secret: None::<SecretInput>,
        secret_expires: None,
    }
}

/// Adds one customer from old files, with what was given on the command line in place of what they say.
///
/// # Errors
///
/// `invalid-input` when the files hold several configurations, and what the engine says.
pub(crate) async fn add(
    paths: &[PathBuf],
    pick: Option<u32>,
    wish: OnboardOldFiles,
    engine: &Engine,
    output: &Output,
) -> Result<(), Failure> {
    let found = inspect(paths, engine).await?;
    let index = match (pick, found.found.as_slice()) {
        (Some(pick), _) => pick.saturating_sub(1),
        (None, [_]) => 0,
        (None, several) => {
            let names: Vec<String> =
                several.iter().map(|one| format!("{}: {}", one.index + 1, one.name)).collect();
            return Err(Problem::new(ProblemCode::InvalidInput)
                .with("field", "--pick")
                .with("reason", "old-files-pick-one")
                .with("choices", names.join(", "))
                .into());
        }
    };
    let request = OnboardOldFiles { handle: found.handle.clone(), index, ..wish };
    let voice = Voice::new(output);
    let onboarded = Box::pin(engine.onboard_old_files(request, &voice)).await?;
    engine.forget_old_files(&found.handle);
    drop(voice);
    output.result(&onboarded, |prose| {
        let mut page = Page::default();
        if let Some(old) = found.found.iter().find(|old| old.index == index) {
            stale(&mut page, prose, &old.stale);
        }
        outcome(&mut page, prose, &onboarded);
        view::customer(&mut page, prose, &onboarded.customer);
        page
    })
}

fn outcome(page: &mut Page, prose: &Prose, onboarded: &OnboardedOldFiles) {
    page.evidence(prose, &onboarded.evidence);
    page.line(&format!("    {}", access_words(prose, onboarded.access)));
    if let Some(problem) = &onboarded.problem {
        refusal(page, prose, problem);
    }
    notes(page, prose, &onboarded.notes);
}

fn old_files_page(prose: &Prose, imported: &OldFilesReport) -> Page {
    let mut page = Page::default();
    for (old, one) in imported.found.found.iter().zip(&imported.customers) {
        found(&mut page, prose, old);
        match (&one.problem, &one.onboarded) {
            (Some(problem), _) => refusal(&mut page, prose, problem),
            (None, Some(onboarded)) => {
                outcome(&mut page, prose, onboarded);
                view::next(&mut page, prose, &onboarded.customer);
            }
            (None, None) => {}
        }
        page.line("");
    }
    for problem in &imported.found.problems {
        refusal(&mut page, prose, problem);
    }
    for left in &imported.found.left_out {
        let heading = prose.import("import_left_out", &[]);
        page.line(&format!("  {heading}: {} ({})", left.path, prose.reason(&left.reason)));
    }
    page.line(&totals(prose, imported.check, imported.imported, imported.refused));
    page
}

/// What one old configuration says. Of its secrets only whether they are there.
fn found(page: &mut Page, prose: &Prose, old: &OldConnector) {
    let kind = prose.import(&format!("found_kind_{}", old.kind), &[]);
    let stanza = old.stanza.as_deref().map(|stanza| format!(" [{stanza}]")).unwrap_or_default();
    page.line(&format!("{}: {}  ({kind}{stanza}, {})", old.index + 1, old.name, old.file));
    let secret = |state: OldSecret| prose.import(&format!("old_secret_{}", state.as_str()), &[]);
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| prose.text(Text::None).to_owned());
    let headings = ["import_secret", "import_sign_in", "import_redirect", "import_machine_groups"]
        .map(|key| prose.import(key, &[]));
    let [secret_heading, sign_in, redirect, groups] = &headings;
    let mut facts = vec![
        (prose.text(Text::Tenant), or_none(&old.tenant)),
        (prose.text(Text::Application), or_none(&old.client_id)),
        (prose.text(Text::Source), old.source.to_string()),
        (prose.text(Text::Grant), old.grant.to_string()),
    ];
    if let Some(cloud) = &old.cloud {
        facts.push((prose.text(Text::Cloud), cloud.clone()));
    }
    if let Some(region) = old.region {
        facts.push((prose.text(Text::Region), region.to_string()));
    }
    facts.push((secret_heading, secret(old.secret)));
    facts.push((sign_in, secret(old.refresh_token)));
    if let Some(uri) = &old.redirect_uri {
        facts.push((redirect, uri.clone()));
    }
    if !old.machine_groups.is_empty() {
        facts.push((groups, old.machine_groups.join(", ")));
    }
    page.facts(&facts);
    if let Some(already) = &old.already {
        page.line(&format!("  ! {}", prose.import("import_already", &[("customer", already)])));
    }
    for missing in &old.missing {
        let what = prose.import(&format!("missing_{missing}"), &[]);
        page.line(&format!("  · {}", prose.import("import_missing_about", &[("what", &what)])));
    }
    for setting in &old.settings {
        let heading = prose.import("import_settings", &[]);
        page.line(&format!(
            "  {heading}: {} = {}  ({}:{})",
            setting.key, setting.value, setting.file, setting.line
        ));
    }
    stale(page, prose, &old.stale);
}

/// What no longer holds: file and line, what stands there and what it becomes, why and what to do.
fn stale(page: &mut Page, prose: &Prose, stale: &[StaleItem]) {
    if stale.is_empty() {
        page.line(&format!("  {}", prose.import("import_stale_none", &[])));
        return;
    }
    page.line(&format!("  {}", prose.import("import_stale", &[])));
    for one in stale {
        let line = one.line.map(|line| format!(":{line}")).unwrap_or_default();
        let change = match (&one.was, &one.becomes) {
            (Some(was), Some(becomes)) => format!("  {was} → {becomes}"),
            (Some(was), None) => format!("  {was}"),
            (None, Some(becomes)) => format!("  → {becomes}"),
            (None, None) => String::new(),
        };
        page.line(&format!("  - {}{line}{change}", one.file));
        let kind = one.kind.as_str();
        let why = prose.import(&format!("stale_{kind}"), &[]);
        page.line(&format!("      {why} {}", prose.import(&format!("stale_{kind}_fix"), &[])));
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "files of a test, which are no secrets")]
mod tests {
    use super::is_list;

    #[test]
    fn a_list_is_known_by_its_name_or_its_heading() {
        let folder = tempfile::tempdir().unwrap();
        let is = |name: &str, text: &str| {
            let file = folder.path().join(name);
            std::fs::write(&file, text).unwrap();
            is_list(&file)
        };
        assert!(is("customers.CSV", ""));
        assert!(is("customers.txt", "\u{feff}\"Name\";Tenant\nContoso;contoso.example\n"));
        assert!(!is("WDATP-connector.properties", "client_id=1\n"));
        assert!(!is("inputs.conf", "[rest://a]\nname = x\n"));
        assert!(!is_list(folder.path()));
    }
}
