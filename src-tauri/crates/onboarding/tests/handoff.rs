//! Step 2 in the hands of the customer's admin, against the practice tenant, with restarts in between.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

#[expect(dead_code, reason = "each test file takes what it needs")]
mod support;

use std::path::Path;

use catalog::GrantKind;
use onboarding::contract::{
    Catcher, ConsentResult, EvidenceKey, EvidenceState, HandoffPacket, HandoffRequest, Problem,
};
use onboarding::{Engine, paste_slot};
use practice_tenant::visitor::Visitor;
use practice_tenant::{Announcement, Options, PracticeTenant, Scenario};
use support::{Pages, customer, engine, request};

struct Scene {
    tenant: PracticeTenant,
    told: Announcement,
    visitor: Visitor,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn begin(grant: GrantKind, scenarios: Vec<Scenario>) -> (Self, HandoffPacket) {
        let tenant = PracticeTenant::start(Options { scenarios, ..Options::default() }).await.unwrap();
        let told = tenant.announcement().clone();
        let scene = Self {
            visitor: Visitor::new(&told).unwrap(),
            told,
            tenant,
            folder: tempfile::tempdir().unwrap(),
        };
        let engine = scene.engine().await;
        let mut new = customer(
            &scene.told.customer_domain,
            &scene.told.client_id,
            Some(&scene.told.provider_tenant),
            scene.secret().trim(),
        );
        new.grant = Some(grant);
        engine.add_customer(new).await.unwrap();
        let packet =
            engine.handoff(HandoffRequest { customer: "Contoso".to_owned(), anew: false }).await.unwrap();
        (scene, packet)
    }

    fn secret(&self) -> String {
        std::fs::read_to_string(&self.told.client_secret_file).unwrap()
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    /// A process that starts anew.
    async fn engine(&self) -> Engine {
        engine(self.data(), &self.told.cloud_file).await
    }

    fn admin(&self) -> &str {
        &self.told.users.iter().find(|user| user.role == "admin").unwrap().name
    }

    /// The admin agrees on another computer; the last page's address.
    async fn agree(&self, link: &str) -> String {
        self.visitor.redirect_address(link, self.admin()).await.unwrap().to_string()
    }
}

/// Gives an address to the packet that waits.
async fn answer(engine: &Engine, address: &str) -> Result<ConsentResult, Problem> {
    let (host, _pages) = Pages::new();
    let (slot, pastes) = paste_slot();
    let given = async {
        match slot.paste(address.to_owned()).await {
            Err(refusal) if refusal.params["reason"] != "no-sign-in-is-waiting" => refusal,
            // The engine has the rest, or a token was quicker than the answer.
            Ok(()) | Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        result = engine.consent(request(Catcher::Handoff, 60), pastes, &host) => result,
        refusal = given => Err(refusal),
    }
}

async fn look(engine: &Engine) -> Result<ConsentResult, Problem> {
    let (host, _pages) = Pages::new();
    let (_slot, pastes) = paste_slot();
    engine.consent(request(Catcher::Handoff, 0), pastes, &host).await
}

fn state_of(result: &ConsentResult, key: EvidenceKey) -> Option<EvidenceState> {
    result.evidence.iter().find(|one| one.key == key).map(|one| one.state)
}

#[tokio::test]
async fn a_packet_is_answered_after_a_restart_and_completes() {
    let (scene, packet) = Scene::begin(GrantKind::AppOnly, Vec::new()).await;
    let engine = scene.engine().await;
    assert_eq!(look(&engine).await.unwrap_err().code.as_str(), "handoff-pending");
    drop(engine);
    let address = scene.agree(&packet.link).await;

    let engine = scene.engine().await;
    let shown = engine.handoff(HandoffRequest { customer: "Contoso".to_owned(), anew: false }).await.unwrap();
    assert_eq!(shown.link, packet.link, "the same packet waits after a restart");
    let result = answer(&engine, &address).await.unwrap();
    assert!(result.customer.consent.is_some());
    assert!(result.customer.handoff.is_none(), "nothing waits any more");
    assert_eq!(state_of(&result, EvidenceKey::AdminAgreed), Some(EvidenceState::Proven));
    assert_eq!(state_of(&result, EvidenceKey::TenantMatches), Some(EvidenceState::Proven));
    scene.tenant.stop().await;
}

#[tokio::test]
async fn a_token_proves_the_admins_consent_without_any_answer() {
    let (scene, packet) = Scene::begin(GrantKind::AppOnly, Vec::new()).await;
    scene.agree(&packet.link).await;
    let result = look(&scene.engine().await).await.unwrap();
    assert!(result.customer.consent.is_some());
    assert_eq!(state_of(&result, EvidenceKey::AdminAgreed), Some(EvidenceState::Proven));
    scene.tenant.stop().await;
}

#[tokio::test]
async fn where_a_person_must_sign_in_the_admins_consent_is_recorded_first() {
    let (scene, packet) = Scene::begin(GrantKind::RefreshToken, Vec::new()).await;
    assert!(packet.sign_in_follows);
    let address = scene.agree(&packet.link).await;
    let engine = scene.engine().await;
    let result = answer(&engine, &address).await.unwrap();
    assert!(result.customer.consent.is_none(), "nobody has signed in yet");
    assert!(result.customer.handoff.unwrap().agreed_at.is_some());
    // Asked again, the record answers.
    assert!(look(&engine).await.unwrap().customer.handoff.unwrap().agreed_at.is_some());
    scene.tenant.stop().await;
}

#[tokio::test]
async fn only_the_answer_to_this_packet_is_taken() {
    let (scene, packet) = Scene::begin(GrantKind::AppOnly, Vec::new()).await;
    let engine = scene.engine().await;
    let redirect = "http://localhost/SiemMsspConnector";
    for (address, reason) in [
        ("nonsense".to_owned(), "callback-not-an-address"),
        (format!("{redirect}?admin_consent=True"), "callback-no-state"),
        (format!("{redirect}?admin_consent=True&state=guess"), "callback-wrong-state"),
        (
            format!(
                "https://evil.example/?admin_consent=True&state={}",
                support::parameter(&packet.link, "state")
            ),
            "callback-other-address",
        ),
    ] {
        let refusal = answer(&engine, &address).await.unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.params["reason"].as_str()), ("callback-refused", reason));
    }
    let newer = engine.handoff(HandoffRequest { customer: "Contoso".to_owned(), anew: true }).await.unwrap();
    assert_ne!(newer.link, packet.link);
    // What the browser claims is believed no further than a token confirms: nobody has agreed.
    let claimed =
        format!("{redirect}?admin_consent=True&state={}", support::parameter(&packet.link, "state"));
    let refusal = answer(&engine, &claimed).await.unwrap_err();
    assert_eq!(refusal.params["reason"], "callback-wrong-state", "the old link no longer counts");
    assert!(engine.customer("Contoso").await.unwrap().consent.is_none());
    scene.tenant.stop().await;
}

#[tokio::test]
async fn the_packet_holds_no_secret() {
    let (scene, packet) = Scene::begin(GrantKind::AppOnly, Vec::new()).await;
    let text = serde_json::to_string(&packet).unwrap();
    assert!(!text.contains(scene.secret().trim()), "the app's secret is in the packet");
    for word in
        ["client_secret", "code_verifier", "code_challenge", "refresh_token", "access_token", "password"]
    {
        assert!(!text.contains(word), "{word}: {text}");
    }
    assert!(text.contains(&scene.told.customer_tenant) && text.contains(&scene.told.client_id));
    assert!(!packet.permissions.is_empty());
    scene.tenant.stop().await;
}
