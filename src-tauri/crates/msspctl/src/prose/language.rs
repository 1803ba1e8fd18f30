//! The languages of the product, and the message files of each: the window's, and the command line's own.

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// The languages of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Korean,
    TraditionalChinese,
}

impl Language {
    pub(crate) const ALL: &[Self] = &[Self::English, Self::Korean, Self::TraditionalChinese];

    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
            Self::TraditionalChinese => "zh-TW",
        }
    }

    /// Accepts the tags.
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        PossibleValuesParser::new(Self::ALL.iter().map(|language| language.tag())).try_map(|given| {
            Self::ALL
                .iter()
                .copied()
                .find(|language| language.tag() == given)
                .ok_or("not one of the languages")
        })
    }

    /// The language of a tag.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|language| language.tag() == tag)
    }

    /// What the locale variables ask for; English otherwise.
    pub(crate) fn of_the_system() -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            .unwrap_or_default();
        Self::of_locale(&locale)
    }

    fn of_locale(locale: &str) -> Self {
        let locale = locale.replace('-', "_").to_ascii_lowercase();
        if locale.starts_with("ko") {
            Self::Korean
        } else if ["zh_tw", "zh_hk", "zh_mo", "zh_hant"].iter().any(|start| locale.starts_with(start)) {
            Self::TraditionalChinese
        } else {
            Self::English
        }
    }

    pub(super) const fn problems(self) -> &'static str {
        match self {
            Self::English => include_str!("../../../../../ui/messages/en/problems.json"),
            Self::Korean => include_str!("../../../../../ui/messages/ko/problems.json"),
            Self::TraditionalChinese => include_str!("../../../../../ui/messages/zh-TW/problems.json"),
        }
    }

    pub(super) const fn causes(self) -> &'static str {
        match self {
            Self::English => include_str!("../../../../../ui/messages/en/causes.json"),
            Self::Korean => include_str!("../../../../../ui/messages/ko/causes.json"),
            Self::TraditionalChinese => include_str!("../../../../../ui/messages/zh-TW/causes.json"),
        }
    }

    /// The window's words for the engine's reasons are in here, among others.
    pub(super) const fn common(self) -> &'static str {
        match self {
            Self::English => include_str!("../../../../../ui/messages/en/common.json"),
            Self::Korean => include_str!("../../../../../ui/messages/ko/common.json"),
            Self::TraditionalChinese => include_str!("../../../../../ui/messages/zh-TW/common.json"),
        }
    }

    /// The window's words for step 2 and what can be noticed there; the mail to the customer's admin among them.
    pub(super) const fn sign_in(self) -> &'static str {
        match self {
            Self::English => include_str!("../../../../../ui/messages/en/sign_in.json"),
            Self::Korean => include_str!("../../../../../ui/messages/ko/sign_in.json"),
            Self::TraditionalChinese => include_str!("../../../../../ui/messages/zh-TW/sign_in.json"),
        }
    }

    /// The window's words for old connector files.
    pub(super) const fn import(self) -> &'static str {
        match self {
            Self::English => include_str!("../../../../../ui/messages/en/import.json"),
            Self::Korean => include_str!("../../../../../ui/messages/ko/import.json"),
            Self::TraditionalChinese => include_str!("../../../../../ui/messages/zh-TW/import.json"),
        }
    }

    /// The window's words for permissions are in here, among others.
    pub(super) const fn consent(self) -> &'static str {
        match self {
            Self::English => include_str!("../../../../../ui/messages/en/consent.json"),
            Self::Korean => include_str!("../../../../../ui/messages/ko/consent.json"),
            Self::TraditionalChinese => include_str!("../../../../../ui/messages/zh-TW/consent.json"),
        }
    }

    pub(super) const fn texts(self) -> &'static str {
        match self {
            Self::English => include_str!("../../messages/en.json"),
            Self::Korean => include_str!("../../messages/ko.json"),
            Self::TraditionalChinese => include_str!("../../messages/zh-TW.json"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_language_is_recognised() {
        for (locale, language) in [
            ("ko_KR.UTF-8", Language::Korean),
            ("zh_TW.UTF-8", Language::TraditionalChinese),
            ("zh-Hant-TW", Language::TraditionalChinese),
            ("zh_CN.UTF-8", Language::English),
            ("C", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
    }
}
