//! Discovery, keys and token endpoints, over real sockets, with answers as the real ones are and as they should not be.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

mod support;

use std::time::Duration;

use catalog::Audience;
use entra::{
    Attempt, Authority, EntraError, Registration, TenantName, TransportError, client_credentials, discover,
    fetch_keys, redeem_code, refresh,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use support::{Line, Stage, client};

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const REDIRECT: &str = "http://localhost:50123/SiemMsspConnector";

fn scopes() -> Audience {
    Audience::Scopes(vec!["https://graph.example/SecurityAlert.Read.All".to_owned()])
}

fn resource() -> Audience {
    Audience::Resource("https://graph.windows.net".to_owned())
}

fn v1_token() -> String {
    format!("/{TENANT}/oauth2/token")
}

fn v2_token() -> String {
    format!("/{TENANT}/oauth2/v2.0/token")
}

fn discovery_path(tenant: &str) -> String {
    format!("/{tenant}/v2.0/.well-known/openid-configuration")
}

fn document(base: &str) -> String {
    json!({
        "issuer": format!("{base}{TENANT}/v2.0"),
        "jwks_uri": format!("{base}{TENANT}/discovery/v2.0/keys"),
        "token_endpoint": format!("{base}{TENANT}/oauth2/v2.0/token"),
        "tenant_region_scope": "EU",
    })
    .to_string()
}

fn secret() -> SecretString {
    "canary+secret/with=odd&characters%".to_owned().into()
}

async fn app_token(stage: &Stage, audience: &Audience) -> Result<entra::TokenSet, EntraError> {
    let authority = Authority::new(stage.base.clone(), TENANT);
    let secret = secret();
    client_credentials(&client(), &authority, Registration { client_id: "app", secret: &secret }, audience)
        .await
}

fn transport(error: EntraError) -> TransportError {
    let EntraError::Transport(error) = error else { panic!("{error:?}") };
    error
}

#[tokio::test]
async fn a_code_is_redeemed_with_everything_that_ties_it_to_the_sign_in() {
    let answer = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "a", "refresh_token": "r",
                        "id_token": "i", "scope": "x", "unknown": {}});
    let stage = Stage::open([Line::json("POST", &v2_token(), 200, answer)]).await;
    let authority = Authority::new(stage.base.clone(), TENANT);
    let (attempt, secret) = (Attempt::begin(Attempt::LIFETIME).unwrap(), secret());
    let registration = Registration { client_id: "app", secret: &secret };
    let code = "co/de+ &=".to_owned().into();

    let tokens =
        redeem_code(&client(), &authority, registration, &scopes(), &code, REDIRECT, &attempt).await.unwrap();

    assert_eq!(tokens.expires_in, Duration::from_secs(3599));
    assert_eq!(tokens.lasting().unwrap().expose_secret(), "r");
    let asked = &stage.asked()[0];
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "co/de+ &="),
        ("client_id", "app"),
        ("client_secret", secret.expose_secret()),
        ("redirect_uri", REDIRECT),
        ("code_verifier", attempt.verifier().expose_secret()),
        ("scope", "https://graph.example/SecurityAlert.Read.All openid profile offline_access"),
    ] {
        assert_eq!(asked.field(name), Some(value), "{name}");
    }
    assert_eq!(asked.field("resource"), None);
    assert_eq!(asked.content_type.as_deref(), Some("application/x-www-form-urlencoded"));
}

#[tokio::test]
async fn version_1_is_asked_for_a_resource_and_may_answer_in_text() {
    let answer = json!({"token_type": "Bearer", "expires_in": "3599", "expires_on": "1795172400", "not_before": "1",
                        "ext_expires_in": "0", "resource": "https://graph.windows.net", "access_token": "a",
                        "refresh_token": "r2"});
    let stage = Stage::open([Line::json("POST", &v1_token(), 200, answer)]).await;
    let authority = Authority::new(stage.base.clone(), TENANT);
    let (secret, old) = (secret(), "r1".to_owned().into());
    let registration = Registration { client_id: "app", secret: &secret };

    let tokens = refresh(&client(), &authority, registration, &resource(), &old).await.unwrap();

    assert_eq!(tokens.expires_in, Duration::from_secs(3599));
    assert_eq!(tokens.refresh_token.unwrap().expose_secret(), "r2");
    let asked = &stage.asked()[0];
    assert_eq!(asked.field("refresh_token"), Some("r1"));
    assert_eq!(asked.field("resource"), Some("https://graph.windows.net"));
    assert_eq!(asked.field("scope"), None);
}

#[tokio::test]
async fn a_missing_refresh_token_is_noticed() {
    for answer in [json!({"access_token": "a"}), json!({"access_token": "a", "refresh_token": ""})] {
        let stage = Stage::open([Line::json("POST", &v2_token(), 200, answer)]).await;
        let tokens = app_token(&stage, &scopes()).await.unwrap();
        assert_eq!(tokens.lasting().unwrap_err(), EntraError::NoRefreshToken);
    }
}

#[tokio::test]
async fn a_refusal_keeps_microsofts_own_words_and_none_of_ours() {
    let body = json!({
        "error": "invalid_client",
        "error_description": "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: t\r\nCorrelation ID: c",
        "error_codes": [7_000_215], "timestamp": "2026-11-20 10:00:00Z", "trace_id": "t", "correlation_id": "c",
    });
    let stage = Stage::open([Line::json("POST", &v2_token(), 401, body)]).await;

    let error = app_token(&stage, &scopes()).await.unwrap_err();

    assert_eq!(error.problem(), "secret-wrong");
    assert_eq!(error.refusal().and_then(|refusal| refusal.trace_id.as_deref()), Some("t"));
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[tokio::test]
async fn an_answer_that_quotes_a_token_wrongly_is_not_quoted_back() {
    let stage =
        Stage::open([Line::json("POST", &v2_token(), 200, r#"{"access_token": 17, "x": "canary-token"}"#)])
            .await;
    let error = app_token(&stage, &scopes()).await.unwrap_err();
    assert_eq!(error.problem(), "response-unreadable");
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[tokio::test]
async fn answers_that_are_no_answers_are_told_apart() {
    for (line, problem) in [
        (Line::json("POST", &v2_token(), 200, "<html>"), "response-unreadable"),
        (Line::json("POST", &v2_token(), 200, json!({"access_token": ""})), "response-unreadable"),
        (
            Line::json("POST", &v2_token(), 200, json!({"access_token": "a", "token_type": "mac"})),
            "response-unreadable",
        ),
        (Line::json("POST", &v2_token(), 404, "nothing"), "response-unreadable"),
        (Line::json("POST", &v2_token(), 503, "busy").header("retry-after", "61"), "microsoft-unavailable"),
        (Line::json("POST", &v2_token(), 429, "slower").header("retry-after", "61"), "throttled"),
        (
            Line::json("POST", &v2_token(), 307, "").header("location", "https://elsewhere.example/token"),
            "foreign-host",
        ),
    ] {
        let stage = Stage::open([line]).await;
        let error = app_token(&stage, &scopes()).await.unwrap_err();
        assert_eq!(error.problem(), problem);
        let error = transport(error);
        if let TransportError::Throttled { retry_after, .. } = &error {
            assert_eq!(*retry_after, Some(Duration::from_secs(61)));
        }
        if let TransportError::Foreign { target, .. } = &error {
            assert_eq!(target, "elsewhere.example");
        }
        assert_eq!(stage.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_busy_endpoint_is_asked_again_and_given_up_after_three_times() {
    let busy = |status| Line::json("POST", &v2_token(), status, "busy").header("retry-after", "0");
    let good = Line::json("POST", &v2_token(), 200, json!({"access_token": "a", "token_type": "Bearer"}));
    let stage = Stage::open([busy(429), busy(503), good]).await;
    app_token(&stage, &scopes()).await.unwrap();
    assert_eq!(stage.asked().len(), 3);

    let stage = Stage::open([busy(503), busy(502), busy(500)]).await;
    assert_eq!(app_token(&stage, &scopes()).await.unwrap_err().problem(), "microsoft-unavailable");
    assert_eq!(stage.asked().len(), 3);
}

#[tokio::test]
async fn an_answer_larger_than_any_real_one_is_not_read_to_its_end() {
    let body = format!(r#"{{"access_token":"{}"}}"#, "x".repeat(1024 * 1024));
    let stage = Stage::open([Line::json("POST", &v2_token(), 200, body)]).await;
    let error = transport(app_token(&stage, &scopes()).await.unwrap_err());
    assert!(matches!(error, TransportError::TooLarge { limit: 1_048_576, .. }));
}

#[tokio::test]
async fn a_host_that_is_not_there_or_hangs_up_is_named() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let authority = Authority::new(format!("http://{address}/").parse().unwrap(), TENANT);
    let secret = secret();
    let registration = Registration { client_id: "app", secret: &secret };

    let hang_up = async {
        use tokio::io::AsyncReadExt;
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut some = [0; 64];
        let _ = stream.read(&mut some).await;
        drop(stream);
        drop(listener);
    };
    let (http, audience) = (client(), scopes());
    let (answer, ()) = tokio::join!(client_credentials(&http, &authority, registration, &audience), hang_up);
    assert_eq!(transport(answer.unwrap_err()), TransportError::Cut { host: address.to_string() });

    let answer = client_credentials(&client(), &authority, registration, &scopes()).await;
    let error = transport(answer.unwrap_err());
    assert!(
        matches!(&error, TransportError::Unreachable { host, .. } if *host == address.to_string()),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_not_trusted() {
    let stage = Stage::open([]).await;
    let mut base = stage.base.clone();
    base.set_scheme("https").unwrap();
    let authority = Authority::new(base, TENANT);
    let secret = secret();
    let registration = Registration { client_id: "app", secret: &secret };
    let answer = client_credentials(&client(), &authority, registration, &scopes()).await;
    let error = answer.unwrap_err();
    assert_eq!(error.problem(), "tls-refused", "{error:?}");
}

#[tokio::test]
async fn the_time_of_one_client_is_not_told_to_another() {
    let stage = Stage::open([]).await;
    let document = document(stage.base.as_str());
    let line = Line::json("GET", &discovery_path(TENANT), 200, document);
    stage.add(line.header("date", "Fri, 20 Nov 2026 10:00:00 GMT"));
    let (asked, other) = (client(), client());
    discover(&asked, &stage.base, &TenantName::parse(TENANT).unwrap()).await.unwrap();
    let told = asked.clone().server_time().unwrap();
    let date: jiff::Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
    assert!((0..60).contains(&told.duration_since(date).as_secs()), "{told}");
    assert_eq!(other.server_time(), None);
}

#[tokio::test]
async fn a_domain_leads_to_the_tenants_guid() {
    let stage = Stage::open([]).await;
    stage.add(
        Line::json("GET", &discovery_path("contoso.example"), 200, document(stage.base.as_str()))
            .header("date", "Fri, 20 Nov 2026 10:00:00 GMT"),
    );
    let name = TenantName::parse("Contoso.example").unwrap();

    let discovery = discover(&client(), &stage.base, &name).await.unwrap();

    assert_eq!(discovery.tenant_id, TENANT);
    assert_eq!(discovery.domain.as_deref(), Some("contoso.example"));
    assert_eq!(discovery.issuer, format!("{}{TENANT}/v2.0", stage.base));
    assert_eq!(discovery.date, Some("2026-11-20T10:00:00Z".parse().unwrap()));
    stage.asked();
}

#[tokio::test]
async fn discovery_says_whether_answers_name_their_issuer() {
    for (told, expected) in [(json!(true), true), (json!(false), false), (json!(null), false)] {
        let stage = Stage::open([]).await;
        let mut document: serde_json::Value = serde_json::from_str(&document(stage.base.as_str())).unwrap();
        document["authorization_response_iss_parameter_supported"] = told;
        stage.add(Line::json("GET", &discovery_path(TENANT), 200, document));
        let discovery = discover(&client(), &stage.base, &TenantName::parse(TENANT).unwrap()).await.unwrap();
        assert_eq!(discovery.tells_issuer, expected);
    }
}

#[tokio::test]
async fn this_computers_other_names_are_no_other_place() {
    let stage = Stage::open([]).await;
    let other_name = stage.base.as_str().replace("127.0.0.1", "localhost");
    stage.add(Line::json("GET", &discovery_path(TENANT), 200, document(&other_name)));
    let discovery = discover(&client(), &stage.base, &TenantName::parse(TENANT).unwrap()).await.unwrap();
    assert_eq!(discovery.keys.host_str(), Some("127.0.0.1"));
}

#[tokio::test]
async fn a_tenant_of_another_cloud_is_told_so() {
    let stage = Stage::open([]).await;
    let elsewhere = document("https://login.government.example/");
    stage.add(Line::json("GET", &discovery_path(TENANT), 200, elsewhere));
    let error = discover(&client(), &stage.base, &TenantName::parse(TENANT).unwrap()).await.unwrap_err();
    assert!(matches!(error, EntraError::OtherCloud { host, .. } if host == "login.government.example"));
}

#[tokio::test]
async fn a_tenant_that_is_not_there_is_told_so() {
    let unknown = json!({"error": "invalid_tenant", "error_codes": [90002],
                         "error_description": "AADSTS90002: Tenant 'contoso.example' not found."});
    for line in [
        Line::json("GET", &discovery_path("contoso.example"), 400, unknown),
        Line::json("GET", &discovery_path("contoso.example"), 404, ""),
    ] {
        let stage = Stage::open([line]).await;
        let name = TenantName::parse("contoso.example").unwrap();
        let error = discover(&client(), &stage.base, &name).await.unwrap_err();
        assert_eq!(error.problem(), "tenant-not-found");
        stage.asked();
    }
}

#[tokio::test]
async fn a_document_about_another_tenant_is_not_believed() {
    let asked = "99999999-2222-3333-4444-555555555555";
    let stage = Stage::open([]).await;
    stage.add(Line::json("GET", &discovery_path(asked), 200, document(stage.base.as_str())));
    let error = discover(&client(), &stage.base, &TenantName::parse(asked).unwrap()).await.unwrap_err();
    assert_eq!(error.problem(), "response-unreadable");
}

#[tokio::test]
async fn a_key_set_without_a_usable_key_is_no_key_set() {
    let stage = Stage::open([]).await;
    stage.add(Line::json("GET", &discovery_path(TENANT), 200, document(stage.base.as_str())));
    let keys_path = format!("/{TENANT}/discovery/v2.0/keys");
    stage.add(Line::json("GET", &keys_path, 200, json!({"keys": [{"kty": "EC", "kid": "x"}]})));
    let discovery = discover(&client(), &stage.base, &TenantName::parse(TENANT).unwrap()).await.unwrap();
    assert_eq!(fetch_keys(&client(), &discovery).await.unwrap_err().problem(), "response-unreadable");
    stage.asked();
}
