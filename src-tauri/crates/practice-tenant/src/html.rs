//! Pages: one plain look, no script, everything reflected escaped, a closed content security policy.
//!
//! Invariant: text reaches a page only through [`escape`]; forms may go to the practice tenant and to the one redirect
//! address that the request named (browsers apply `form-action` to the redirect after a form as well).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

/// The style sheet's address, beside Entra's own paths.
pub(crate) const STYLE_PATH: &str = "/practice-assets/page.css";

/// The style sheet.
pub(crate) const STYLE: &str = "\
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 34rem; padding: 1rem; }
.practice { background: #ffd33d; color: #1b1b00; padding: .5rem 1rem; border-radius: .4rem; font-weight: 600; }
h1 { font-size: 1.4rem; }
label { display: block; margin-top: .8rem; }
input[type=text], input[type=password], input[type=email] { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; }
button { margin: 1rem .5rem 0 0; padding: .5rem 1.2rem; font: inherit; cursor: pointer; }
.problem { border-left: .3rem solid #c50f1f; padding-left: .8rem; }
.fine { border-left: .3rem solid #107c10; padding-left: .8rem; }
code { overflow-wrap: anywhere; }
dt { font-weight: 600; }
fieldset { margin-top: 1.5rem; }
";

/// Text made safe for element content and quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A page. `body` is markup; `form_target` is the origin of the app's redirect address.
pub(crate) fn page(status: StatusCode, title: &str, body: &str, form_target: Option<&str>) -> Response {
    let title = escape(title);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} – Practice tenant</title>\n<link rel=\"stylesheet\" href=\"{STYLE_PATH}\">\n</head>\n<body>\n\
         <p class=\"practice\" role=\"note\">Practice tenant: this is a rehearsal on this machine, not Microsoft.</p>\n\
         <main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    );
    let target = form_target.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self'{target}; base-uri 'none'; frame-ancestors 'none'"
    );
    let mut response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Not no-referrer: under it browsers send `Origin: null` with our own forms.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// The style sheet's response.
pub(crate) fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")], STYLE)
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reflected_ends_an_element_or_an_attribute() {
        assert_eq!(escape("<b a='\"&\">"), "&lt;b a=&#39;&quot;&amp;&quot;&gt;");
    }
}
