//! What comes back from the sign-in page, read: as the parameters of a redirect, a posted form, or a pasted address.
//!
//! Anybody can write such a thing, so the invariants are: nothing counts but by the attempt's own `state`, an error no
//! less than a code; a known parameter that stands there twice is no answer; where the answer says who issued it, that is
//! who was asked (RFC 9207); a wrong answer does not end the attempt.

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use crate::{Attempt, Refusal, StateFault};

/// What the sign-in page answered.
#[derive(Debug)]
pub enum Answer {
    /// An authorization code, to be redeemed once.
    Code(SecretString),
    /// An administrator agreed. The tenant is what the browser says; a token has to confirm it.
    AdminConsent {
        /// GUID or domain, where it was told.
        tenant: Option<String>,
    },
    /// No.
    Refused(Box<Refusal>),
}

/// Why something is no answer to an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackFault {
    /// Not an address at all.
    #[error("it is not an address")]
    NotAnAddress,
    /// Not the redirect URI's address.
    #[error("it is another address than the redirect URI")]
    OtherAddress,
    /// A parameter stands there twice.
    #[error("parameter `{0}` stands there twice")]
    Duplicate(&'static str),
    /// A parameter is not encoded as a form is: a broken escape, or bytes that are no text.
    #[error("parameter `{0}` is not properly encoded")]
    Malformed(&'static str),
    /// There is no `state`.
    #[error("there is no state")]
    NoState,
    /// The `state` does not answer the attempt.
    #[error(transparent)]
    State(#[from] StateFault),
    /// Neither code nor consent nor error, or several of them.
    #[error("it holds neither a code nor an error")]
    NoAnswer,
    /// It does not say who answers, although this server always does (RFC 9207).
    #[error("it does not say who issued it")]
    NoIssuer,
    /// Somebody else answers than was asked (RFC 9207).
    #[error("somebody else issued it")]
    ForeignIssuer,
}

impl CallbackFault {
    /// Stable kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAnAddress => "not-an-address",
            Self::OtherAddress => "other-address",
            Self::Duplicate(_) => "duplicate-parameter",
            Self::Malformed(_) => "malformed-parameter",
            Self::NoState => "no-state",
            Self::State(StateFault::Wrong) => "wrong-state",
            Self::State(StateFault::Spent) => "already-answered",
            Self::State(StateFault::Expired) => "expired",
            Self::NoAnswer => "no-answer",
            Self::NoIssuer => "no-issuer",
            Self::ForeignIssuer => "foreign-issuer",
        }
    }
}

/// The parameters that mean something; others are ignored.
#[derive(Default)]
struct Parameters {
    state: Option<Zeroizing<String>>,
    code: Option<Zeroizing<String>>,
    error: Option<Zeroizing<String>>,
    error_description: Option<Zeroizing<String>>,
    error_subcode: Option<Zeroizing<String>>,
    admin_consent: Option<Zeroizing<String>>,
    tenant: Option<Zeroizing<String>>,
    iss: Option<Zeroizing<String>>,
}

impl Parameters {
    fn parse(form: &[u8]) -> Result<Self, CallbackFault> {
        let mut known = Self::default();
        for pair in form.split(|byte| *byte == b'&') {
            let Some((name, value)) = form_urlencoded::parse(pair).next() else { continue };
            let (slot, name) = match name.as_ref() {
                "state" => (&mut known.state, "state"),
                "code" => (&mut known.code, "code"),
                "error" => (&mut known.error, "error"),
                "error_description" => (&mut known.error_description, "error_description"),
                "error_subcode" => (&mut known.error_subcode, "error_subcode"),
                "admin_consent" => (&mut known.admin_consent, "admin_consent"),
                "tenant" => (&mut known.tenant, "tenant"),
                "iss" => (&mut known.iss, "iss"),
                _ => continue,
            };
            // What Entra says for people may be cut in the middle of an escape; what is compared or sent on may not.
            if !matches!(name, "error_description" | "error_subcode") && !is_well_encoded(pair) {
                return Err(CallbackFault::Malformed(name));
            }
            if slot.replace(Zeroizing::new(value.into_owned())).is_some() {
                return Err(CallbackFault::Duplicate(name));
            }
        }
        Ok(known)
    }
}

/// Whether each `%` begins an escape, and the bytes are text when all are undone.
fn is_well_encoded(pair: &[u8]) -> bool {
    let mut escapes = pair.split(|byte| *byte == b'%').skip(1);
    escapes.all(|rest| matches!(rest, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()))
        && percent_encoding::percent_decode(pair).decode_utf8().is_ok()
}

/// Reads query or form parameters. Only a true answer spends the attempt.
pub(crate) fn read(form: &[u8], attempt: &mut Attempt) -> Result<Answer, CallbackFault> {
    let known = Parameters::parse(form)?;
    attempt.compare(known.state.as_deref().ok_or(CallbackFault::NoState)?)?;
    attempt.compare_issuer(known.iss.as_ref().map(|issuer| issuer.as_str()))?;
    let text = |value: Option<Zeroizing<String>>| value.filter(|value| !value.is_empty());
    let agreed = known.admin_consent.as_deref().map(|value| value.eq_ignore_ascii_case("true"));
    let answer = match (text(known.code), text(known.error), agreed) {
        (Some(code), None, _) => Answer::Code(code.as_str().into()),
        (None, Some(error), _) => Answer::Refused(Box::new(Refusal::from_redirect(
            &error,
            known.error_description.as_deref().map(String::as_str),
            known.error_subcode.as_deref().map(String::as_str),
        ))),
        (None, None, Some(true)) => {
            Answer::AdminConsent { tenant: text(known.tenant).map(|tenant| tenant.as_str().to_owned()) }
        }
        (None, None, Some(false)) => {
            Answer::Refused(Box::new(Refusal::from_redirect("access_denied", None, None)))
        }
        (None, None, None) | (Some(_), Some(_), _) => return Err(CallbackFault::NoAnswer),
    };
    attempt.spend();
    Ok(answer)
}

/// Why parameters are no answer any more, once an answer with that `state` was accepted.
pub(crate) fn again(form: &[u8], answered: &SecretString) -> CallbackFault {
    let known = match Parameters::parse(form) {
        Ok(known) => known,
        Err(fault) => return fault,
    };
    match known.state {
        None => CallbackFault::NoState,
        Some(state) if bool::from(state.as_bytes().ct_eq(answered.expose_secret().as_bytes())) => {
            CallbackFault::State(StateFault::Spent)
        }
        Some(_) => CallbackFault::State(StateFault::Wrong),
    }
}

/// Whether an address is the redirect URI's, whatever its parameters: the host as addresses compare hosts, in small
/// letters; scheme, port and path exactly.
pub fn leads_back(address: &Url, redirect_uri: &Url) -> bool {
    address.scheme() == redirect_uri.scheme()
        && address.host() == redirect_uri.host()
        && address.port_or_known_default() == redirect_uri.port_or_known_default()
        && address.path() == redirect_uri.path()
}

/// Reads the address at which a person ended up, as they copied it from the browser.
///
/// # Errors
/// It is not this attempt's answer. The attempt goes on: the right address may still be pasted.
pub fn answer_from_address(
    address: &str,
    redirect_uri: &str,
    attempt: &mut Attempt,
) -> Result<Answer, CallbackFault> {
    let address = address.trim().trim_matches(['"', '\'', '<', '>']);
    let url = Url::parse(address).map_err(|_| CallbackFault::NotAnAddress)?;
    let expected = Url::parse(redirect_uri).map_err(|_| CallbackFault::OtherAddress)?;
    if !leads_back(&url, &expected) {
        return Err(CallbackFault::OtherAddress);
    }
    // A page that was answered in a fragment keeps its parameters there.
    let form = url.query().filter(|query| query.contains("state=")).or(url.fragment()).unwrap_or_default();
    read(form.as_bytes(), attempt)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Issuers;

    const REDIRECT: &str = "http://localhost:50123/SiemMsspConnector";

    fn attempt() -> (Attempt, String) {
        let attempt = Attempt::begin(Attempt::LIFETIME).unwrap();
        let state = attempt.state().expose_secret().to_owned();
        (attempt, state)
    }

    #[test]
    fn a_code_is_read_whatever_stands_around_it() {
        let (mut attempt, state) = attempt();
        let form = format!("session_state=x&x=1&x=2&code=a%2Bb%2Fc+d&state={state}&client_info=y");
        let Ok(Answer::Code(code)) = read(form.as_bytes(), &mut attempt) else { panic!("no code") };
        assert_eq!(code.expose_secret(), "a+b/c d");
    }

    #[test]
    fn an_answer_counts_once() {
        let (mut attempt, state) = attempt();
        let form = format!("code=x&state={state}");
        assert!(read(form.as_bytes(), &mut attempt).is_ok());
        assert_eq!(read(form.as_bytes(), &mut attempt).unwrap_err(), CallbackFault::State(StateFault::Spent));
    }

    #[test]
    fn nothing_counts_without_the_right_state_and_the_attempt_goes_on() {
        let (mut attempt, state) = attempt();
        for (form, fault) in [
            ("code=x".to_owned(), CallbackFault::NoState),
            ("code=x&state=guess".to_owned(), CallbackFault::State(StateFault::Wrong)),
            ("error=access_denied&state=guess".to_owned(), CallbackFault::State(StateFault::Wrong)),
            ("error=access_denied".to_owned(), CallbackFault::NoState),
            (format!("code=x&code=y&state={state}"), CallbackFault::Duplicate("code")),
            (format!("code=x&state={state}&state=guess"), CallbackFault::Duplicate("state")),
            (format!("code=x&error=y&state={state}"), CallbackFault::NoAnswer),
            (format!("code=&state={state}"), CallbackFault::NoAnswer),
            (format!("state={state}"), CallbackFault::NoAnswer),
        ] {
            assert_eq!(read(form.as_bytes(), &mut attempt).unwrap_err(), fault, "{form}");
        }
        assert!(read(format!("code=x&state={state}").as_bytes(), &mut attempt).is_ok());
    }

    #[test]
    fn what_is_badly_encoded_is_no_answer_and_does_not_end_the_attempt() {
        let (mut attempt, state) = attempt();
        for (form, name) in [
            (format!("code=a%2&state={state}").into_bytes(), "code"),
            (format!("code=a%zz&state={state}").into_bytes(), "code"),
            (format!("code=%&state={state}").into_bytes(), "code"),
            (format!("code=%ff%fe&state={state}").into_bytes(), "code"),
            ([format!("state={state}&code=").as_bytes(), &[0xff, 0xc0]].concat(), "code"),
            (format!("code=x&state={state}%f").into_bytes(), "state"),
        ] {
            assert_eq!(read(&form, &mut attempt).unwrap_err(), CallbackFault::Malformed(name));
        }
        let cut = format!("error=access_denied&error_description=caf%C3&state={state}");
        assert!(matches!(read(cut.as_bytes(), &mut attempt), Ok(Answer::Refused(_))));
    }

    #[test]
    fn both_answers_of_an_administrator_are_read() {
        let (mut first, state) = attempt();
        let yes = format!("admin_consent=True&tenant=contoso.example&state={state}&scope=x");
        assert!(matches!(
            read(yes.as_bytes(), &mut first),
            Ok(Answer::AdminConsent { tenant: Some(tenant) }) if tenant == "contoso.example"
        ));
        let (mut second, state) = attempt();
        let no = format!(
            "error=permission_denied&error_description=The+admin+canceled+the+request&state={state}&admin_consent=True"
        );
        let Ok(Answer::Refused(refusal)) = read(no.as_bytes(), &mut second) else { panic!("no refusal") };
        assert_eq!(refusal.problem(), "consent-declined");
    }

    /// As Entra names itself in its two versions.
    const VERSION_2: &str = "https://login.example/11111111-2222-3333-4444-555555555555/v2.0";
    const VERSION_1: &str = "https://sts.example/11111111-2222-3333-4444-555555555555/";

    fn asked(always_told: bool) -> (Attempt, String) {
        let (attempt, state) = attempt();
        let names = vec![VERSION_2.to_owned(), VERSION_1.to_owned()];
        (attempt.asked_of(Issuers { names, always_told }), state)
    }

    #[test]
    fn an_answer_of_somebody_else_is_none_and_the_attempt_goes_on() {
        for always_told in [false, true] {
            let (mut attempt, state) = asked(always_told);
            for foreign in [
                "https://login.evil.example/11111111-2222-3333-4444-555555555555/v2.0",
                "https://login.example/99999999-2222-3333-4444-555555555555/v2.0",
                "https://login.example/{tenantid}/v2.0",
                &format!("{VERSION_2}/"),
                &VERSION_2.to_uppercase(),
                "",
            ] {
                let issuer: String = form_urlencoded::byte_serialize(foreign.as_bytes()).collect();
                for answer in ["code=x", "error=access_denied", "admin_consent=True"] {
                    let form = format!("{answer}&state={state}&iss={issuer}");
                    let refused = read(form.as_bytes(), &mut attempt).unwrap_err();
                    assert_eq!(refused, CallbackFault::ForeignIssuer, "{form}");
                }
            }
            let twice = format!("code=x&state={state}&iss={VERSION_2}&iss={VERSION_2}");
            assert_eq!(read(twice.as_bytes(), &mut attempt).unwrap_err(), CallbackFault::Duplicate("iss"));
            assert!(read(format!("code=x&state={state}&iss={VERSION_2}").as_bytes(), &mut attempt).is_ok());
        }
        let (mut attempt, state) = asked(true);
        assert!(read(format!("code=x&iss={VERSION_1}&state={state}").as_bytes(), &mut attempt).is_ok());
    }

    #[test]
    fn an_answer_may_be_silent_of_its_issuer_unless_the_server_always_tells() {
        let (mut silent, state) = asked(false);
        assert!(read(format!("code=x&state={state}").as_bytes(), &mut silent).is_ok());
        let (mut always, state) = asked(true);
        let form = format!("code=x&state={state}");
        assert_eq!(read(form.as_bytes(), &mut always).unwrap_err(), CallbackFault::NoIssuer);
    }

    #[test]
    fn what_comes_again_is_known_by_its_state() {
        let state = SecretString::from("the-state");
        for (form, fault) in [
            ("code=x&state=the-state", CallbackFault::State(StateFault::Spent)),
            ("state=the-state", CallbackFault::State(StateFault::Spent)),
            ("code=x&state=guess", CallbackFault::State(StateFault::Wrong)),
            ("code=x", CallbackFault::NoState),
            ("state=the-state&state=the-state", CallbackFault::Duplicate("state")),
        ] {
            assert_eq!(again(form.as_bytes(), &state), fault, "{form}");
        }
    }

    #[test]
    fn a_pasted_address_is_read_as_people_paste_it() {
        for decorate in ["{}", "  {}\n", "\"{}\"", "<{}>"] {
            let (mut attempt, state) = attempt();
            let address = decorate.replace("{}", &format!("{REDIRECT}?code=x&state={state}#_=_"));
            assert!(matches!(answer_from_address(&address, REDIRECT, &mut attempt), Ok(Answer::Code(_))));
        }
        let (mut attempt, state) = attempt();
        let normalised = format!("https://siemmsspconnector/?code=x&state={state}");
        let answer = answer_from_address(&normalised, "https://SiemMsspConnector", &mut attempt);
        assert!(matches!(answer, Ok(Answer::Code(_))));
    }

    #[test]
    fn a_pasted_address_from_elsewhere_is_refused() {
        let (mut attempt, state) = attempt();
        for (address, fault) in [
            ("code", CallbackFault::NotAnAddress),
            ("http://localhost:50123/siemmsspconnector", CallbackFault::OtherAddress),
            ("http://localhost:50124/SiemMsspConnector", CallbackFault::OtherAddress),
            ("https://localhost:50123/SiemMsspConnector", CallbackFault::OtherAddress),
            ("http://localhost.evil.example:50123/SiemMsspConnector", CallbackFault::OtherAddress),
        ] {
            let address = format!("{address}?code=x&state={state}");
            assert_eq!(answer_from_address(&address, REDIRECT, &mut attempt).unwrap_err(), fault);
        }
        assert_eq!(
            answer_from_address(REDIRECT, REDIRECT, &mut attempt).unwrap_err(),
            CallbackFault::NoState
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_fall_over(form in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let (mut attempt, _) = attempt();
            prop_assert!(read(&form, &mut attempt).is_err());
        }

        #[test]
        fn a_known_parameter_never_stands_there_twice(
            name in prop::sample::select(vec!["state", "code", "error", "error_description", "tenant", "admin_consent", "iss"]),
            first in ".{0,20}",
            second in ".{0,20}",
        ) {
            let (mut attempt, state) = attempt();
            let form = form_urlencoded::Serializer::new(String::new())
                .append_pair(name, &first)
                .append_pair("state", &state)
                .append_pair("code", "x")
                .append_pair(name, &second)
                .finish();
            prop_assert!(matches!(read(form.as_bytes(), &mut attempt), Err(CallbackFault::Duplicate(_))));
        }
    }
}
