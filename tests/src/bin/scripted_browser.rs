//! `$BROWSER` for the tests: a person who signs in by submitting the practice tenant's forms, without a browser.
//!
//! `MSSP_TEST_ANNOUNCEMENT` holds the practice tenant's line, or those of several, of which the one counts whose address
//! is opened. `MSSP_TEST_ROLE` is the role of the user who signs in.

#![expect(clippy::expect_used, reason = "test program: a failure here is a failed test")]

use practice_tenant::Announcement;
use practice_tenant::visitor::Visitor;

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).expect("an address");
    let lines = std::env::var("MSSP_TEST_ANNOUNCEMENT").expect("MSSP_TEST_ANNOUNCEMENT");
    let mut announcements: Vec<Announcement> =
        lines.lines().map(|line| serde_json::from_str(line).expect("an announcement")).collect();
    let meant = announcements.iter().position(|one| address.starts_with(&one.login)).unwrap_or_default();
    let announcement = announcements.swap_remove(meant);
    let role = std::env::var("MSSP_TEST_ROLE").unwrap_or_else(|_| "admin".to_owned());
    let user = announcement.users.iter().find(|user| user.role == role).expect("a user of that role");
    let visitor = Visitor::new(&announcement).expect("a visitor");
    // What comes of it shows in the tool that opened this browser.
    let _ = visitor.sign_in_and_consent(&address, &user.name).await;
}
