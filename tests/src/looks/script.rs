//! A walk through the window as text: where one stops, and what is done to get there.
//!
//! It knows pages by their test ids and nothing of what they mean. The invariant: every line is one thing that a person
//! or the world does, and a line that cannot be done ends the walk with its words.
//!
//! ```text
//! == 02-settings: from the first screen
//! click settings
//! see settings-save
//! ```
//!
//! A stop is looked at once the lines below it are done. Lines before the first stop only lead there. A line `## name`
//! begins a part that is walked by itself; `#` begins a comment. The lines:
//!
//! | line | meaning |
//! |---|---|
//! | `click ID`, `see ID` | by test id or id, as soon as it can be seen |
//! | `screen NAME` | waits until that screen is shown |
//! | `fill ID TEXT` | replaces what is in a field; `⇥` is the Tab key, no text empties it |
//! | `press CSS`, `wait CSS` | by selector |
//! | `show ID` | for pictures: what the next stop is about, where that is further down the page |
//! | `drop PATH` | drops a file or folder on the window |
//! | `key NAME` | a key of no field: `F1`, `Escape`, `Enter`, `Down` |
//! | `open NAME`, `home` | a customer from the list; back to the list |
//! | `do NAME` | something in the world outside of the window, which the caller knows |
//!
//! `{name}` stands for a value of the caller's.

use std::path::Path;
use std::time::Duration;

use thirtyfour::prelude::*;

use crate::binaries;
use crate::window::{Window, redrawn};

/// How long anything may take to appear.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What the caller's text stands for, by name.
pub type Values<'a> = &'a [(&'a str, String)];

/// One part of a walk, as it is written.
///
/// # Panics
///
/// When there is no such part.
pub fn part<'a>(text: &'a str, name: &str) -> &'a str {
    let head = format!("## {name}\n");
    let Some((_, rest)) = text.split_once(&head) else { panic!("no part `{name}` in the walk") };
    rest.split("\n## ").next().unwrap_or(rest)
}

/// Walks. `world` does what `do` names; `stop` gets the name of each stop and how it was reached.
///
/// # Panics
///
/// When a line cannot be done.
pub async fn walk(
    window: &mut Window,
    text: &str,
    values: Values<'_>,
    world: impl Fn(&str),
    mut stop: impl AsyncFnMut(&mut Window, &str, &str),
) {
    let mut ahead: Option<(&str, &str)> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(head) = line.strip_prefix("== ") {
            if let Some((name, how)) = ahead.replace(head.split_once(": ").unwrap_or((head, ""))) {
                stop(window, name, how).await;
                show(window, "").await;
            }
            continue;
        }
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let object = values.iter().fold(rest.replace('⇥', "\t"), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        });
        if verb == "do" {
            world(&object);
        } else {
            act(window, verb, &object).await;
        }
    }
    if let Some((name, how)) = ahead {
        stop(window, name, how).await;
    }
}

/// Presses a key that is meant for the page.
///
/// # Panics
///
/// When the driver does not take it.
#[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
pub async fn key(window: &Window, key: impl Into<TypingData>) {
    window.driver.action_chain().send_keys(key).perform().await.expect("the key is taken");
}

async fn act(window: &Window, verb: &str, object: &str) {
    match verb {
        "click" => window.click(object).await,
        "see" => drop(window.see(object).await),
        "screen" => window.screen(object).await,
        "fill" => {
            let (id, text) = object.split_once(' ').unwrap_or((object, ""));
            window.fill(id, text).await;
        }
        "press" => press(window, object).await,
        "wait" => drop(find(window, object).await),
        "show" => show(window, object).await,
        "drop" => match binaries::python() {
            Some(python) => window.drop_files(&python, &[Path::new(object)]).await,
            None => panic!("MSSP_PYTHON names no Python with python-xlib; `cargo xtask` makes one"),
        },
        "key" => key(window, key_of(object)).await,
        "open" => {
            window.screen("customers").await;
            press(window, &format!("[data-testid='open-customer'][title='{object}']")).await;
        }
        "home" => {
            window.click("home").await;
            window.screen("customers").await;
        }
        unknown => panic!("a walk knows no `{unknown}` (`{unknown} {object}`)"),
    }
}

#[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
async fn show(window: &Window, id: &str) {
    let script = "window.lookAt = arguments[0]";
    window.driver.execute(script, vec![serde_json::json!(id)]).await.expect("the page notes it");
}

fn key_of(name: &str) -> Key {
    match name {
        "F1" => Key::F1,
        "Escape" => Key::Escape,
        "Enter" => Key::Enter,
        "Down" => Key::Down,
        unknown => panic!("a walk knows no key `{unknown}`"),
    }
}

async fn find(window: &Window, selector: &str) -> WebElement {
    let query = window.driver.query(By::Css(selector.to_owned()));
    match query.wait(PATIENCE, LOOK_AGAIN).first().await {
        Ok(element) => element,
        Err(error) => panic!("`{selector}` does not appear: {error}\n{}", window.text().await),
    }
}

/// Presses it, once a list that is just being redrawn has come to rest.
async fn press(window: &Window, selector: &str) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while let Err(error) = find(window, selector).await.click().await {
        assert!(
            redrawn(&error) && tokio::time::Instant::now() < deadline,
            "`{selector}` cannot be pressed: {error}\n{}",
            window.text().await
        );
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn a_part_ends_where_the_next_begins() {
        let text = "## one\nclick a\n## two\n== stop: how\nclick b\n";
        assert_eq!(part(text, "one"), "click a");
        assert_eq!(part(text, "two"), "== stop: how\nclick b\n");
    }
}
