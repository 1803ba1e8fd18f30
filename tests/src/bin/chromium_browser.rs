//! `$BROWSER` for the tests: a real headless Chromium, and a person in front of it who signs in and clicks.
//!
//! `MSSP_TEST_ANNOUNCEMENT` holds the practice tenant's line; without it one of the page's practice accounts is
//! picked. `MSSP_TEST_ROLE` is the role of the user who signs in, `MSSP_TEST_CLICK` what is clicked on the consent page
//! (`accept` or `decline`).

#![expect(clippy::expect_used, reason = "test program: a failure here is a failed test")]

use std::time::Duration;

use practice_tenant::Announcement;
use tests::chromium::Chromium;
use thirtyfour::prelude::*;

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).expect("an address");
    let role = std::env::var("MSSP_TEST_ROLE").unwrap_or_else(|_| "admin".to_owned());
    let click = std::env::var("MSSP_TEST_CLICK").unwrap_or_else(|_| "accept".to_owned());
    let chromium = Chromium::start().await;
    let outcome = visit(&chromium.driver, &address, &role, &click).await;
    chromium.quit().await;
    outcome.expect("the person gets through");
}

async fn visit(driver: &WebDriver, address: &str, role: &str, click: &str) -> WebDriverResult<()> {
    driver.goto(address).await?;
    if let Ok(line) = std::env::var("MSSP_TEST_ANNOUNCEMENT") {
        let announcement: Announcement = serde_json::from_str(&line).expect("an announcement");
        let user = announcement.users.iter().find(|user| user.role == role).expect("a user of that role");
        let password = std::fs::read_to_string(&user.password_file).expect("a password");
        find(driver, "[name=loginfmt]").await?.send_keys(&user.name).await?;
        find(driver, "[name=passwd]").await?.send_keys(&password).await?;
        find(driver, "#idSIButton9").await?.click().await?;
    } else {
        let selector = format!("button[name=practice_user][value^='{role}@']");
        find(driver, &selector).await?.click().await?;
    }
    let button = if click == "accept" { "#idBtn_Accept" } else { "#idBtn_Back" };
    find(driver, button).await?.click().await?;
    // The person stays until the tool's own page is there: whoever closes the browser sooner may cut its way back.
    let from = url::Url::parse(address).expect("an address").origin();
    let left = async {
        while driver.current_url().await.is_ok_and(|url| url.origin() == from) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(PATIENCE, left).await.expect("the browser is led back");
    find(driver, "h1").await?.text().await?;
    Ok(())
}

async fn find(driver: &WebDriver, selector: &str) -> WebDriverResult<WebElement> {
    driver.query(By::Css(selector)).wait(PATIENCE, LOOK_AGAIN).first().await
}
