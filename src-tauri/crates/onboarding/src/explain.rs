//! What a refusal of Microsoft's means that somebody has in hand: a code, a sentence from a sign-in page, an answer from
//! a SIEM's log. Nothing is asked of anybody; the dictionary answers.

use entra::{Leg, Refusal};
use serde::Deserialize;
use serde_json::Value;

use crate::contract::Problem;
use crate::problems;

/// A refusal with what is known around it. Without that, the text itself is taken for the answer.
#[derive(Deserialize)]
struct Noted {
    #[serde(default)]
    leg: Option<String>,
    #[serde(default)]
    status: Option<u16>,
    body: Value,
}

/// Explains a code (`AADSTS50011`, `50011`), a text with one in it, or the JSON of an answer of Entra, Graph or Defender,
/// alone or as `{"status": 403, "body": …}`. `None` when there is nothing in it that could be explained.
pub fn explain(text: &str) -> Option<Problem> {
    if let Ok(noted) = serde_json::from_str::<Noted>(text) {
        let leg = noted.leg.as_deref().and_then(leg);
        return answer(leg, noted.status, &noted.body);
    }
    match serde_json::from_str::<Value>(text) {
        Ok(body @ Value::Object(_)) => answer(None, None, &body),
        Ok(_) | Err(_) => Refusal::from_text(Leg::Refresh, text).map(refused),
    }
}

fn answer(leg: Option<Leg>, status: Option<u16>, body: &Value) -> Option<Problem> {
    // Entra's error is a text; that of the APIs is an object, or there is none.
    if body.get("error").is_some_and(Value::is_string) {
        return Refusal::from_text(leg.unwrap_or(Leg::Refresh), &body.to_string()).map(refused);
    }
    let error = body.get("error").unwrap_or(body);
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| error.get(name)).and_then(Value::as_str)?;
        Some(found.to_owned()).filter(|text| !text.is_empty())
    };
    let inner = error.get("innerError").or_else(|| error.get("innererror"));
    let id = |name: &str| inner.and_then(|inner| inner.get(name)).and_then(Value::as_str).map(str::to_owned);
    let refusal = defender::Refusal {
        code: text(&["code"]),
        message: text(&["message", "Message"]),
        request_id: id("request-id").or_else(|| text(&["target"])),
        correlation_id: id("client-request-id"),
        date: id("date"),
    };
    problems::of_answer(status.unwrap_or_default(), &refusal)
}

fn refused(refusal: Refusal) -> Problem {
    problems::of_refusal(refusal)
}

fn leg(name: &str) -> Option<Leg> {
    match name {
        "sign-in" => Some(Leg::SignIn),
        "code" => Some(Leg::Code),
        "refresh" => Some(Leg::Refresh),
        "app" => Some(Leg::App),
        "discovery" => Some(Leg::Discovery),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::explain;
    use crate::contract::ProblemCode;

    #[test]
    fn a_code_a_sentence_and_an_answer_are_all_explained() {
        for text in [
            "700082",
            "AADSTS700082",
            "error: AADSTS700082: The refresh token has expired due to inactivity.",
            r#"{"error":"invalid_grant","error_description":"AADSTS700082: It has expired.","error_codes":[700082]}"#,
        ] {
            let problem = explain(text).unwrap();
            assert_eq!(problem.code, ProblemCode::RefreshTokenDead, "{text}");
            assert_eq!(problem.causes.first().map(|one| one.name.as_str()), Some("sign-in-unused"), "{text}");
        }
    }

    #[test]
    fn an_answer_of_an_api_is_explained_with_its_ids() {
        let problem = explain(r#"{"status":403,"body":{"error":{"code":"Forbidden","message":"Missing application roles.","target":"r-1"}}}"#).unwrap();
        assert_eq!(problem.code, ProblemCode::ApiDenied);
        assert_eq!(problem.causes.first().map(|one| one.name.as_str()), Some("permission-not-granted"));
        assert_eq!(problem.microsoft.unwrap().trace_id.as_deref(), Some("r-1"));
    }

    #[test]
    fn an_unknown_code_shows_what_microsoft_said_and_where_to_look() {
        let problem = explain("AADSTS123456789: Something new. Trace ID: t Correlation ID: c").unwrap();
        assert_eq!(problem.code, ProblemCode::SignInRefused);
        assert!(problem.causes.is_empty());
        assert_eq!(problem.link.as_deref(), Some("https://login.microsoftonline.com/error?code=123456789"));
        let microsoft = problem.microsoft.unwrap();
        assert_eq!(microsoft.message.as_deref(), Some("AADSTS123456789: Something new."));
        assert_eq!(
            (microsoft.trace_id.as_deref(), microsoft.correlation_id.as_deref()),
            (Some("t"), Some("c"))
        );
    }

    #[test]
    fn what_says_nothing_is_not_guessed_at() {
        for text in ["", "hello", "{}", "[]", r#"{"status":418,"body":{}}"#] {
            assert_eq!(explain(text), None, "{text}");
        }
    }
}
