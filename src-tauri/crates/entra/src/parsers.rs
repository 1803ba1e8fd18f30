//! The doors through which strangers' bytes come in, opened for the fuzzer and for the replay of its corpora.
//!
//! It exists only with the feature `fuzzing` and in tests: the product goes through the catcher, `verify` and the
//! token requests. The targets in `fuzz/` and the test beside it state the same laws, through these functions.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::{Answer, Attempt, Expectation, Issuers, SigningKeys, TokenSet};

/// Stands in an input for the attempt's own state, which no fuzzer could guess.
pub const STATE: &[u8] = b"STATE";

/// Who may answer, where an input names an issuer.
const ISSUER: &str = "https://login.example/v2.0";

/// Reads a callback, as query, form and pasted address. The law: without the right state nothing is an answer and the
/// attempt goes on; an answer spends it.
///
/// # Panics
/// When the law is broken.
pub fn callback(input: &[u8]) {
    let Ok(attempt) = Attempt::begin(Attempt::LIFETIME) else { return };
    let mut attempt = attempt.asked_of(Issuers { names: vec![ISSUER.to_owned()], always_told: false });
    let state = attempt.state().expose_secret().to_owned();
    assert!(crate::callback::read(input, &mut attempt).is_err(), "an answer without the right state");
    if let Ok(address) = std::str::from_utf8(input) {
        let answer =
            crate::answer_from_address(address, "http://localhost:50123/SiemMsspConnector", &mut attempt);
        assert!(answer.is_err(), "an address without the right state");
    }
    assert!(!attempt.is_spent(), "a wrong answer ended the attempt");
    let form = replaced(input, STATE, state.as_bytes());
    match crate::callback::read(&form, &mut attempt) {
        Ok(Answer::Code(code)) => assert!(!code.expose_secret().is_empty() && attempt.is_spent()),
        Ok(Answer::AdminConsent { .. } | Answer::Refused(_)) => assert!(attempt.is_spent()),
        Err(_) => assert!(!attempt.is_spent()),
    }
}

/// What id tokens are checked against: a key pair whose private half was thrown away, and one token that it signed.
#[derive(Debug)]
pub struct Bench {
    keys: SigningKeys,
    nonce: SecretString,
    issuers: [String; 2],
}

impl Bench {
    const TENANT: &str = "11111111-2222-3333-4444-555555555555";
    const SIGNED: &str = include_str!("../../../../fuzz/keys/signed.jwt");

    /// Reads the keys.
    ///
    /// # Panics
    /// When they were damaged.
    #[expect(
        clippy::new_without_default,
        clippy::expect_used,
        reason = "a bench of the tests, which reads a file"
    )]
    pub fn new() -> Self {
        let keys = include_bytes!("../../../../fuzz/keys/keys.json");
        Self {
            keys: SigningKeys::parse(keys).expect("fuzz/keys/keys.json is a key set"),
            nonce: "the-nonce".to_owned().into(),
            issuers: ["https://login.example/{}/v2.0", "https://sts.example/{}/"]
                .map(|issuer| issuer.replace("{}", Self::TENANT)),
        }
    }

    /// Checks an id token, and its claims apart from a signature. The law: whatever holds is of the expected tenant,
    /// app and sign-in; a token holds only if the key signed it.
    ///
    /// # Panics
    /// When the law is broken.
    pub fn id_token(&self, input: &[u8]) {
        let expected = self.expected();
        if let Ok(identity) = crate::identity::compare_unsigned(input, &expected) {
            assert!(identity.tenant_id.eq_ignore_ascii_case(expected.tenant_id), "another tenant");
            assert!(expected.issuers.contains(&identity.issuer), "another issuer");
            // Whatever it says of the account is read without falling over.
            let _ = (identity.belonging(), identity.second_factor());
        }
        if let Ok(token) = std::str::from_utf8(input) {
            let secret = SecretString::from(token.to_owned());
            let message = |token: &str| token.rsplit_once('.').map(|(message, _)| message.to_owned());
            if crate::verify(Some(&secret), &self.keys, &expected).is_ok() {
                assert_eq!(message(token), message(Self::SIGNED), "a token that nobody signed");
            }
            let _ = crate::AccessClaims::read(&secret);
        }
        let _ = SigningKeys::parse(input);
    }

    fn expected(&self) -> Expectation<'_> {
        Expectation {
            client_id: "aaaaaaaa-2222-3333-4444-555555555555",
            tenant_id: Self::TENANT,
            issuers: &self.issuers,
            nonce: Some(&self.nonce),
            now: Timestamp::constant(1_795_168_800, 0),
        }
    }

    /// Whether the one true token holds, so that the law above is about something.
    pub fn knows_the_true_token(&self) -> bool {
        let expected = self.expected();
        crate::verify(Some(&Self::SIGNED.to_owned().into()), &self.keys, &expected).is_ok()
    }
}

/// Reads the answer of a token endpoint, good or bad. The law: tokens are never empty.
///
/// # Panics
/// When the law is broken.
pub fn token_answer(input: &[u8]) {
    if let Ok(TokenSet { access_token, refresh_token, id_token, scope, .. }) =
        crate::token::read_tokens(input)
    {
        assert!(!access_token.expose_secret().is_empty());
        assert!([refresh_token, id_token].iter().flatten().all(|token| !token.expose_secret().is_empty()));
        assert!(scope.is_none_or(|scope| !scope.is_empty()));
    }
    if let Some(refusal) = crate::Refusal::from_body(crate::Leg::Code, 400, None, input) {
        for text in [&refusal.description, &refusal.trace_id, &refusal.correlation_id, &refusal.timestamp] {
            assert!(
                text.as_deref().is_none_or(|text| !text.chars().any(char::is_control)),
                "a control character"
            );
        }
        let _ = (refusal.problem(), refusal.who(), refusal.code());
    }
}

fn replaced(input: &[u8], marker: &[u8], value: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(input.len() + value.len());
    let mut rest = input;
    while let Some(at) = rest.windows(marker.len()).position(|window| window == marker) {
        output.extend_from_slice(&rest[..at]);
        output.extend_from_slice(value);
        rest = &rest[at + marker.len()..];
    }
    output.extend_from_slice(rest);
    output
}

/// The inputs that are kept for the fuzzer, and hostile ones made up on the spot, on the ordinary toolchain.
#[cfg(test)]
mod corpora {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    fn kept(target: &str) -> Vec<(String, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus").join(target);
        let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let read = entries.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap()));
        let inputs: Vec<_> = read.collect();
        assert!(inputs.len() >= 15, "{} lacks its seeds", folder.display());
        inputs
    }

    /// Every input as it is, and without its end, and with its middle repeated.
    fn replay(target: &str, law: impl Fn(&[u8]) + std::panic::RefUnwindSafe) {
        for (name, input) in kept(target) {
            let outcome = std::panic::catch_unwind(|| {
                law(&input);
                law(&input[..input.len() / 2]);
                law(&[&input[..], &input[input.len() / 2..]].concat());
            });
            assert!(outcome.is_ok(), "{name} breaks the law");
        }
    }

    #[test]
    fn no_kept_callback_breaks_the_law() {
        replay("callback", callback);
    }

    #[test]
    fn no_kept_id_token_breaks_the_law() {
        let bench = Bench::new();
        assert!(bench.knows_the_true_token());
        replay("id_token", |input| bench.id_token(input));
    }

    #[test]
    fn no_kept_token_answer_breaks_the_law() {
        replay("token_answer", token_answer);
    }

    proptest! {
        #[test]
        fn no_made_up_input_breaks_a_law(
            input in proptest::collection::vec(any::<u8>(), 0..500),
            form in "(code|state|error|admin_consent|tenant|%63ode)=(STATE|x|%|%f|%ff|True|&)(&(code|state|error)=(STATE|x|%C3))*",
            json in r#"\{"(access_token|error|iss|aud)":("[a-z]*"|[0-9.eE-]{1,8}|null|\[\])(,"(expires_in|error_codes|exp)":("[0-9]*"|-?[0-9]{1,30}|\[1,"2"\]))?\}"#,
        ) {
            let bench = Bench::new();
            for bytes in [input.as_slice(), form.as_bytes(), json.as_bytes()] {
                callback(bytes);
                token_answer(bytes);
                bench.id_token(bytes);
            }
        }
    }
}
