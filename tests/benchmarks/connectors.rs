//! How long a set takes: rendered and read back, and written with fsync. Goals: 5 ms and 50 ms.
//!
//! `cargo bench -p tests --bench connectors` prints medians; it never fails for being slow.

#![expect(clippy::print_stdout, reason = "what a benchmark is for")]

use std::time::{Duration, Instant};

use catalog::{Audience, Cloud, GrantKind, Source, SourceId};
use connectors::{ConnectorId, ConnectorInput, Files, Language, carries, read_back, render};
use secrecy::SecretString;
use vault::files::{NewFile, write_set};

const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const RENDERED: usize = 300;
const WRITTEN: usize = 30;

fn main() {
    println!(
        "{:<20} {:<18} {:<14} {:>12} {:>12}",
        "connector", "source", "grant", "render+read", "write+fsync"
    );
    for connector in ConnectorId::ALL {
        for source in SourceId::ALL {
            for grant in GrantKind::ALL {
                if carries(*connector, *source, *grant).is_ok() {
                    row(*connector, *source, *grant);
                }
            }
        }
    }
}

fn row(connector: ConnectorId, source: SourceId, grant: GrantKind) {
    let Some(input) = input(source, grant) else { return };
    let there_and_back = median(RENDERED, || {
        let Ok(set) = render(connector, &input) else { return };
        let Ok(read) = read_back(&Files::from(&set)) else { return };
        std::hint::black_box(read);
    });
    let Ok(set) = render(connector, &input) else { return };
    let Ok(folder) = tempfile::tempdir() else { return };
    let files: Vec<NewFile<'_>> =
        set.files.iter().map(|file| NewFile { name: &file.name, content: file.bytes() }).collect();
    let written = median(WRITTEN, || {
        if let Err(error) = write_set(folder.path(), &files, true) {
            println!("cannot write: {error}");
        }
    });
    let (connector, source, grant) = (connector.as_str(), source.as_str(), grant.as_str());
    println!("{connector:<20} {source:<18} {grant:<14} {there_and_back:>12.3?} {written:>12.3?}");
}

fn median(times: usize, mut work: impl FnMut()) -> Duration {
    let mut all: Vec<Duration> = (0..times)
        .map(|_| {
            let begin = Instant::now();
            work();
            begin.elapsed()
        })
        .collect();
    all.sort();
    all.get(times / 2).copied().unwrap_or_default()
}

fn input(source: SourceId, grant: GrantKind) -> Option<ConnectorInput> {
    let cloud = Cloud::builtin("commercial")?;
    let (resource, scope) = match Source::get(source).audience(&cloud, grant) {
        Audience::Resource(resource) => (Some(resource), None),
        Audience::Scopes(scopes) => (None, Some(scopes.join(" "))),
    };
    let version = if resource.is_some() { "" } else { "/v2.0" };
    Some(ConnectorInput {
        customer_name: "Contoso".to_owned(),
        customer_tenant: TENANT.to_owned(),
        home_tenant: None,
        cloud: cloud.id.clone(),
        source,
        grant,
        region: None,
        client_id: "99999999-8888-4777-8666-555555555555".to_owned(),
        client_secret: SecretString::from("abc~8Q.d_e-f=="),
        redirect_uri: "http://localhost/SiemMsspConnector".to_owned(),
        authorize_url: format!("{}{TENANT}/oauth2{version}/authorize", cloud.login),
        token_url: format!("{}{TENANT}/oauth2{version}/token", cloud.login),
        resource,
        scope,
        alerts_url: Source::get(source).address(&cloud, None).ok()?.to_string(),
        // As long as real ones are.
        refresh_token: Some(SecretString::from("0.AXoA".repeat(250))),
        access_token: Some(SecretString::from("eyJ0eXAi".repeat(250))),
        ca_file: None,
        read_from: "2026-11-20T00:00:00Z".parse().ok()?,
        language: Language::English,
    })
}
