//! Reads a cloud file: TOML, for a lab, an air-gapped or a future cloud, and for the practice tenant.
//!
//! The invariant: what is refused is refused by the name of its field; nothing in the file is silently ignored.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};
use url::Url;

use crate::address::{AddressFault, base, without_slash};
use crate::{Cloud, Region, catalog};

/// Real cloud files have a few hundred bytes.
const LARGEST_FILE: u64 = 64 * 1024;
/// A whole operating system's trust store has about 250 KiB.
const LARGEST_CA_FILE: u64 = 1024 * 1024;

/// A cloud file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cloud file {}", .path.display())]
pub struct CloudFileError {
    /// The cloud file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub fault: CloudFileFault,
}

/// What is wrong with a cloud file.
#[derive(Debug, thiserror::Error)]
pub enum CloudFileFault {
    /// It, or its `ca_file`, cannot be read.
    #[error("{} cannot be read", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        reason: std::io::Error,
    },
    /// It is larger than such a file can be.
    #[error("{} is larger than {limit} bytes", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes.
        limit: u64,
    },
    /// It is not TOML.
    #[error("line {line}: {reason}")]
    NotToml {
        /// From 1.
        line: usize,
        /// What the parser said.
        reason: String,
    },
    /// A key that nobody reads.
    #[error("unknown field `{field}`")]
    UnknownField {
        /// Dotted name.
        field: String,
    },
    /// A field that must be there.
    #[error("field `{field}` is missing")]
    Missing {
        /// Its name.
        field: &'static str,
    },
    /// A field that holds something else than text (or, for `siem`, than a table).
    #[error("field `{field}` does not hold {expected}")]
    WrongKind {
        /// Dotted name.
        field: String,
        /// `text` or `a table`.
        expected: &'static str,
    },
    /// A text that is empty, or a name that cannot serve.
    #[error("field `{field}` holds an unusable name")]
    BadName {
        /// Its name.
        field: &'static str,
    },
    /// An address that cannot serve.
    #[error("field `{field}`: {fault}")]
    BadAddress {
        /// Dotted name.
        field: String,
        /// Why.
        fault: AddressFault,
    },
    /// The `ca_file` holds no certificate in PEM form.
    #[error("field `ca_file`: {} holds no certificate in PEM form", .path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
}

impl CloudFileFault {
    /// The field at fault, where it is a field.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::UnknownField { field } | Self::WrongKind { field, .. } | Self::BadAddress { field, .. } => {
                Some(field)
            }
            Self::Missing { field } | Self::BadName { field } => Some(field),
            Self::NoCertificate { .. } => Some("ca_file"),
            Self::Unreadable { .. } | Self::TooLarge { .. } | Self::NotToml { .. } => None,
        }
    }
}

const FIELDS: &[&str] = &["name", "login", "graph", "defender", "xdr", "portal", "ca_file", "siem"];

pub(crate) fn read(path: &Path) -> Result<Cloud, CloudFileError> {
    let attempt = || {
        let text = text_of(path, LARGEST_FILE)?;
        let mut cloud = parse(&text)?;
        if let Some(name) = cloud.ca_file.take() {
            let file = path.parent().unwrap_or(Path::new("")).join(name);
            let pem = text_of(&file, LARGEST_CA_FILE)?;
            if !pem.contains("-----BEGIN CERTIFICATE-----") {
                return Err(CloudFileFault::NoCertificate { path: file });
            }
            cloud.ca_pem = Some(pem);
            cloud.ca_file = Some(std::path::absolute(&file).unwrap_or(file));
        }
        Ok(cloud)
    };
    attempt().map_err(|fault| CloudFileError { path: path.to_owned(), fault })
}

fn text_of(path: &Path, limit: u64) -> Result<String, CloudFileFault> {
    let unreadable = |reason| CloudFileFault::Unreadable { path: path.to_owned(), reason };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > limit {
        return Err(CloudFileFault::TooLarge { path: path.to_owned(), limit });
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// Everything but the contents of the `ca_file`.
fn parse(text: &str) -> Result<Cloud, CloudFileFault> {
    // Notepad's older versions begin a UTF-8 file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table: Table = toml::from_str(text).map_err(|error| not_toml(text, &error))?;
    if let Some(field) = table.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(CloudFileFault::UnknownField { field: field.clone() });
    }

    let name = required_text(&table, "name")?.trim().to_owned();
    let confusable = catalog().clouds.iter().any(|cloud| cloud.id.eq_ignore_ascii_case(&name));
    if name.is_empty() || name.chars().any(char::is_control) || confusable {
        return Err(CloudFileFault::BadName { field: "name" });
    }
    let login = required_address(&table, "login")?;
    let graph = required_address(&table, "graph")?;
    let ca_file = match text_at(&table, "ca_file")? {
        Some(file) if file.trim().is_empty() => return Err(CloudFileFault::BadName { field: "ca_file" }),
        other => other.map(str::to_owned),
    };
    Ok(Cloud {
        id: name.clone(),
        name,
        custom: true,
        // A lab that plays Microsoft signs version 1 tokens in Microsoft's name; its own name is accepted too.
        sts: catalog().clouds.first().map_or_else(|| login.clone(), |cloud| cloud.sts.clone()),
        login,
        graph_audience: without_slash(&graph),
        graph,
        defender: address_at(&table, "defender")?,
        xdr: address_at(&table, "xdr")?,
        portal: required_address(&table, "portal")?,
        app_portal: None,
        siem: siem(&table)?,
        ca_pem: None,
        ca_file: ca_file.map(Into::into),
    })
}

fn siem(table: &Table) -> Result<BTreeMap<Region, Url>, CloudFileFault> {
    let Some(value) = table.get("siem") else { return Ok(BTreeMap::new()) };
    let Value::Table(regions) = value else {
        return Err(CloudFileFault::WrongKind { field: "siem".to_owned(), expected: "a table" });
    };
    let mut bases = BTreeMap::new();
    for (key, value) in regions {
        let field = format!("siem.{key}");
        let Ok(region) = key.parse::<Region>() else { return Err(CloudFileFault::UnknownField { field }) };
        let text =
            value.as_str().ok_or(CloudFileFault::WrongKind { field: field.clone(), expected: "text" })?;
        bases.insert(region, base(text).map_err(|fault| CloudFileFault::BadAddress { field, fault })?);
    }
    Ok(bases)
}

fn text_at<'t>(table: &'t Table, field: &'static str) -> Result<Option<&'t str>, CloudFileFault> {
    match table.get(field) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(CloudFileFault::WrongKind { field: field.to_owned(), expected: "text" }),
    }
}

fn required_text<'t>(table: &'t Table, field: &'static str) -> Result<&'t str, CloudFileFault> {
    text_at(table, field)?.ok_or(CloudFileFault::Missing { field })
}

fn address_at(table: &Table, field: &'static str) -> Result<Option<Url>, CloudFileFault> {
    let Some(text) = text_at(table, field)? else { return Ok(None) };
    base(text).map(Some).map_err(|fault| CloudFileFault::BadAddress { field: field.to_owned(), fault })
}

fn required_address(table: &Table, field: &'static str) -> Result<Url, CloudFileFault> {
    address_at(table, field)?.ok_or(CloudFileFault::Missing { field })
}

fn not_toml(text: &str, error: &toml::de::Error) -> CloudFileFault {
    let offset = error.span().map_or(0, |span| span.start).min(text.len());
    let line = 1 + text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count();
    CloudFileFault::NotToml { line, reason: error.message().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
        name = "lab"
        login = "https://login.example"
        graph = "https://graph.example/prefix/"
        defender = "https://defender.example"
        xdr = "https://xdr.example"
        portal = "https://portal.example"
        [siem]
        eu = "https://siem-eu.example"
    "#;

    fn fault(text: &str) -> CloudFileFault {
        parse(text).unwrap_err()
    }

    #[test]
    fn a_whole_file_is_read() {
        let cloud = parse(WHOLE).unwrap();
        assert_eq!((cloud.id.as_str(), cloud.custom), ("lab", true));
        assert_eq!(cloud.graph_audience, "https://graph.example/prefix");
        assert_eq!(cloud.siem_in(None).unwrap().as_str(), "https://siem-eu.example/");
        assert!(parse(&format!("\u{feff}{WHOLE}")).is_ok());
    }

    #[test]
    fn what_is_optional_may_be_missing() {
        let cloud = parse(
            "name = 'lab'\nlogin = 'http://localhost:1'\ngraph = 'http://127.0.0.1:2'\nportal = 'http://[::1]:3'",
        )
        .unwrap();
        assert_eq!((cloud.defender, cloud.xdr, cloud.siem.len(), cloud.ca_pem), (None, None, 0, None));
    }

    #[test]
    fn unknown_fields_are_refused_by_name() {
        assert_eq!(fault(&format!("grahp = 'x'\n{WHOLE}")).field(), Some("grahp"));
        assert_eq!(fault(&format!("{WHOLE}\nmars = 'https://x.example'")).field(), Some("siem.mars"));
        assert_eq!(fault(&format!("{WHOLE}\n[proxy]\nhost = 'x'")).field(), Some("proxy"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(matches!(fault("name = 'lab'"), CloudFileFault::Missing { field: "login" }));
        let plain = WHOLE.replace("https://xdr.example", "http://xdr.example");
        assert!(matches!(
            fault(&plain),
            CloudFileFault::BadAddress { field, fault: AddressFault::PlainHttp } if field == "xdr"
        ));
        let number = WHOLE.replace("\"https://portal.example\"", "7");
        assert_eq!(fault(&number).field(), Some("portal"));
        assert!(matches!(fault("name = 'lab'\nlogin = ["), CloudFileFault::NotToml { line: 2, .. }));
    }

    #[test]
    fn a_custom_cloud_cannot_pass_for_one_of_microsofts() {
        let posing = WHOLE.replace("\"lab\"", "\"Commercial\"");
        assert!(matches!(fault(&posing), CloudFileFault::BadName { field: "name" }));
    }

    #[test]
    fn the_ca_file_lies_beside_the_cloud_file() {
        let folder = tempfile::tempdir().unwrap();
        let cloud_file = folder.path().join("cloud.toml");
        let write = |name: &str, text: &str| {
            use std::io::Write;
            let mut file = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file.persist(folder.path().join(name)).unwrap();
        };
        write("cloud.toml", &format!("ca_file = 'lab-ca.pem'\n{WHOLE}"));

        let missing = Cloud::from_file(&cloud_file).unwrap_err();
        assert!(
            matches!(missing.fault, CloudFileFault::Unreadable { path, .. } if path.ends_with("lab-ca.pem"))
        );

        write("lab-ca.pem", "not a certificate");
        let other = Cloud::from_file(&cloud_file).unwrap_err();
        assert_eq!(other.fault.field(), Some("ca_file"));

        let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
        write("lab-ca.pem", pem);
        assert_eq!(Cloud::from_file(&cloud_file).unwrap().ca_pem.as_deref(), Some(pem));
    }
}
