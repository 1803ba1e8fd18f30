//! The prose inside files: comments and value sheets, in the language of whoever exports. Keys, values and the labels of
//! a product's own forms are never translated.

use crate::words::words;

words! {
    /// A language of the prose inside files.
    Language {
        /// English.
        English = "en",
        /// Korean.
        Korean = "ko",
        /// Traditional Chinese.
        TraditionalChinese = "zh-TW",
    }
}

impl Language {
    /// The language of a tag; English for every other.
    pub fn of_tag(tag: &str) -> Self {
        Self::ALL.iter().copied().find(|language| language.as_str() == tag).unwrap_or(Self::English)
    }

    /// One of three texts.
    pub(crate) const fn pick<T: Copy>(self, english: T, korean: T, traditional_chinese: T) -> T {
        match self {
            Self::English => english,
            Self::Korean => korean,
            Self::TraditionalChinese => traditional_chinese,
        }
    }

    pub(crate) const fn customer(self) -> &'static str {
        self.pick("Customer", "고객", "客戶")
    }

    pub(crate) const fn tenant(self) -> &'static str {
        self.pick("tenant", "테넌트", "租用戶")
    }

    pub(crate) const fn alert_source(self) -> &'static str {
        self.pick("Alert source", "경고 원본", "警示來源")
    }

    pub(crate) const fn cloud(self) -> &'static str {
        self.pick("cloud", "클라우드", "雲端")
    }
}
