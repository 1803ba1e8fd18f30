//! Forged, stale and foreign id tokens, and the true one.

use std::sync::LazyLock;

use rsa::pkcs1v15::SigningKey;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use rsa::{RsaPrivateKey, rand_core::OsRng};
use serde_json::{Value, json};
use sha2::Sha256;

use super::*;

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const OTHER_TENANT: &str = "99999999-2222-3333-4444-555555555555";
const APP: &str = "aaaaaaaa-2222-3333-4444-555555555555";
const ISSUER: &str = "https://login.example/11111111-2222-3333-4444-555555555555/v2.0";
const NOW: i64 = 1_795_168_800;

static KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| RsaPrivateKey::new(&mut OsRng, 2048).unwrap());
static OTHER_KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| RsaPrivateKey::new(&mut OsRng, 2048).unwrap());

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn key_set() -> String {
    let public = |kid: &str, key: &RsaPrivateKey| {
        json!({"kty": "RSA", "use": "sig", "kid": kid, "x5c": ["ignored"],
               "n": encode(key.n().to_bytes_be()), "e": encode(key.e().to_bytes_be())})
    };
    let foreign = json!({"kty": "EC", "kid": "curve", "crv": "P-256", "x": "AA", "y": "AA"});
    json!({"keys": [foreign, public("one", &KEY), public("two", &OTHER_KEY)]}).to_string()
}

fn keys() -> SigningKeys {
    SigningKeys::parse(key_set().as_bytes()).unwrap()
}

fn header() -> Value {
    json!({"typ": "JWT", "alg": "RS256", "kid": "one", "x5t": "one"})
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": APP, "tid": TENANT, "nonce": "the-nonce", "exp": NOW + 3600, "nbf": NOW - 5, "iat": NOW - 5,
        "oid": "bbbbbbbb-2222-3333-4444-555555555555", "preferred_username": "admin@contoso.example",
        "name": "Admin of Contoso", "amr": ["pwd", "mfa"], "ver": "2.0",
    })
}

fn signed_by(key: &RsaPrivateKey, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let signature = SigningKey::<Sha256>::new(key.clone()).sign(message.as_bytes());
    format!("{message}.{}", encode(signature.to_bytes()))
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

type Check = fn(Option<&SecretString>, &SigningKeys, &Expectation<'_>) -> Result<Identity, EntraError>;

fn check(token: &str) -> Result<Identity, EntraError> {
    check_by(verify, token)
}

fn check_by(check: Check, token: &str) -> Result<Identity, EntraError> {
    check_sent(check, Some("the-nonce"), token)
}

fn check_sent(check: Check, nonce: Option<&str>, token: &str) -> Result<Identity, EntraError> {
    let nonce: Option<SecretString> = nonce.map(|nonce| nonce.to_owned().into());
    let issuers = [ISSUER.to_owned(), format!("https://sts.example/{TENANT}/")];
    let expected = Expectation {
        client_id: APP,
        tenant_id: TENANT,
        issuers: &issuers,
        nonce: nonce.as_ref(),
        now: Timestamp::constant(NOW, 0),
    };
    check(Some(&token.to_owned().into()), &keys(), &expected)
}

fn fault(token: &str) -> IdentityFault {
    let error = check(token).unwrap_err();
    let EntraError::IdentityRefused { reason } = error else { panic!("{error:?}") };
    reason
}

#[test]
fn a_true_token_says_who_signed_in() {
    let identity = check(&signed_by(&KEY, &header(), &claims())).unwrap();
    assert_eq!(identity.tenant_id, TENANT);
    assert_eq!(identity.user.as_deref(), Some("admin@contoso.example"));
    assert_eq!(identity.methods, ["pwd", "mfa"]);
}

#[test]
fn version_1_names_another_issuer_and_writes_text_for_numbers() {
    let mut version_1 = claims();
    version_1["iss"] = json!(format!("https://sts.example/{TENANT}/"));
    version_1["exp"] = json!((NOW + 60).to_string());
    version_1["tid"] = json!(TENANT.to_uppercase());
    version_1["aud"] = json!([APP]);
    assert!(check(&signed_by(&KEY, &header(), &version_1)).is_ok());
}

#[test]
fn a_guest_is_told_from_an_account_of_the_tenant() {
    let belonging = |more: &[(&str, Value)]| {
        let claims = more.iter().fold(claims(), |claims, (name, value)| with(claims, name, value.clone()));
        check(&signed_by(&KEY, &header(), &claims)).unwrap().belonging()
    };
    let home = format!("https://sts.windows.net/{OTHER_TENANT}/");
    let guest = |home: Option<&str>| Belonging::Guest { home: home.map(str::to_owned) };
    assert_eq!(belonging(&[]), Belonging::Member);
    assert_eq!(belonging(&[("idp", json!(format!("https://sts.windows.net/{TENANT}/")))]), Belonging::Member);
    assert_eq!(belonging(&[("idp", json!(home))]), guest(Some(OTHER_TENANT)));
    assert_eq!(belonging(&[("idp", json!("live.com"))]), guest(Some("live.com")));
    assert_eq!(belonging(&[("upn", json!("a_b.example#EXT#@contoso.example"))]), guest(None));
    assert_eq!(belonging(&[("acct", json!(1))]), guest(None));
    assert_eq!(belonging(&[("acct", json!("0")), ("idp", json!(home))]), Belonging::Member);
}

#[test]
fn a_second_factor_is_seen_missed_or_unknown() {
    let factor = |methods: Value| {
        check(&signed_by(&KEY, &header(), &with(claims(), "amr", methods))).unwrap().second_factor()
    };
    assert_eq!(factor(json!(["pwd", "mfa"])), Some(true));
    assert_eq!(factor(json!(["ngcmfa"])), Some(true));
    assert_eq!(factor(json!(["pwd"])), Some(false));
    assert_eq!(factor(json!("pwd")), Some(false));
    assert_eq!(factor(Value::Null), None);
}

#[test]
fn the_algorithm_is_not_the_tokens_to_choose() {
    let payload = encode(claims().to_string());
    for none in ["none", "None", "NONE", "nOnE"] {
        let unsigned = encode(json!({"alg": none, "kid": "one"}).to_string());
        assert_eq!(fault(&format!("{unsigned}.{payload}.")), IdentityFault::Unsigned);
    }

    // The public key, which everybody has, used as the secret of a MAC.
    let header = json!({"alg": "HS256", "kid": "one", "typ": "JWT"});
    let message = format!("{}.{payload}", encode(header.to_string()));
    let secret = jsonwebtoken::EncodingKey::from_secret(&KEY.n().to_bytes_be());
    let mac = jsonwebtoken::crypto::sign(message.as_bytes(), &secret, Algorithm::HS256).unwrap();
    assert_eq!(fault(&format!("{message}.{mac}")), IdentityFault::Algorithm);

    for other in ["RS384", "RS512", "PS256", "ES256", "EdDSA", "rs256", ""] {
        let token = signed_by(&KEY, &json!({"alg": other, "kid": "one"}), &claims());
        assert_eq!(fault(&token), IdentityFault::Algorithm, "{other}");
    }
}

#[test]
fn a_key_that_is_not_the_tenants_does_not_sign() {
    let kid = |kid: Value| with(header(), "kid", kid);
    assert_eq!(fault(&signed_by(&KEY, &kid(json!("three")), &claims())), IdentityFault::UnknownKey);
    assert_eq!(fault(&signed_by(&KEY, &kid(Value::Null), &claims())), IdentityFault::UnknownKey);
    assert_eq!(fault(&signed_by(&KEY, &kid(json!("curve")), &claims())), IdentityFault::UnknownKey);
    assert_eq!(fault(&signed_by(&KEY, &kid(json!("two")), &claims())), IdentityFault::Signature);
    assert_eq!(fault(&signed_by(&OTHER_KEY, &header(), &claims())), IdentityFault::Signature);
    // A key that the token brings along is no key.
    let brought =
        with(header(), "jwk", json!({"kty": "RSA", "n": encode(OTHER_KEY.n().to_bytes_be()), "e": "AQAB"}));
    assert_eq!(fault(&signed_by(&OTHER_KEY, &brought, &claims())), IdentityFault::Signature);
}

#[test]
fn a_changed_token_does_not_hold() {
    let token = signed_by(&KEY, &header(), &claims());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (first, _) = message.split_once('.').unwrap();
    let changed = encode(with(claims(), "name", json!("Somebody else")).to_string());
    assert_eq!(fault(&format!("{first}.{changed}.{signature}")), IdentityFault::Signature);
    assert_eq!(fault(&format!("{message}.")), IdentityFault::Signature);
    assert_eq!(fault(&format!("{message}.AAAA")), IdentityFault::Signature);
}

#[test]
fn claims_that_do_not_fit_are_refused_with_their_reason() {
    for (name, value, reason) in [
        ("aud", json!("cccccccc-2222-3333-4444-555555555555"), IdentityFault::Audience),
        ("aud", json!([APP, "another"]), IdentityFault::Audience),
        ("aud", json!([]), IdentityFault::Audience),
        ("aud", Value::Null, IdentityFault::Audience),
        ("tid", Value::Null, IdentityFault::NoTenant),
        ("tid", json!("common"), IdentityFault::NoTenant),
        ("iss", Value::Null, IdentityFault::Issuer),
        ("iss", json!("https://login.example/common/v2.0"), IdentityFault::Issuer),
        ("iss", json!(format!("{ISSUER}/")), IdentityFault::Issuer),
        ("iss", json!(ISSUER.replace("login", "evil")), IdentityFault::Issuer),
        ("iss", json!(ISSUER.replace(TENANT, OTHER_TENANT)), IdentityFault::Issuer),
        ("nonce", Value::Null, IdentityFault::Nonce),
        ("nonce", json!(""), IdentityFault::Nonce),
        ("nonce", json!("another-nonce"), IdentityFault::Nonce),
        ("exp", Value::Null, IdentityFault::Expired),
        ("exp", json!(NOW - LEEWAY), IdentityFault::Expired),
        ("exp", json!(0), IdentityFault::Expired),
        ("exp", json!("soon"), IdentityFault::Expired),
        ("nbf", json!(NOW + LEEWAY + 1), IdentityFault::NotYetValid),
        ("nbf", json!(u64::from(u32::MAX)), IdentityFault::NotYetValid),
    ] {
        let token = signed_by(&KEY, &header(), &with(claims(), name, value.clone()));
        assert_eq!(fault(&token), reason, "{name} = {value}");
    }
}

#[test]
fn a_sign_in_from_elsewhere_may_have_any_nonce_and_must_hold_otherwise() {
    for nonce in [Value::Null, json!("another-nonce")] {
        let claims = with(claims(), "nonce", nonce);
        for check in [verify as Check, verify_renewed] {
            assert!(check_sent(check, None, &signed_by(&KEY, &header(), &claims)).is_ok());
            assert!(check_sent(check, None, &signed_by(&OTHER_KEY, &header(), &claims)).is_err());
            let foreign = with(claims.clone(), "aud", json!("another app"));
            assert!(check_sent(check, None, &signed_by(&KEY, &header(), &foreign)).is_err());
        }
    }
}

#[test]
fn a_renewed_token_need_not_repeat_the_nonce_but_may_name_no_other() {
    let token = |nonce| signed_by(&KEY, &header(), &with(claims(), "nonce", nonce));
    assert!(check_by(verify_renewed, &token(Value::Null)).is_ok());
    assert!(check_by(verify_renewed, &token(json!("the-nonce"))).is_ok());
    assert!(check_by(verify_renewed, &token(json!("another-nonce"))).is_err());
    let foreign = with(with(claims(), "nonce", Value::Null), "aud", json!("another app"));
    assert!(check_by(verify_renewed, &signed_by(&OTHER_KEY, &header(), &foreign)).is_err());
    assert!(check_by(verify_renewed, &signed_by(&KEY, &header(), &foreign)).is_err());
}

#[test]
fn clocks_may_differ_by_five_minutes() {
    for (name, value) in [("exp", NOW - LEEWAY + 1), ("nbf", NOW + LEEWAY)] {
        assert!(check(&signed_by(&KEY, &header(), &with(claims(), name, json!(value)))).is_ok());
    }
}

#[test]
fn another_tenant_is_named_but_only_by_a_true_token() {
    let foreign = with(claims(), "tid", json!(OTHER_TENANT));
    assert_eq!(
        check(&signed_by(&KEY, &header(), &foreign)),
        Err(EntraError::WrongTenant { expected: TENANT.to_owned(), actual: OTHER_TENANT.to_owned() })
    );
    assert_eq!(fault(&signed_by(&OTHER_KEY, &header(), &foreign)), IdentityFault::Signature);
}

#[test]
fn what_is_no_token_is_malformed() {
    let payload = encode(claims().to_string());
    for text in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        "opaque".to_owned(),
        format!("{payload}.{payload}.{payload}.{payload}"),
        format!("{}.{payload}.AA", encode("not json")),
        format!("{}.{payload}.AA", encode("[]")),
        "x".repeat(LARGEST + 1),
    ] {
        assert_eq!(fault(&text), IdentityFault::Malformed);
    }
    let critical = with(header(), "crit", json!(["exp"]));
    assert_eq!(fault(&signed_by(&KEY, &critical, &claims())), IdentityFault::Malformed);
}

#[test]
fn small_and_foreign_keys_are_left_out() {
    let small = RsaPrivateKey::new(&mut OsRng, 1024).unwrap();
    let key = |purpose: &str| json!({"kty": "RSA", "use": purpose, "kid": "one", "e": "AQAB", "n": encode(KEY.n().to_bytes_be())});
    let set = json!({"keys": [
        {"kty": "RSA", "kid": "small", "n": encode(small.n().to_bytes_be()), "e": "AQAB"},
        {"kty": "oct", "kid": "symmetric", "k": "AAAA"},
        {"kty": "RSA", "kid": "broken", "n": "***", "e": "AQAB"},
        {"kty": "RSA", "n": encode(KEY.n().to_bytes_be()), "e": "AQAB"},
        key("enc"),
        17,
    ]});
    let keys = SigningKeys::parse(set.to_string().as_bytes()).unwrap();
    for kid in ["small", "symmetric", "broken", "one", ""] {
        assert!(keys.find(kid).is_none(), "{kid}");
    }
    assert!(SigningKeys::parse(b"[]").is_none());
}

#[test]
fn an_access_token_is_read_and_never_believed() {
    let claims = json!({"tid": TENANT, "aud": "https://graph.example", "scp": "SecurityAlert.Read.All User.Read",
                        "roles": ["Alert.Read.All"], "appid": APP, "upn": "a@contoso.example", "exp": NOW});
    let token = format!("{}.{}.not-a-signature", encode("{}"), encode(claims.to_string())).into();
    let read = AccessClaims::read(&token).unwrap();
    assert_eq!(read.scopes, ["SecurityAlert.Read.All", "User.Read"]);
    assert!(read.has("securityalert.read.all") && read.has("Alert.Read.All") && !read.has("Alert.Read"));
    assert_eq!(read.expires, Timestamp::from_second(NOW).ok());
    assert_eq!(AccessClaims::read(&"opaque".to_owned().into()), None);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_check_fall_over(header in ".{0,200}", payload in ".{0,200}", tail in ".{0,50}") {
        let encoded = format!("{}.{}.{tail}", encode(&header), encode(&payload));
        let plain = format!("{header}.{payload}.{tail}");
        proptest::prop_assert!(check(&encoded).is_err());
        proptest::prop_assert!(check(&plain).is_err());
    }
}
