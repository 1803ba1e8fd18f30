//! What is done at each stop: measuring what is on screen, or taking its picture.
//!
//! The invariant: after a stop the window is shown as the next one expects it, in English, light, at its usual size.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::view::{LANGUAGES, PSEUDO, SIZES, THEMES, View};
use crate::window::Window;

/// Measuring or taking pictures.
pub enum Eye {
    /// Collects faults.
    Measure(Faults),
    /// Collects pictures.
    Photograph(Album),
}

/// Faults, and where each was seen.
#[derive(Default)]
pub struct Faults {
    seen: BTreeMap<String, Vec<String>>,
    /// Names and the like that stand for themselves in every language.
    values: Vec<String>,
    /// How many states were looked at.
    pub stops: usize,
}

/// Pictures in a folder.
pub struct Album {
    /// The folder.
    pub folder: PathBuf,
    /// Only states whose name contains this.
    pub only: Option<String>,
    /// Names of the states, in their order, and how each was reached.
    pub stops: Vec<(String, String)>,
}

impl Faults {
    /// `values` is text that nobody translates.
    pub fn new(values: &[&str]) -> Self {
        Self { values: values.iter().map(|&value| value.to_owned()).collect(), ..Self::default() }
    }

    #[expect(clippy::print_stdout, reason = "a walk takes minutes: what is found is told at once")]
    fn note(&mut self, fault: String, place: &str) {
        if !self.seen.contains_key(&fault) {
            println!("{place}: {fault}");
        }
        let places = self.seen.entry(fault).or_default();
        if !places.iter().any(|known| known == place) {
            places.push(place.to_owned());
        }
    }

    /// Each fault with the places where it was seen.
    pub fn told(&self) -> Vec<String> {
        self.seen
            .iter()
            .map(|(fault, places)| {
                let more = places.len().saturating_sub(4);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("{fault}\n      at {}{more}", places[..places.len().min(4)].join(", "))
            })
            .collect()
    }
}

impl Eye {
    /// Looks at a state. `how` says how it was reached.
    pub async fn look(&mut self, window: &mut Window, stop: &str, how: &str) {
        match self {
            Self::Measure(faults) => faults.look(window, stop).await,
            Self::Photograph(album) => album.look(window, stop, how).await,
        }
    }
}

impl Faults {
    #[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
    async fn look(&mut self, window: &mut Window, stop: &str) {
        // For whoever works on one state: `MSSP_LOOKS_ONLY=consent`.
        if std::env::var("MSSP_LOOKS_ONLY").is_ok_and(|only| !stop.contains(&only)) {
            return;
        }
        self.stops += 1;
        let mut before = None;
        for size in SIZES {
            // What stands on the same page as another stop is measured where room is short, and in the longest language.
            let languages: &[_] =
                if one_of_a_page(stop) && size != SIZES[1] { &[PSEUDO] } else { &[PSEUDO, "ko", "zh-TW"] };
            for &language in languages {
                let view = View { language, theme: "light", size };
                view.show(window, before.as_ref()).await;
                before = Some(view);
                let arguments = vec![json!(language == PSEUDO), json!(self.values)];
                let found = window
                    .driver
                    .execute(include_str!("measure.js"), arguments)
                    .await
                    .expect("it can be measured");
                let place = format!("{stop} {language} {}", size.name);
                for fault in found.json().as_array().into_iter().flatten().filter_map(Value::as_str) {
                    self.note(fault.to_owned(), &place);
                }
            }
        }
        // Every theme and every language is looked at; what a language changes does not depend on the theme.
        for (language, theme) in [("zh-TW", "forced"), ("ko", "dark"), ("en", "light")] {
            let view = View { language, theme, size: SIZES[0] };
            view.show(window, before.as_ref()).await;
            before = Some(view);
            // In forced colours every colour is the person's own; here they are the engine's.
            let without: &[&str] = if theme == "forced" { &["color-contrast"] } else { &[] };
            for broken in window.broken_rules(without).await {
                self.note(format!("axe {broken}"), &format!("{stop} {language} {theme}"));
            }
        }
    }
}

/// Whether a stop shows another part of a page that has a stop of its own: its number is followed by a letter.
fn one_of_a_page(stop: &str) -> bool {
    stop.chars().nth(2).is_some_and(|letter| letter.is_ascii_lowercase())
}

impl Album {
    /// Pictures go into this folder; `only` keeps to states whose name contains it.
    pub fn new(folder: PathBuf, only: Option<String>) -> Self {
        Self { folder, only, stops: Vec::new() }
    }

    /// The name of one picture's file.
    pub fn file(stop: &str, view: &View) -> String {
        format!("{stop}.{}.{}.{}.png", view.language, view.theme, view.size.name)
    }

    #[expect(
        clippy::expect_used,
        clippy::disallowed_methods,
        reason = "test harness: a failure here is a failed test"
    )]
    async fn look(&mut self, window: &mut Window, stop: &str, how: &str) {
        if self.only.as_ref().is_some_and(|only| !stop.contains(only.as_str())) {
            return;
        }
        let folder = self.folder.join(stop);
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        let mut before = None;
        for size in SIZES {
            for theme in THEMES {
                for language in LANGUAGES {
                    let view = View { language, theme, size };
                    view.show(window, before.as_ref()).await;
                    before = Some(view);
                    let png = window.driver.screenshot_as_png().await.expect("a picture");
                    std::fs::write(folder.join(Self::file(stop, &view)), png).expect("the picture is kept");
                }
            }
        }
        View::plain().show(window, before.as_ref()).await;
        self.stops.push((stop.to_owned(), how.to_owned()));
    }
}
