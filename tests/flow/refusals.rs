//! Everything that Entra says no with, in the real window: each has a card of its own with its cure, and the wizard goes
//! on from there. One window goes through them all, while the practice tenant changes its mind.

use practice_tenant::visitor::{VisitError, Visitor};
use practice_tenant::{Announcement, Options, PracticeTenant, Scenario};
use tests::window::Window;
use tests::wizard::{Details, Step, open_on, walk};

use crate::window::screen_is_there;

/// How the refusal reaches the window.
enum Told {
    /// The browser comes back with it, or the redemption of the code meets it.
    Back,
    /// A page says it and leads nowhere: the person pastes what it says.
    OnThePage,
}

/// What Entra refuses, the code of its card, words that only its card has, who can put it right, and what is offered.
const TABLE: [(Scenario, Told, &str, &str, &str, &str); 9] = [
    (Scenario::WrongAccount, Told::Back, "wrong-tenant", "came from", "", "correct-tenant"),
    (
        Scenario::ConsentDeclined,
        Told::Back,
        "consent-declined",
        "declined",
        "administrator",
        "consent-handoff",
    ),
    (
        Scenario::AdminConsentNeeded,
        Told::Back,
        "admin-consent-needed",
        "administrator",
        "administrator",
        "to-handoff",
    ),
    (
        Scenario::ConditionalAccess,
        Told::Back,
        "conditional-access",
        "policy",
        "administrator",
        "consent-handoff",
    ),
    (Scenario::SecretExpired, Told::Back, "secret-expired", "ended", "You", "to-register"),
    (Scenario::SecretIdPasted, Told::Back, "secret-wrong", "secret", "You", "to-register"),
    (Scenario::SingleTenantApp, Told::OnThePage, "app-not-in-tenant", "app", "You", "to-register"),
    (
        Scenario::RedirectMismatch,
        Told::OnThePage,
        "redirect-not-registered",
        "redirect",
        "You",
        "redirect-compare",
    ),
    (Scenario::ClockSkew, Told::Back, "clock-wrong", "clock", "You", "again"),
];

#[tokio::test]
async fn each_refusal_of_entra_has_its_own_card_and_its_cure() {
    if !screen_is_there("each_refusal_of_entra_has_its_own_card_and_its_cure") {
        return;
    }
    let practice = PracticeTenant::start(Options { alerts: 5, ..Options::default() }).await.unwrap();
    let told = practice.announcement().clone();
    let folder = tempfile::tempdir().unwrap();
    let mut window = open_on(&told, &folder.path().join("data"), "refusals", &[]).await;
    let files = folder.path().join("files");
    let details = Details::new(&told, &files);
    walk(&mut window, &details, Step::Destination, Step::Consent).await;

    let mut titles = Vec::new();
    for (scenario, way, code, words, who, offered) in TABLE {
        practice.set_scenarios(vec![scenario]);
        match way {
            Told::Back => window.click("primary").await,
            Told::OnThePage => paste_what_the_page_says(&window, &told).await,
        }
        let text = card(&window, code).await;
        assert!(text.contains(words), "{scenario}: {text}");
        assert!(text.contains(who), "{scenario}: who can put it right: {text}");
        window.see(offered).await;
        window.picture(&scenario.to_string()).await;
        titles.push(window.see("heading").await.text().await.unwrap());
    }
    // What the token endpoint says of a single-page app can be asked about, too.
    window.click("consent-paste").await;
    window
        .fill("address", "AADSTS9002327: Tokens issued for the 'Single-Page Application' client-type.")
        .await;
    window.click("paste").await;
    assert!(card(&window, "redirect-platform-spa").await.contains("Web"));
    window.picture("redirect-platform-spa").await;
    titles.push(window.see("heading").await.text().await.unwrap());
    let all = titles.len();
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), all, "no two cards say the same: {titles:?}");

    // The lasting sign-in dies between consent and use.
    practice.set_scenarios(Vec::new());
    window.click("primary").await;
    window.see("consent-account").await;
    practice.set_scenarios(vec![Scenario::RefreshTokenDead]);
    window.click("primary").await;
    window.screen("authorise").await;
    card(&window, "refresh-token-dead").await;
    window.picture("refresh-token-dead").await;
    window.click("to-consent").await;
    window.screen("consent").await;

    // Where a refresh token works once, each use is sealed before the next: the job runs to its proof.
    practice.set_scenarios(vec![Scenario::RotationStrict]);
    window.click("consent-anew").await;
    // This source has no portal step: the wizard looks, and goes on by itself.
    walk(&mut window, &details, Step::Consent, Step::TestPull).await;
    window.see("alert-count").await;
    window.picture("rotation-strict").await;
    window.close().await;
    practice.stop().await;
}

/// The card of that code: what a person reads, which is never what a machine said.
async fn card(window: &Window, code: &str) -> String {
    let card = window.see("problem").await;
    assert_eq!(card.attr("data-code").await.unwrap().as_deref(), Some(code), "{}", window.text().await);
    let text = window.text().await;
    assert!(!text.contains("error_description") && !text.contains('{'), "no raw answer is a message: {text}");
    text
}

/// A person whose browser ends on a page of Entra's copies what it says.
async fn paste_what_the_page_says(window: &Window, told: &Announcement) {
    window.click("consent-paste").await;
    let address = window.see("sign-in-address").await.text().await.unwrap();
    let visitor = Visitor::new(told).unwrap();
    let admin = told.users.iter().find(|user| user.role == "admin").unwrap();
    let Err(VisitError::Refused { message, .. }) =
        visitor.redirect_address(address.trim(), &admin.name).await
    else {
        panic!("the page does not refuse")
    };
    window.fill("address", &message).await;
    window.click("paste").await;
}
