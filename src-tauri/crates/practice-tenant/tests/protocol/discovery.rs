//! What discovery says of tenants, known and unknown, over real sockets.

use crate::common::World;
use practice_tenant::visitor::VisitError;
use serde_json::{Value, json};

#[tokio::test]
async fn discovery_names_addresses_that_answer_and_an_issuer_by_tenant() {
    let world = World::start().await;
    let login = &world.told.login;
    for (tenant, path, issuer) in [
        (
            world.told.customer_domain.as_str(),
            "/v2.0",
            format!("{login}/{}/v2.0", world.told.customer_tenant),
        ),
        (&world.told.customer_tenant, "", format!("{login}/{}/", world.told.customer_tenant)),
        ("practicecustomer.onmicrosoft.com", "/v2.0", format!("{login}/{}/v2.0", world.told.customer_tenant)),
        ("common", "/v2.0", format!("{login}/{{tenantid}}/v2.0")),
        ("organizations", "", format!("{login}/{{tenantid}}/")),
    ] {
        let address = format!("{login}/{tenant}{path}/.well-known/openid-configuration");
        let document: Value = world.http.get(address).send().await.unwrap().json().await.unwrap();
        assert_eq!(document["issuer"], issuer);
        let keys: Value = world
            .http
            .get(document["jwks_uri"].as_str().unwrap())
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(keys["keys"][0]["kty"], "RSA");
        let refused = world.http.post(document["token_endpoint"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(refused.status(), 400);
    }
}

#[tokio::test]
async fn an_unknown_tenant_is_told_in_every_form() {
    let world = World::start().await;
    let address = format!("{}/contoso.example/v2.0/.well-known/openid-configuration", world.told.login);
    let response = world.http.get(address).send().await.unwrap();
    assert_eq!(response.status(), 400);
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["error"], &body["error_codes"]), (&json!("invalid_tenant"), &json!([90002])));

    let fields = [("grant_type", "client_credentials"), ("client_id", world.told.client_id.as_str())];
    world.token("v2", "contoso.example", &fields).await.assert_refused(400, "invalid_request", 90002);

    let address = world.authorize("v2", "contoso.example", &[]);
    let refused = world.visitor.redirect_address(&address, world.user("admin")).await.unwrap_err();
    assert!(matches!(refused, VisitError::Refused { status: 400, code: Some(90002), .. }), "{refused}");
}
