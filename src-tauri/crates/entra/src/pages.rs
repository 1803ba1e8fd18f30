//! The pages that a browser sees at the loopback listener. The only prose in this crate.
//!
//! They say that something was received and never that it worked, which nobody knows yet. The invariant: no byte of a
//! request is in a page; no page runs a script, loads anything, or may be stored or framed.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use url::Url;

/// The languages of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Korean,
    TraditionalChinese,
}

impl Language {
    /// The browser's first language, where it is one of ours.
    pub(crate) fn preferred(accept_language: Option<&str>) -> Self {
        let first = accept_language.and_then(|list| list.split([',', ';']).next()).unwrap_or_default();
        let first = first.trim().to_ascii_lowercase();
        if first.starts_with("ko") {
            Self::Korean
        } else if first.starts_with("zh-tw") || first.starts_with("zh-hk") || first.starts_with("zh-hant") {
            Self::TraditionalChinese
        } else {
            Self::English
        }
    }

    const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
            Self::TraditionalChinese => "zh-Hant",
        }
    }
}

/// What was received is being looked at.
pub(crate) fn received(language: Language) -> Response<Full<Bytes>> {
    let text = match language {
        Language::English => "Received — return to MSSP Onboard.",
        Language::Korean => "받았습니다. MSSP Onboard로 돌아가세요.",
        Language::TraditionalChinese => "已收到，請返回 MSSP Onboard。",
    };
    page(StatusCode::OK, language, text)
}

/// The same sign-in once more. It is not taken a second time, so this is no success.
pub(crate) fn received_before(language: Language) -> Response<Full<Bytes>> {
    let text = match language {
        Language::English => "This sign-in was received already — return to MSSP Onboard.",
        Language::Korean => "이 로그인은 이미 받았습니다. MSSP Onboard로 돌아가세요.",
        Language::TraditionalChinese => "此登入先前已收到，請返回 MSSP Onboard。",
    };
    page(StatusCode::BAD_REQUEST, language, text)
}

/// Something that is no answer to the sign-in.
pub(crate) fn not_an_answer(language: Language) -> Response<Full<Bytes>> {
    let text = match language {
        Language::English => "This is not the answer that MSSP Onboard is waiting for.",
        Language::Korean => "MSSP Onboard가 기다리는 응답이 아닙니다.",
        Language::TraditionalChinese => "這不是 MSSP Onboard 正在等待的回應。",
    };
    page(StatusCode::BAD_REQUEST, language, text)
}

/// Nothing to see.
pub(crate) fn bare(status: StatusCode) -> Response<Full<Bytes>> {
    respond(status, Bytes::new())
}

/// On to another address.
pub(crate) fn onwards(status: StatusCode, target: &str) -> Response<Full<Bytes>> {
    let mut response = respond(status, Bytes::new());
    match HeaderValue::from_str(target) {
        Ok(target) => {
            response.headers_mut().insert(header::LOCATION, target);
            response
        }
        Err(_) => bare(StatusCode::NOT_FOUND),
    }
}

/// To the sign-in page, so that a closed browser can find back.
pub(crate) fn to_sign_in(sign_in: &Url) -> Response<Full<Bytes>> {
    onwards(StatusCode::FOUND, sign_in.as_str())
}

fn page(status: StatusCode, language: Language, text: &str) -> Response<Full<Bytes>> {
    let tag = language.tag();
    let html = format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>MSSP Onboard</title></head>\n\
         <body><main><h1>MSSP Onboard</h1><p>{text}</p></main></body>\n</html>\n"
    );
    let mut response = respond(status, Bytes::from(html));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

fn respond(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_speaks_the_browsers_language_where_it_is_ours() {
        for (list, language) in [
            (Some("ko-KR,ko;q=0.9,en;q=0.8"), Language::Korean),
            (Some("zh-TW;q=0.9"), Language::TraditionalChinese),
            (Some("zh-Hant-HK"), Language::TraditionalChinese),
            (Some("zh-CN,zh-TW"), Language::English),
            (Some(""), Language::English),
            (None, Language::English),
        ] {
            assert_eq!(Language::preferred(list), language, "{list:?}");
        }
    }
}
