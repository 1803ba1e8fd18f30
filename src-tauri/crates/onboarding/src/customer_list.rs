//! Many customers at once, from a list (CSV). Each line is a customer: all of it is stored, or nothing and the reason.
//!
//! No secret stands in a list: a line names the file that holds it, or the old connector files that do.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::browser::Opened;
use crate::contract::{
    AddCustomer, BrowserChoice, CarriedAccess, CustomerView, ImportLine, ImportList, ImportReport,
    OnboardOldFiles, Problem, ProblemCode, Progress, RegistrationInput, SecretInput,
};
use crate::host::Host;
use crate::old_files::Wish;
use crate::{Engine, problems};

/// The columns of a list. `name` must be there, and `tenant` or `old_files`.
pub const LIST_COLUMNS: &[&str] = &[
    "name",
    "tenant",
    "cloud",
    "region",
    "source",
    "grant",
    "connector",
    "client_id",
    "home_tenant",
    "redirect_uri",
    "secret_file",
    "secret_expires",
    "old_files",
];

/// A list of ten thousand customers has about two megabytes.
const LARGEST: u64 = 16 * 1024 * 1024;
/// No secret is longer; a larger file is a mistake.
const LARGEST_SECRET: u64 = 64 * 1024;
/// Lines whose tenants are asked for at a time.
const AT_A_TIME: usize = 8;

/// One line, as it stands in the list.
struct Line {
    number: u32,
    fields: Vec<(&'static str, String)>,
    /// There are values without a column.
    broken: bool,
}

/// What a line came to.
#[derive(Default)]
struct Outcome {
    tenant_id: Option<String>,
    customer: Option<CustomerView>,
    access: Option<CarriedAccess>,
    access_problem: Option<Problem>,
    notes: Vec<String>,
}

impl Engine {
    /// Onboards the customers of a list, each as [`Engine::add_customer`] or [`Engine::onboard_old_files`] would. A line
    /// that is refused stores nothing and keeps no other from being imported.
    ///
    /// # Errors
    ///
    /// `file-trouble`, and `invalid-input` for a list that cannot be read as one: no single line is imported then.
    pub async fn import_list(&self, request: ImportList) -> Result<ImportReport, Problem> {
        let file = PathBuf::from(request.file.trim());
        let list = file.clone();
        let lines = tokio::task::spawn_blocking(move || read(&list))
            .await
            .map_err(|error| problems::of_panic(&error))??;
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        let twice = named_twice(&lines);
        let work = lines.iter().map(|line| async {
            let name = line.value("name").unwrap_or_default().to_owned();
            let outcome = if twice.contains(&line.number) {
                Err(refused("name", "list-name-twice"))
            } else {
                Box::pin(self.import_line(line, &folder, request.check)).await
            };
            let (outcome, problem) = match outcome {
                Ok(outcome) => (outcome, None),
                Err(problem) => (Outcome::default(), Some(problem)),
            };
            let Outcome { tenant_id, customer, access, access_problem, notes } = outcome;
            ImportLine {
                line: line.number,
                name,
                problem,
                tenant_id,
                customer,
                access,
                access_problem,
                notes,
            }
        });
        let lines: Vec<ImportLine> = futures_util::stream::iter(work).buffered(AT_A_TIME).collect().await;
        let refused = lines.iter().filter(|line| line.problem.is_some()).count();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        tracing::info!(lines = lines.len(), refused, check = request.check, "a list of customers was read");
        Ok(ImportReport {
            check: request.check,
            imported: count(lines.len() - refused),
            refused: count(refused),
            lines,
        })
    }

    async fn import_line(&self, line: &Line, folder: &Path, check: bool) -> Result<Outcome, Problem> {
        if line.broken {
            return Err(refused("line", "list-line-too-long"));
        }
        let mut wish = line.wish(folder)?;
        if let Some(path) = line.value("old_files") {
            let path = folder.join(path).display().to_string();
            let (found, damaged, _) = self.old_files_at(&[path]).await?;
            let old = match found.as_slice() {
                [old] => old,
                [] => {
                    let none = || refused("old_files", "old-files-nothing");
                    return Err(damaged.into_iter().next().unwrap_or_else(none));
                }
                _ => return Err(refused("old_files", "old-files-several")),
            };
            if wish.name.is_empty() {
                wish.name.clone_from(&old.view.name);
            }
            if check {
                let prepared = self.prepare_carrying(old, wish).await?;
                return Ok(Outcome { tenant_id: Some(prepared.new.tenant_id), ..Outcome::default() });
            }
            let carried = self.carry_over(old, wish, &Nobody).await?;
            return Ok(Outcome {
                tenant_id: Some(carried.customer.tenant_id.clone()),
                customer: Some(self.view_of(carried.customer).await?),
                access: Some(carried.access),
                access_problem: carried.problem,
                notes: carried.notes,
            });
        }
        let request = added(wish)?;
        if check {
            let prepared = self.prepare(request).await?;
            let name = prepared.new.name.clone();
            let taken = self.with_vault(move |vault| vault.find(&name)).await?;
            if let Some(taken) = taken {
                return Err(Problem::new(ProblemCode::CustomerExists).with("customer", taken.name));
            }
            return Ok(Outcome { tenant_id: Some(prepared.new.tenant_id), ..Outcome::default() });
        }
        let customer = self.add_customer(request).await?;
        Ok(Outcome {
            tenant_id: Some(customer.tenant_id.clone()),
            customer: Some(customer),
            ..Outcome::default()
        })
    }
}

/// A list has nobody to show its progress to but its report.
struct Nobody;

impl Host for Nobody {
    fn open_browser(&self, _address: &str, _browser: &BrowserChoice) -> Result<Opened, Problem> {
        Err(Problem::new(ProblemCode::NoBrowser))
    }

    fn progress(&self, _progress: Progress) {}
}

impl Line {
    fn value(&self, column: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(name, _)| *name == column)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    fn text(&self, column: &str) -> Option<String> {
        self.value(column).map(str::to_owned)
    }

    /// A word of the contract, such as a source's id. Capitals do not count.
    fn word<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, Problem> {
        let Some(value) = self.value(column) else { return Ok(None) };
        serde_json::from_value(serde_json::Value::String(value.to_ascii_lowercase()))
            .map(Some)
            .map_err(|_| refused(column, "list-value-unknown"))
    }

    fn wish(&self, folder: &Path) -> Result<Wish, Problem> {
        let secret = self.value("secret_file").map(|file| secret(&folder.join(file))).transpose()?;
        let secret_expires = self
            .value("secret_expires")
            .map(|day| day.parse().map_err(|_| refused("secret_expires", "list-not-a-day")))
            .transpose()?;
        Ok(OnboardOldFiles {
            handle: String::new(),
            index: 0,
            name: self.text("name").unwrap_or_default(),
            tenant: self.text("tenant"),
            cloud: self.text("cloud"),
            region: self.word("region")?,
            connector: self.word("connector")?,
            source: self.word("source")?,
            grant: self.word("grant")?,
            client_id: self.text("client_id"),
            home_tenant: self.text("home_tenant"),
            redirect_uri: self.text("redirect_uri"),
            secret: secret.map(SecretInput::new),
            secret_expires,
        })
    }
}

/// A line without old files is a customer like any other.
fn added(wish: Wish) -> Result<AddCustomer, Problem> {
    let tenant = wish.tenant.ok_or_else(|| refused("tenant", "missing"))?;
    let of_an_app = wish.home_tenant.is_some()
        || wish.redirect_uri.is_some()
        || wish.secret.is_some()
        || wish.secret_expires.is_some();
    let registration = match wish.client_id {
        Some(client_id) => Some(RegistrationInput {
            client_id,
            home_tenant: wish.home_tenant,
            redirect_uri: wish.redirect_uri,
            secret: wish.secret,
            secret_expires: wish.secret_expires,
        }),
        None if of_an_app => return Err(refused("client_id", "missing")),
        None => None,
    };
    Ok(AddCustomer {
        name: wish.name,
        tenant,
        cloud: wish.cloud,
        region: wish.region,
        connector: wish.connector,
        source: wish.source,
        grant: wish.grant,
        registration,
    })
}

/// Lines whose name an earlier line has: the first one is imported.
fn named_twice(lines: &[Line]) -> BTreeSet<u32> {
    let mut seen = BTreeSet::new();
    let again = |line: &&Line| {
        let name = line.value("name").unwrap_or_default().trim().to_lowercase();
        !name.is_empty() && !seen.insert(name)
    };
    lines.iter().filter(again).map(|line| line.number).collect()
}

/// Reads a list.
fn read(file: &Path) -> Result<Vec<Line>, Problem> {
    let trouble = |error: &std::io::Error| {
        Problem::new(ProblemCode::FileTrouble)
            .with("path", file.display().to_string())
            .with("reason", error.to_string())
    };
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(|error| trouble(&error))?;
    opened.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| trouble(&error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(refused("file", "list-too-large"));
    }
    parse(&text(&bytes).ok_or_else(|| refused("file", "list-not-utf-8"))?)
}

/// UTF-8, or UTF-16 as spreadsheets write "Unicode text". Other encodings would change names unseen.
fn text(bytes: &[u8]) -> Option<String> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, []) = rest.as_chunks::<2>() else { return None };
        String::from_utf16(&pairs.iter().copied().map(unit).collect::<Vec<_>>()).ok()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(str::to_owned),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    }
}

fn parse(text: &str) -> Result<Vec<Line>, Problem> {
    let heading = text.lines().next().unwrap_or_default();
    // Spreadsheets separate by what their country writes between numbers.
    let separator = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|separator| {
            (heading.bytes().filter(|byte| byte == separator).count(), *separator == b',')
        })
        .unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let columns = columns(reader.headers().map_err(|_| refused("file", "list-not-csv"))?)?;
    let (bytes, mut counted, mut number) = (text.as_bytes(), 0, 1);
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| refused("file", "list-not-csv"))?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        // A record begins where the one before ended: empty lines between them are still to be counted.
        let begins = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        let blank = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let begins = begins + bytes.iter().skip(begins).take_while(|byte| blank(byte)).count();
        number += text.get(counted..begins).unwrap_or_default().matches('\n').count();
        counted = begins;
        let broken = record.iter().skip(columns.len()).any(|value| !value.is_empty());
        let fields = columns.iter().copied().zip(record.iter().map(str::to_owned)).collect();
        lines.push(Line { number: u32::try_from(number).unwrap_or(u32::MAX), fields, broken });
    }
    if lines.is_empty() {
        return Err(refused("file", "list-empty"));
    }
    Ok(lines)
}

fn columns(heading: &csv::StringRecord) -> Result<Vec<&'static str>, Problem> {
    let mut columns = Vec::new();
    for given in heading {
        let name = given.to_lowercase().replace([' ', '-'], "_");
        let known = LIST_COLUMNS.iter().find(|column| **column == name);
        let Some(known) = known else {
            let secret = ["secret", "token", "password", "key"].iter().any(|word| name.contains(word));
            let reason = if secret { "list-column-secret" } else { "list-column-unknown" };
            return Err(refused(given, reason));
        };
        if columns.contains(known) {
            return Err(refused(known, "list-column-twice"));
        }
        columns.push(*known);
    }
    let has = |column: &str| columns.contains(&column);
    if !has("name") {
        return Err(refused("name", "list-column-missing"));
    }
    if !has("tenant") && !has("old_files") {
        return Err(refused("tenant", "list-column-missing"));
    }
    Ok(columns)
}

/// A secret from its file. One line break at the end does not count, nor does the mark of Windows editors.
fn secret(file: &Path) -> Result<SecretString, Problem> {
    let trouble = |reason: String| {
        Problem::new(ProblemCode::FileTrouble).with("path", file.display().to_string()).with("reason", reason)
    };
    let opened = std::fs::File::open(file).map_err(|error| trouble(error.to_string()))?;
    // Room for all of it from the start: a buffer that grows leaves copies behind.
    let room = usize::try_from(LARGEST_SECRET).unwrap_or_default();
    let mut text = Zeroizing::new(String::with_capacity(room));
    opened.take(LARGEST_SECRET).read_to_string(&mut text).map_err(|error| trouble(error.to_string()))?;
    let secret = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let secret = secret.strip_suffix('\n').unwrap_or(secret);
    Ok(secret.strip_suffix('\r').unwrap_or(secret).into())
}

fn refused(field: &str, reason: &str) -> Problem {
    Problem::new(ProblemCode::InvalidInput).with("field", field).with("reason", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(u32, String)> {
        let lines = parse(text).unwrap();
        lines.iter().map(|line| (line.number, line.value("name").unwrap_or_default().to_owned())).collect()
    }

    fn reason(text: &str) -> (String, String) {
        let problem = parse(text).map(|_| ()).unwrap_err();
        (problem.params["field"].clone(), problem.params["reason"].clone())
    }

    #[test]
    fn lists_of_every_spreadsheet_are_read() {
        for list in [
            "name,tenant\nContoso,contoso.example\n\n\"Fabrikam, Inc.\",fabrikam.example\n",
            "Name;Tenant\r\nContoso;contoso.example\r\n;\r\n\"Fabrikam, Inc.\";fabrikam.example\r\n",
            "NAME\tTENANT\nContoso\tcontoso.example\n\t\nFabrikam, Inc.\tfabrikam.example",
        ] {
            assert_eq!(names(list), [(2, "Contoso".to_owned()), (4, "Fabrikam, Inc.".to_owned())], "{list}");
        }
        let wide: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("이름".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(text(&wide).as_deref(), Some("이름"));
        assert_eq!(text("\u{feff}이름".as_bytes()).as_deref(), Some("이름"));
        assert_eq!(text(b"\xc0\xcc\xb8\xa7"), None, "another encoding would change names unseen");
    }

    #[test]
    fn a_list_that_holds_secrets_or_unknown_columns_is_refused_as_a_whole() {
        for (list, field, why) in [
            ("name,tenant,client_secret\na,b,c\n", "client_secret", "list-column-secret"),
            ("name,tenant,Refresh Token\na,b,c\n", "Refresh Token", "list-column-secret"),
            ("name,tenant,colour\na,b,c\n", "colour", "list-column-unknown"),
            ("name,tenant,tenant\na,b,c\n", "tenant", "list-column-twice"),
            ("tenant\nb\n", "name", "list-column-missing"),
            ("name,cloud\na,b\n", "tenant", "list-column-missing"),
            ("name,tenant\n", "file", "list-empty"),
            ("", "name", "list-column-missing"),
        ] {
            assert_eq!(reason(list), (field.to_owned(), why.to_owned()), "{list}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_imported_once() {
        let lines = parse("name,tenant\nContoso,a\ncontoso,b\nFabrikam,c\n").unwrap();
        assert_eq!(named_twice(&lines), BTreeSet::from([3]));
    }

    #[test]
    fn values_without_a_column_and_words_that_nobody_knows_are_told() {
        let lines = parse("name,tenant,source,secret_expires\nA,a,graph-alerts,2027-01-02,x\nB,b,GRAPH-alerts\nC,c,syslog\nD,d,,tomorrow\n").unwrap();
        assert!(lines[0].broken && !lines[1].broken);
        assert_eq!(lines[1].wish(Path::new(".")).unwrap().source, Some(catalog::SourceId::GraphAlerts));
        let field = |line: &Line| line.wish(Path::new(".")).map(|_| ()).unwrap_err().params["field"].clone();
        assert_eq!(field(&lines[2]), "source");
        assert_eq!(field(&lines[3]), "secret_expires");
    }
}
