//! One way to look at a state: language, theme, size.
//!
//! The invariant: a view changes how the page is shown, never what it is doing.

use std::time::Duration;

use serde_json::json;

use crate::window::Window;

/// The languages that a person can choose.
pub const LANGUAGES: [&str; 3] = ["en", "ko", "zh-TW"];

/// English with accents, a third longer, in brackets; only builds for tests have it.
pub const PSEUDO: &str = "en-XA";

/// Light, dark, and the styles for Windows' contrast themes. `WebKitGTK` has no forced colours: there the rules are in
/// force, and the engine's own system colours are used.
pub const THEMES: [&str; 3] = ["light", "dark", "forced"];

/// A size of the window, in its own pixels, and the zoom of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// As it is called in the name of a picture.
    pub name: &'static str,
    /// Width of the window.
    pub width: u32,
    /// Height of the window.
    pub height: u32,
    /// How many times larger everything is.
    pub zoom: u32,
}

/// As the window opens, as small as it can be made, and at twice the size of everything.
pub const SIZES: [Size; 3] = [
    Size { name: "1180x760", width: 1180, height: 760, zoom: 1 },
    Size { name: "900x620", width: 900, height: 620, zoom: 1 },
    Size { name: "zoom-200", width: 1180, height: 760, zoom: 2 },
];

/// All three.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// A language tag.
    pub language: &'static str,
    /// One of [`THEMES`].
    pub theme: &'static str,
    /// One of [`SIZES`].
    pub size: Size,
}

impl View {
    /// As the window opens in English, light.
    pub const fn plain() -> Self {
        Self { language: "en", theme: "light", size: SIZES[0] }
    }

    /// Shows the page so. `before` is how it was shown until now.
    ///
    /// # Panics
    ///
    /// When the window does not take it up.
    #[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
    pub async fn show(&self, window: &Window, before: Option<&Self>) {
        if before.is_none_or(|before| before.size != self.size) {
            let zoom = "const [value, done] = arguments; window.__TAURI_INTERNALS__.invoke('plugin:webview|set_webview_zoom', \
                        { label: 'main', value }).then(() => done(''), (error) => done(String(error)));";
            let refused =
                window.driver.execute_async(zoom, vec![json!(self.size.zoom)]).await.expect("an answer");
            assert_eq!(refused.json(), &json!(""), "the zoom is refused");
            window
                .driver
                .set_window_rect(0, 0, self.size.width, self.size.height)
                .await
                .expect("the window can be resized");
        }
        let arguments =
            vec![json!(self.language), json!(self.theme), json!(self.size.width), json!(self.size.zoom)];
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        loop {
            let shown = window
                .driver
                .execute_async(include_str!("view.js"), arguments.clone())
                .await
                .expect("the view is taken up");
            if shown.json() == &json!(true) {
                break;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "the window is not shown as {self:?} (the pseudo-language is in what `npm run build:pseudo` builds)"
            );
        }
    }
}
