//! Connector files before they are written, when values change, and when somebody has been at them: against the practice
//! tenant.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

#[expect(dead_code, reason = "each test file takes what it needs")]
mod support;

use std::collections::BTreeMap;
use std::path::Path;

use catalog::GrantKind;
use connectors::ConnectorId;
use onboarding::contract::{
    Catcher, EditCustomer, ExportRequest, FileChange, FileState, FilesPreview, FilesQuery, HiddenValue,
    ProblemCode, Progress, RegistrationInput, SecretInput,
};
use onboarding::{Engine, paste_slot};
use practice_tenant::visitor::Visitor;
use practice_tenant::{Announcement, Options, PracticeTenant};
use secrecy::ExposeSecret as _;
use support::{Pages, customer, engine, request};

/// A customer whose administrator has agreed, with a lasting sign-in.
async fn agreed(told: &Announcement, data: &Path) -> Engine {
    let engine = engine(data, &told.cloud_file).await;
    let secret = std::fs::read_to_string(&told.client_secret_file).unwrap();
    let mut new =
        customer(&told.customer_domain, &told.client_id, Some(&told.provider_tenant), secret.trim());
    new.grant = Some(GrantKind::RefreshToken);
    new.connector = Some(ConnectorId::Arcsight);
    engine.add_customer(new).await.unwrap();
    let (host, mut pages) = Pages::new();
    let (slot, pastes) = paste_slot();
    let admin = told.users.iter().find(|user| user.role == "admin").unwrap().name.clone();
    let person = async {
        let page = pages.recv().await.unwrap();
        let address = Visitor::new(told).unwrap().redirect_address(&page, &admin).await.unwrap();
        slot.paste(address.to_string()).await.unwrap();
    };
    let (consent, ()) = tokio::join!(engine.consent(request(Catcher::Paste, 30), pastes, &host), person);
    consent.unwrap();
    engine
}

async fn preview(engine: &Engine, connector: ConnectorId, folder: &Path) -> FilesPreview {
    let folder = folder.to_str().unwrap().to_owned();
    let query = FilesQuery { customer: "Contoso".to_owned(), connector, folder, language: None };
    engine.preview_files(query).await.unwrap()
}

async fn export(engine: &Engine, connector: ConnectorId, folder: &Path, overwrite: bool) {
    let (host, _pages) = Pages::new();
    let folder = folder.to_str().unwrap().to_owned();
    let request =
        ExportRequest { customer: "Contoso".to_owned(), connector, folder, overwrite, language: None };
    engine.export(request, &host).await.unwrap();
}

fn changes(preview: &FilesPreview) -> BTreeMap<&str, FileChange> {
    preview.files.iter().map(|file| (file.name.as_str(), file.change)).collect()
}

#[tokio::test]
async fn a_preview_shows_no_secret_and_says_what_writing_would_change() {
    let tenant = PracticeTenant::start(Options::default()).await.unwrap();
    let told = tenant.announcement().clone();
    let base = tempfile::tempdir().unwrap();
    let engine = agreed(&told, &base.path().join("data")).await;
    let folder = base.path().join("files");
    let secret = engine.hidden_value("Contoso", HiddenValue::ClientSecret).await.unwrap();
    let token = engine.hidden_value("Contoso", HiddenValue::RefreshToken).await.unwrap();

    for connector in
        [ConnectorId::Arcsight, ConnectorId::SplunkRest, ConnectorId::Elastic, ConnectorId::Generic]
    {
        let shown = preview(&engine, connector, &folder).await;
        let text = serde_json::to_string(&shown).unwrap();
        assert!(
            !text.contains(secret.expose_secret()) && !text.contains(token.expose_secret()),
            "{connector}"
        );
        for file in &shown.files {
            let hidden = file.parts.iter().filter(|part| part.hidden.is_some()).count();
            assert!(hidden > 0 || !file.secret, "{connector}: {} marks what it hides", file.name);
            assert_eq!(file.change, FileChange::New, "{connector}: {}", file.name);
        }
        assert!(!shown.notes.is_empty(), "{connector}");
    }
    assert!(!folder.exists(), "nothing was written");

    export(&engine, ConnectorId::Arcsight, &folder, false).await;
    let written = preview(&engine, ConnectorId::Arcsight, &folder).await;
    assert!(changes(&written).values().all(|change| *change == FileChange::Same), "{:?}", changes(&written));

    // Another secret: what holds it is stale, what does not is not.
    let registration = RegistrationInput {
        client_id: told.client_id.clone(),
        home_tenant: None,
        redirect_uri: None,
        secret: Some(SecretInput::new("another~secret~value~of~forty~characters".to_owned().into())),
        secret_expires: None,
    };
    let edit = EditCustomer { registration: Some(registration), ..EditCustomer::default() };
    engine.edit_customer("Contoso", edit).await.unwrap();
    let stale = preview(&engine, ConnectorId::Arcsight, &folder).await;
    assert_eq!(changes(&stale)["WDATP-connector.properties"], FileChange::Changed);
    assert_eq!(changes(&stale)["WDATP-connector.jsonparser.properties"], FileChange::Same);
    assert_eq!(changes(&stale)["VALUES-TO-TYPE.txt"], FileChange::Same);

    // Another SIEM in the same folder: what only the old set has would go.
    let other = preview(&engine, ConnectorId::Generic, &folder).await;
    let gone: Vec<&str> = other.gone.iter().map(String::as_str).collect();
    assert_eq!(
        gone,
        ["WDATP-connector.properties", "WDATP-connector.jsonparser.properties", "VALUES-TO-TYPE.txt"]
    );
    tenant.stop().await;
}

#[tokio::test]
async fn a_proof_says_of_each_file_how_it_stands() {
    let tenant = PracticeTenant::start(Options::default()).await.unwrap();
    let told = tenant.announcement().clone();
    let base = tempfile::tempdir().unwrap();
    let engine = agreed(&told, &base.path().join("data")).await;
    let folder = base.path().join("files");
    let shown = folder.to_str().unwrap();
    export(&engine, ConnectorId::Generic, &folder, false).await;

    let (host, _pages) = Pages::new();
    let proof = Box::pin(engine.verify("Contoso", shown, &host)).await.unwrap();
    assert!(proof.files.iter().all(|file| file.proven && file.state == FileState::AsExported));

    // A file that was edited, one that is gone, and one of another SIEM that lies there still.
    let json = folder.join("defender-api.json");
    let text = std::fs::read_to_string(&json).unwrap();
    vault::files::write(&json, format!("{text}\n").as_bytes(), true).unwrap();
    std::fs::remove_file(folder.join("defender-api.curl")).unwrap();
    vault::files::write(&folder.join("sumo-source.json"), b"{}", false).unwrap();
    let proof = Box::pin(engine.verify("Contoso", shown, &host)).await.unwrap();
    let found: BTreeMap<&str, (bool, FileState)> =
        proof.files.iter().map(|file| (file.name.as_str(), (file.proven, file.state))).collect();
    assert_eq!(found["defender-api.json"], (true, FileState::Edited));
    assert_eq!(found["defender-api.env"], (true, FileState::AsExported));
    assert_eq!(found["defender-api.curl"], (false, FileState::Missing));
    assert_eq!(found["sumo-source.json"], (false, FileState::Unlisted));

    // One that cannot be read ends the proof, and is named beside those that could be.
    vault::files::write(&json, b"{", true).unwrap();
    let (host, _pages) = Pages::new();
    let problem = Box::pin(engine.verify("Contoso", shown, &host)).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::FilesIncomplete);
    assert_eq!(problem.params["file"], "defender-api.json");
    let told_of =
        host.told.lock().unwrap().iter().filter(|one| matches!(one, Progress::ProvenFile(_))).count();
    assert!(told_of >= 3, "{told_of}");
    drop(engine);
    tenant.stop().await;
}
