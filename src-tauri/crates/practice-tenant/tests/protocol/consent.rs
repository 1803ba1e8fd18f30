//! Who may agree to what, and what an app has then, over real sockets.

use crate::common::{World, claims, parameters};
use serde_json::json;

#[tokio::test]
async fn an_app_has_the_roles_that_an_administrator_granted_and_no_others() {
    let world = World::start().await;
    let before = claims(world.app_token(&world.told.graph).await.text("access_token"));
    assert!(before.get("roles").is_none() && before.get("scp").is_none());
    assert_eq!(before["idtyp"], "app");

    let answer = world.consent_as_admin().await;
    assert_eq!(answer["admin_consent"], "True");
    assert_eq!(answer["tenant"], world.told.customer_tenant);
    assert_eq!(answer["state"], "consent state");
    for (resource, role) in [
        (world.told.graph.clone(), "SecurityAlert.Read.All"),
        ("https://api.securitycenter.microsoft.com".to_owned(), "Alert.Read.All"),
        (world.told.xdr.clone(), "Incident.Read.All"),
    ] {
        let token = claims(world.app_token(&resource).await.text("access_token"));
        assert_eq!(token["aud"], resource);
        assert!(token["roles"].as_array().unwrap().contains(&json!(role)), "{token}");
    }
    let credentials =
        async |scope| world.grant("v2", &[("grant_type", "client_credentials"), ("scope", scope)]).await;
    credentials("https://graph.microsoft.com/SecurityAlert.Read.All").await.assert_refused(
        400,
        "invalid_scope",
        1_002_012,
    );
    credentials("https://nowhere.example/.default").await.assert_refused(400, "invalid_resource", 500_011);
    let double = credentials("https://api.security.microsoft.com//.default").await;
    assert_eq!(claims(double.text("access_token"))["aud"], "https://api.security.microsoft.com/");
}

#[tokio::test]
async fn version_2_admin_consent_grants_the_scope_that_it_names() {
    let world = World::start().await;
    let scope = format!("{}/.default", world.told.graph);
    let address = world.admin_consent("v2.0/adminconsent", &[("scope", &scope)]);
    let answer = world.answer(&address, "admin").await;
    assert_eq!((answer["scope"].as_str(), answer["admin_consent"].as_str()), (scope.as_str(), "True"));
    let graph = claims(world.app_token(&world.told.graph).await.text("access_token"));
    assert!(graph.get("roles").is_some());
    let defender = claims(world.app_token(&world.told.defender).await.text("access_token"));
    assert!(defender.get("roles").is_none());
}

#[tokio::test]
async fn admin_consent_is_for_administrators_and_can_be_cancelled() {
    let world = World::start().await;
    let answer = world.answer(&world.admin_consent("adminconsent", &[]), "analyst").await;
    assert_eq!(answer["error"], "access_denied");
    assert!(answer["error_description"].starts_with("AADSTS90094"));
    for (path, scope, error) in [
        ("adminconsent", "", "permission_denied"),
        ("v2.0/adminconsent", "https://graph.microsoft.com/.default", "consent_required"),
    ] {
        let address = world.admin_consent(path, &[("scope", scope)]);
        let left =
            world.visitor.redirect_address_after_declining(&address, world.user("admin")).await.unwrap();
        let answer = parameters(&left);
        assert_eq!(answer["error"], error);
        assert!(answer["error_description"].starts_with("AADSTS65004"));
        assert!(!answer.contains_key("tenant"));
    }
}

#[tokio::test]
async fn a_guest_needs_an_administrators_consent_for_alerts_and_then_has_it() {
    let world = World::start().await;
    let address = world.authorize("v2", &world.told.customer_tenant, &[]);
    let refused = world.answer(&address, "analyst").await;
    assert_eq!(refused["error"], "access_denied");
    assert!(refused["error_description"].starts_with("AADSTS90094"));
    world.consent_as_admin().await;
    let reply = world.redeem(&world.code("analyst").await).await;
    assert_eq!(claims(reply.text("id_token"))["preferred_username"], world.user("analyst"));
}

#[tokio::test]
async fn a_cancelled_consent_comes_back_as_declined() {
    let world = World::start().await;
    let address = world.authorize("v2", &world.told.customer_tenant, &[]);
    let left = world.visitor.redirect_address_after_declining(&address, world.user("admin")).await.unwrap();
    let answer = parameters(&left);
    assert_eq!((answer["error"].as_str(), answer["error_subcode"].as_str()), ("access_denied", "cancel"));
    assert!(answer["error_description"].starts_with("AADSTS65004"));
    assert_eq!(answer["state"], "a state / with = signs & more");
}
