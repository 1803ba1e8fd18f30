//! The whole rehearsal by keyboard alone, in each language and each theme: nothing is clicked, and where the focus stands
//! is always to be seen.

use tests::binaries;
use tests::lacking::lacking;
use tests::looks::view::{SIZES, View};
use tests::window::Window;
use thirtyfour::prelude::*;

/// More controls than any page has.
const MANY: usize = 120;

/// What has the focus, by its test id or id, and whether anything shows that it has.
async fn focused(window: &Window) -> (String, bool) {
    let script = "const e = document.activeElement; const s = getComputedStyle(e); \
                  const r = e.closest('.opt, .seg, label') ?? e; const o = getComputedStyle(r); \
                  const seen = (c) => c.outlineStyle !== 'none' && parseFloat(c.outlineWidth) > 0 || c.boxShadow !== 'none'; \
                  return [e.dataset.testid ?? e.id ?? '', seen(s) || seen(o)]";
    let answer = window.driver.execute(script, Vec::new()).await.unwrap();
    let (id, seen): (String, bool) = answer.convert().unwrap();
    (id, seen)
}

async fn press(window: &Window, key: impl Into<TypingData>) {
    window.driver.action_chain().send_keys(key).perform().await.unwrap();
}

/// Goes from control to control until the wanted one has the focus.
async fn reach(window: &Window, id: &str) {
    window.see(id).await;
    let mut passed = Vec::new();
    for _ in 0..MANY {
        let (here, seen) = focused(window).await;
        if here == id {
            return;
        }
        if !(seen || here.is_empty() || passed.is_empty()) {
            // A page shows where its focus stands only while its window has the desktop's: another one took it.
            let in_front = window.driver.execute("return document.hasFocus()", Vec::new()).await.unwrap();
            panic!("the focus on `{here}` cannot be seen; its window has the focus: {}", in_front.json());
        }
        passed.push(here);
        press(window, Key::Tab).await;
    }
    panic!("`{id}` is not reached by Tab: {passed:?}");
}

async fn press_on(window: &Window, id: &str) {
    reach(window, id).await;
    press(window, Key::Enter).await;
}

async fn type_into(window: &Window, id: &str, text: &str) {
    reach(window, id).await;
    press(window, text.to_owned()).await;
}

/// Waits until the page says so of itself.
async fn told(window: &Window, property: &str, wanted: &str) {
    let script = format!(
        "const done = arguments[arguments.length - 1]; const look = () => document.documentElement.{property} === '{wanted}' \
         ? done(1) : requestAnimationFrame(look); look();"
    );
    window.driver.execute_async(script, Vec::new()).await.unwrap();
}

/// Waits until the button that leads on can be used, and uses it by its own shortcut.
async fn go_on(window: &Window) {
    let button = window.see("primary").await;
    button.wait_until().enabled().await.unwrap();
    reach(window, "primary").await;
    press(window, Key::Enter).await;
}

#[tokio::test]
async fn the_rehearsal_goes_by_keyboard_alone_in_english() {
    rehearsed("en", "English", ["light", "forced"]).await;
}

#[tokio::test]
async fn the_rehearsal_goes_by_keyboard_alone_in_korean() {
    rehearsed("ko", "한국어", ["dark", "light"]).await;
}

#[tokio::test]
async fn the_rehearsal_goes_by_keyboard_alone_in_chinese() {
    rehearsed("zh-TW", "繁體中文", ["forced", "dark"]).await;
}

/// Every language meets two themes, and every theme two languages.
async fn rehearsed(language: &'static str, name: &str, themes: [&'static str; 2]) {
    if std::env::var_os("DISPLAY").is_none() || cfg!(windows) {
        lacking("keyboard: no display (`cargo xtask test` starts one)");
        return;
    }
    for theme in themes {
        let folder = tempfile::tempdir().unwrap();
        let browser = format!("{} %s", binaries::chromium_browser().display());
        let data = folder.path().join("data");
        let series = format!("keyboard-{language}-{theme}");
        let mut window = Window::open(&data, &series, &[("BROWSER", browser)]).await;
        window.screen("customers-empty").await;
        // A list of choices is walked by typing.
        type_into(&window, "language", name).await;
        told(&window, "lang", language).await;
        reach(&window, "theme").await;
        press(&window, Key::Enter).await;
        if theme != "light" {
            press(&window, Key::Enter).await;
        }
        told(&window, "dataset.theme", if theme == "light" { "light" } else { "dark" }).await;
        if theme == "forced" {
            // Windows' contrast themes are the system's, and no key of ours: their rules are put in force.
            let view = View { language, theme, size: SIZES[0] };
            view.show(&window, Some(&view)).await;
            window.forced_colours();
        }
        window.picture("first-screen").await;
        press_on(&window, "rehearse").await;
        window.screen("destination").await;
        type_into(&window, "name", "Contoso Ltd").await;
        type_into(&window, "tenant", "practice-customer.example").await;
        reach(&window, "siem-arcsight").await;
        press(&window, " ").await;
        window.see("tenant-ok").await;
        window.picture("destination").await;
        go_on(&window).await;
        window.screen("register").await;
        press_on(&window, "practice-fill").await;
        window.see("register-proven").await;
        window.picture("register").await;
        go_on(&window).await;
        window.screen("consent").await;
        window.picture("consent").await;
        go_on(&window).await;
        window.see("consent-account").await;
        window.picture("consent-done").await;
        go_on(&window).await;
        window.screen("export").await;
        press_on(&window, "back").await;
        window.screen("authorise").await;
        window.see("authorised").await;
        window.picture("authorise").await;
        go_on(&window).await;
        window.screen("export").await;
        let files = folder.path().join("files");
        reach(&window, "folder").await;
        // Coming by Tab selects what is suggested there.
        press(&window, files.to_str().unwrap().to_owned()).await;
        go_on(&window).await;
        window.see("written").await;
        assert!(files.is_dir(), "the files are where they were said to go");
        window.picture("export").await;
        go_on(&window).await;
        window.screen("test-pull").await;
        window.see("alert-count").await;
        window.picture("proof").await;
        go_on(&window).await;
        window.screen("finish").await;
        window.picture("finish").await;
        window.close().await;
    }
}
