//! Rendered sets with values that are hard to carry, written to a folder each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use catalog::{Cloud, GrantKind, Source, SourceId};
use connectors::{ConnectorId, ConnectorInput, Language, Note, render};
use secrecy::SecretString;
use tempfile::TempDir;

const TENANT: &str = "11111111-2222-4333-8444-555555555555";

/// Values on which one reader or another stumbles; those with control characters are always refused.
const VECTORS: &[&str] = &[
    "a~b.c_d-e",
    "IKX+/aa==",
    "#lead",
    "!lead",
    "=lead",
    ":lead",
    ";lead",
    "@lead",
    " lead",
    "trail ",
    "mid=eq:co#ha!ba",
    "C:\\new\\u0041",
    "\\\\server\\share",
    "tail\\",
    "a ;b",
    "a;b",
    "a,b|c",
    "%41%",
    "${x}",
    "$word$",
    "$(id)",
    "`id`",
    "\"q\"",
    "\"\"",
    "''",
    "it's",
    "it's \\ $",
    "a'b\"c",
    "~",
    "yes",
    "null",
    "012",
    "0x1F",
    "1e3",
    "a: b",
    "a #b",
    "- x",
    "{{ x }}",
    "]]>",
    "<a>&amp;</a>",
    "비밀",
    "é",
    "😀",
    "tab\there",
    "line\nfeed",
    "line\r\nfeed",
    "nul\u{0}",
];

/// One set on disk and what was put in.
pub(crate) struct Set {
    folder: PathBuf,
    pub(crate) value: &'static str,
    pub(crate) notes: Vec<Note>,
}

impl Set {
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

/// All sets of a connector that were not refused. At least half of the values must be carried.
pub(crate) struct Sets {
    root: TempDir,
    pub(crate) all: Vec<Set>,
}

impl Sets {
    /// Renders every value as id, secret and, with that grant, refresh token.
    pub(crate) fn of(connector: ConnectorId, source: SourceId, grant: GrantKind) -> Self {
        Self::at(connector, source, grant, None)
    }

    /// The same with another token address.
    #[expect(clippy::disallowed_methods, reason = "files of the test, not of the product")]
    pub(crate) fn at(
        connector: ConnectorId,
        source: SourceId,
        grant: GrantKind,
        token_url: Option<&str>,
    ) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut all = Vec::new();
        for (number, value) in VECTORS.iter().copied().enumerate() {
            let mut input = input(source, grant, value);
            if let Some(token_url) = token_url {
                token_url.clone_into(&mut input.token_url);
            }
            let Ok(set) = render(connector, &input) else { continue };
            let folder = root.path().join(number.to_string());
            std::fs::create_dir(&folder).unwrap();
            for file in &set.files {
                std::fs::write(folder.join(&file.name), file.bytes()).unwrap();
            }
            all.push(Set { folder, value, notes: set.notes });
        }
        assert!(all.len() * 2 > VECTORS.len(), "{connector} refuses {} values", VECTORS.len() - all.len());
        Self { root, all }
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// The paths of one file of each set.
    pub(crate) fn paths(&self, name: &str) -> Vec<String> {
        self.all.iter().map(|set| set.path(name)).collect()
    }

    /// Values by the path of one file.
    pub(crate) fn by_path(&self, name: &str) -> BTreeMap<String, &'static str> {
        self.all.iter().map(|set| (set.path(name), set.value)).collect()
    }
}

fn input(source: SourceId, grant: GrantKind, value: &str) -> ConnectorInput {
    let cloud = Cloud::builtin("commercial").unwrap();
    let (resource, scope) = match Source::get(source).audience(&cloud, grant) {
        catalog::Audience::Resource(resource) => (Some(resource), None),
        catalog::Audience::Scopes(scopes) => (None, Some(scopes.join(" "))),
    };
    let version = if resource.is_some() { "" } else { "/v2.0" };
    ConnectorInput {
        customer_name: "Contoso 주식회사 -- 😀".to_owned(),
        customer_tenant: TENANT.to_owned(),
        home_tenant: None,
        cloud: cloud.id.clone(),
        source,
        grant,
        region: None,
        client_id: value.to_owned(),
        client_secret: SecretString::from(value),
        redirect_uri: "http://localhost/SiemMsspConnector".to_owned(),
        authorize_url: format!("{}{TENANT}/oauth2{version}/authorize", cloud.login),
        token_url: format!("{}{TENANT}/oauth2{version}/token", cloud.login),
        resource,
        scope,
        alerts_url: Source::get(source).address(&cloud, None).unwrap().to_string(),
        refresh_token: Some(SecretString::from(value)),
        access_token: None,
        ca_file: None,
        read_from: "2026-11-20T00:00:00Z".parse().unwrap(),
        language: Language::Korean,
    }
}
