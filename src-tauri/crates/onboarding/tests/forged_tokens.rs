//! Forty id tokens that are forged, foreign or stale: each is refused, and nothing of the sign-in is in the vault
//! afterwards. And how long it takes from the callback to the token request.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

mod support;

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entra::RedirectUri;
use onboarding::contract::{Catcher, ConsentResult, EvidenceKey, EvidenceState, Problem};
use onboarding::{Engine, paste_slot};
use rsa::pkcs1v15::SigningKey;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{RsaPrivateKey, rand_core::OsRng};
use serde_json::{Value, json};
use sha2::Sha256;
use support::{APP, FalseEntra, Pages, TENANT, customer, engine, parameter, request, visit};
use vault::SecretKind;

const OTHER_TENANT: &str = "99999999-2222-3333-4444-555555555555";
const CANARIES: [&str; 2] = ["canary-access-7f3a", "canary-refresh-7f3a"];

static KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| RsaPrivateKey::new(&mut OsRng, 2048).unwrap());
static FOREIGN: LazyLock<RsaPrivateKey> = LazyLock::new(|| RsaPrivateKey::new(&mut OsRng, 2048).unwrap());

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn key_set() -> String {
    let key = json!({"kty": "RSA", "use": "sig", "kid": "one",
                     "n": encode(KEY.n().to_bytes_be()), "e": encode(KEY.e().to_bytes_be())});
    json!({ "keys": [key] }).to_string()
}

/// A token in the making: everything about it can be spoiled.
struct Forgery {
    header: Value,
    claims: Value,
    key: &'static RsaPrivateKey,
    /// The last word about the finished token.
    finish: fn(String) -> Option<String>,
}

impl Forgery {
    fn token(self) -> Option<String> {
        let message = format!("{}.{}", encode(self.header.to_string()), encode(self.claims.to_string()));
        let signature = SigningKey::<Sha256>::new(self.key.clone()).sign(message.as_bytes());
        (self.finish)(format!("{message}.{}", encode(signature.to_bytes())))
    }
}

type Spoil = fn(&mut Forgery);

fn forgeries() -> Vec<(&'static str, Spoil)> {
    vec![
        ("none at all", |f| f.finish = |_| None),
        ("empty", |f| f.finish = |_| Some(String::new())),
        ("not a token", |f| f.finish = |_| Some("opaque".to_owned())),
        ("two parts", |f| f.finish = |token| token.rsplit_once('.').map(|(message, _)| message.to_owned())),
        ("four parts", |f| f.finish = |token| Some(format!("{token}.x"))),
        ("no signature", |f| {
            f.finish = |token| token.rsplit_once('.').map(|(message, _)| format!("{message}."));
        }),
        ("a short signature", |f| {
            f.finish = |token| token.rsplit_once('.').map(|(message, _)| format!("{message}.AAAA"));
        }),
        ("a signature of another token", |f| {
            f.finish = |token| {
                let (_, signature) = token.rsplit_once('.')?;
                let header = encode(r#"{"alg":"RS256","kid":"one","typ":"jwt"}"#);
                Some(format!("{header}.{}.{signature}", token.split('.').nth(1)?))
            }
        }),
        ("a claim changed after signing", |f| {
            f.finish = |token| {
                let (header, rest) = token.split_once('.')?;
                let (payload, signature) = rest.split_once('.')?;
                let mut claims: Value =
                    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
                claims["oid"] = json!("00000000-0000-0000-0000-000000000000");
                Some(format!("{header}.{}.{signature}", encode(claims.to_string())))
            }
        }),
        ("algorithm none, unsigned", |f| {
            f.header["alg"] = json!("none");
            f.finish = |token| token.rsplit_once('.').map(|(message, _)| format!("{message}."));
        }),
        ("algorithm None", |f| f.header["alg"] = json!("None")),
        ("algorithm HS256", |f| f.header["alg"] = json!("HS256")),
        ("algorithm RS384", |f| f.header["alg"] = json!("RS384")),
        ("algorithm RS512", |f| f.header["alg"] = json!("RS512")),
        ("algorithm PS256", |f| f.header["alg"] = json!("PS256")),
        ("algorithm ES256", |f| f.header["alg"] = json!("ES256")),
        ("no algorithm", |f| f.header["alg"] = Value::Null),
        ("a key that nobody published", |f| f.header["kid"] = json!("two")),
        ("no key named", |f| f.header["kid"] = Value::Null),
        ("signed by somebody else", |f| f.key = &FOREIGN),
        ("signed by a key that it brings along", |f| {
            f.key = &FOREIGN;
            f.header["jwk"] = json!({"kty": "RSA", "n": encode(FOREIGN.n().to_bytes_be()), "e": "AQAB"});
        }),
        ("an extension that must be understood", |f| f.header["crit"] = json!(["exp"])),
        ("for another app", |f| f.claims["aud"] = json!("bbbbbbbb-2222-3333-4444-555555555555")),
        ("for two apps", |f| f.claims["aud"] = json!([APP, "another"])),
        ("for nobody", |f| f.claims["aud"] = Value::Null),
        ("of another tenant", |f| f.claims["tid"] = json!(OTHER_TENANT)),
        ("of another tenant, issuer included", |f| {
            f.claims["tid"] = json!(OTHER_TENANT);
            f.claims["iss"] = json!(f.claims["iss"].as_str().unwrap().replace(TENANT, OTHER_TENANT));
        }),
        ("of no tenant", |f| f.claims["tid"] = Value::Null),
        ("of tenant common", |f| f.claims["tid"] = json!("common")),
        ("by the issuer of another tenant", |f| {
            f.claims["iss"] = json!(f.claims["iss"].as_str().unwrap().replace(TENANT, OTHER_TENANT));
        }),
        ("by a stranger", |f| f.claims["iss"] = json!("https://evil.example/v2.0")),
        ("by an issuer with a path too many", |f| {
            f.claims["iss"] = json!(format!("{}/x", f.claims["iss"].as_str().unwrap()));
        }),
        ("by nobody", |f| f.claims["iss"] = Value::Null),
        ("for another sign-in", |f| f.claims["nonce"] = json!("another")),
        ("for no sign-in", |f| f.claims["nonce"] = Value::Null),
        ("for an empty sign-in", |f| f.claims["nonce"] = json!("")),
        ("ended an hour ago", |f| f.claims["exp"] = json!(f.claims["iat"].as_i64().unwrap() - 3600)),
        ("without an end", |f| f.claims["exp"] = Value::Null),
        ("with an end in words", |f| f.claims["exp"] = json!("tomorrow")),
        ("from tomorrow on", |f| f.claims["nbf"] = json!(f.claims["iat"].as_i64().unwrap() + 86_400)),
        ("claims that are a list", |f| f.claims = json!([])),
    ]
}

/// One consent: the answer comes back at once, with this token.
async fn consent(
    engine: &Engine,
    entra: &FalseEntra,
    spoil: Spoil,
) -> Result<(ConsentResult, Duration), Problem> {
    let (host, mut pages) = Pages::new();
    let (_slot, pastes) = paste_slot();
    let answer = async {
        let page = pages.recv().await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "the clock of a false Entra")]
        let now = jiff::Timestamp::now().as_second();
        let mut forgery = Forgery {
            header: json!({"typ": "JWT", "alg": "RS256", "kid": "one"}),
            claims: json!({
                "iss": format!("{}/{TENANT}/v2.0", entra.base), "aud": APP, "tid": TENANT,
                "nonce": parameter(&page, "nonce"), "iat": now, "nbf": now - 5, "exp": now + 3600,
                "oid": "cccccccc-2222-3333-4444-555555555555", "preferred_username": "admin@contoso.example",
                "idp": format!("https://sts.windows.net/{OTHER_TENANT}/"),
            }),
            key: &KEY,
            finish: Some,
        };
        spoil(&mut forgery);
        let mut token = json!({
            "token_type": "Bearer", "expires_in": 3599, "scope": "SecurityAlert.Read.All",
            "access_token": CANARIES[0], "refresh_token": CANARIES[1], "refresh_token_expires_in": 86_399,
        });
        if let Some(id_token) = forgery.token() {
            token["id_token"] = json!(id_token);
        }
        let address =
            format!("{}?code=x&state={}", parameter(&page, "redirect_uri"), parameter(&page, "state"));
        {
            let mut script = entra.script.lock().unwrap();
            (script.keys, script.token, script.asked) = (key_set(), token.to_string(), None);
        }
        let sent = Instant::now();
        tokio::task::spawn_blocking(move || visit(&address)).await.unwrap();
        sent
    };
    let (result, sent) = tokio::join!(engine.consent(request(Catcher::Browser, 30), pastes, &host), answer);
    let asked = entra.script.lock().unwrap().asked.unwrap();
    result.map(|result| (result, asked.saturating_duration_since(sent)))
}

/// What lies in the vault, opened again: the kinds of secrets, and whether a canary is in any file.
fn kept(folder: &Path, customer: &str) -> (Vec<SecretKind>, bool) {
    let passphrase = "correct horse battery staple".to_owned().into();
    let vault =
        vault::Vault::open(folder, vault::Unlock::Passphrase(passphrase), Duration::from_secs(5)).unwrap();
    let kinds = vault.secrets_of(customer).unwrap();
    drop(vault);
    let mut found = false;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(path).unwrap();
                let holds =
                    |canary: &&str| bytes.windows(canary.len()).any(|window| window == canary.as_bytes());
                found |= CANARIES.iter().any(holds);
            }
        }
    }
    (kinds, found)
}

#[tokio::test]
async fn forty_forged_or_foreign_tokens_are_refused_and_nothing_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let entra = FalseEntra::start(folder.path());
    let data = folder.path().join("data");
    let engine = engine(&data, &entra.cloud_file).await;
    let id = engine
        .add_customer(customer(TENANT, APP, None, "Hq7~abcdefghijklmnopqrstuvwxyz0123"))
        .await
        .unwrap()
        .id;
    let forgeries = forgeries();
    assert!(forgeries.len() >= 40, "{}", forgeries.len());
    for (name, spoil) in forgeries {
        let problem = consent(&engine, &entra, spoil).await.err();
        let code = problem.as_ref().map(|problem| problem.code.as_str());
        assert!(matches!(code, Some("token-invalid" | "wrong-tenant")), "{name}: {problem:?}");
        let after = engine.customer(&id).await.unwrap();
        assert!(after.consent.is_none(), "{name} was recorded");
    }
    drop(engine);
    assert_eq!(kept(&data, &id), (vec![SecretKind::ClientSecret], false));

    // The true one, at the same server, is taken; so the refusals above were about the tokens.
    let engine = support::engine(&data, &entra.cloud_file).await;
    let (result, _) = consent(&engine, &entra, |_| {}).await.unwrap();
    assert_eq!(result.customer.consent.as_ref().unwrap().account.as_deref(), Some("admin@contoso.example"));
    let evidence = |key| result.evidence.iter().find(|one| one.key == key).unwrap();
    let fact = |key, name: &str| {
        evidence(key).facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.clone())
    };
    assert_eq!(fact(EvidenceKey::AccountKnown, "kind").as_deref(), Some("guest"));
    assert_eq!(fact(EvidenceKey::AccountKnown, "home").as_deref(), Some(OTHER_TENANT));
    assert_eq!(evidence(EvidenceKey::SecondFactor).state, EvidenceState::Warning);
    assert_eq!(fact(EvidenceKey::SignInSealed, "finding").as_deref(), Some("platform-spa"));
    drop(engine);
    let (kinds, found) = kept(&data, &id);
    assert!(kinds.contains(&SecretKind::RefreshToken));
    assert!(!found, "a token lies in clear in the vault's folder");
}

/// Figures, not a verdict: `cargo test -p onboarding --test forged_tokens -- --nocapture how_long`.
#[tokio::test]
async fn how_long_the_answer_takes_from_callback_to_token_request() {
    let folder = tempfile::tempdir().unwrap();
    let entra = FalseEntra::start(folder.path());
    let engine = engine(&folder.path().join("data"), &entra.cloud_file).await;
    engine.add_customer(customer(TENANT, APP, None, "Hq7~abcdefghijklmnopqrstuvwxyz0123")).await.unwrap();
    let mut redeeming = Vec::new();
    for _ in 0..25 {
        redeeming.push(consent(&engine, &entra, |_| {}).await.unwrap().1);
    }
    let registered = RedirectUri::parse("http://localhost/SiemMsspConnector").unwrap();
    let mut listening = Vec::new();
    for _ in 0..25 {
        let began = Instant::now();
        let catcher = entra::Catcher::bind(&registered).await.unwrap();
        listening.push(began.elapsed());
        drop(catcher);
    }
    for (name, times) in [("callback to token request", &mut redeeming), ("listener ready", &mut listening)] {
        times.sort();
        println!(
            "{name}: median {:?}, worst {:?} of {}",
            times[times.len() / 2],
            times[times.len() - 1],
            times.len()
        );
    }
}
