//! Answers that say who issued them (RFC 9207): somebody else's is no answer, in whichever way it comes, and the sign-in
//! goes on.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

mod support;

use onboarding::contract::{Catcher, Notice, ProblemCode, Progress};
use onboarding::paste_slot;
use support::{APP, FalseEntra, Pages, TENANT, customer, engine, parameter, request, visit};

const REFUSED: &str = "error=access_denied&error_subcode=cancel";

/// The reasons for which callbacks were told to be no answers.
fn noticed(host: &Pages) -> Vec<String> {
    let told = host.told.lock().unwrap();
    let reasons = told.iter().filter_map(|progress| {
        let Progress::Noticed { notice: Notice::NotAnAnswer, reason, .. } = progress else { return None };
        reason.clone()
    });
    reasons.collect()
}

#[tokio::test]
async fn a_callback_of_another_issuer_does_not_end_the_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let entra = FalseEntra::start(folder.path());
    let engine = engine(&folder.path().join("data"), &entra.cloud_file).await;
    engine.add_customer(customer(TENANT, APP, None, "Hq7~abcdefghijklmnopqrstuvwxyz0123")).await.unwrap();
    for tells_issuer in [false, true] {
        entra.script.lock().unwrap().tells_issuer = tells_issuer;
        let (host, mut pages) = Pages::new();
        let (_slot, pastes) = paste_slot();
        let person = async {
            let page = pages.recv().await.unwrap();
            let (back, state) = (parameter(&page, "redirect_uri"), parameter(&page, "state"));
            let say = async |issuer: &str| {
                let address = format!("{back}?{REFUSED}&state={state}{issuer}");
                tokio::task::spawn_blocking(move || visit(&address)).await.unwrap()
            };
            for foreign in ["https://evil.example/v2.0", &format!("{}/another-tenant/v2.0", entra.base)] {
                let page = say(&format!("&iss={foreign}")).await;
                assert!(page.starts_with("HTTP/1.1 400"), "{page}");
            }
            if tells_issuer {
                let page = say("").await;
                assert!(page.starts_with("HTTP/1.1 400"), "{page}");
            }
            // Version 1 names itself in another way than version 2, of which discovery speaks.
            let own = if tells_issuer { format!("&iss={}/{TENANT}/", entra.base) } else { String::new() };
            assert!(say(&own).await.starts_with("HTTP/1.1 303"));
        };
        let (result, ()) = tokio::join!(engine.consent(request(Catcher::Browser, 30), pastes, &host), person);
        assert_eq!(result.err().unwrap().code, ProblemCode::ConsentDeclined);
        let mut expected = vec!["foreign-issuer", "foreign-issuer"];
        expected.extend(tells_issuer.then_some("no-issuer"));
        assert_eq!(noticed(&host), expected);
    }
}

#[tokio::test]
async fn a_pasted_address_of_another_issuer_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let entra = FalseEntra::start(folder.path());
    let engine = engine(&folder.path().join("data"), &entra.cloud_file).await;
    engine.add_customer(customer(TENANT, APP, None, "Hq7~abcdefghijklmnopqrstuvwxyz0123")).await.unwrap();
    let (host, mut pages) = Pages::new();
    let (slot, pastes) = paste_slot();
    let person = async {
        let page = pages.recv().await.unwrap();
        let back =
            format!("{}?{REFUSED}&state={}", parameter(&page, "redirect_uri"), parameter(&page, "state"));
        let refused = slot.paste(format!("{back}&iss=https://evil.example/v2.0")).await.unwrap_err();
        assert_eq!(refused.params["reason"], "callback-foreign-issuer");
        slot.paste(format!("{back}&iss={}/{TENANT}/v2.0", entra.base)).await.unwrap();
    };
    let (result, ()) = tokio::join!(engine.consent(request(Catcher::Paste, 30), pastes, &host), person);
    assert_eq!(result.err().unwrap().code, ProblemCode::ConsentDeclined);
}
