//! `$BROWSER` for the tests: a person who signs in by submitting the practice tenant's forms, without a browser.
//!
//! `MSSP_TEST_ANNOUNCEMENT` holds the practice tenant's line, `MSSP_TEST_ROLE` the role of the user who signs in.

#![expect(clippy::expect_used, reason = "test program: a failure here is a failed test")]

use practice_tenant::Announcement;
use practice_tenant::visitor::Visitor;

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).expect("an address");
    let line = std::env::var("MSSP_TEST_ANNOUNCEMENT").expect("MSSP_TEST_ANNOUNCEMENT");
    let announcement: Announcement = serde_json::from_str(&line).expect("an announcement");
    let role = std::env::var("MSSP_TEST_ROLE").unwrap_or_else(|_| "admin".to_owned());
    let user = announcement.users.iter().find(|user| user.role == role).expect("a user of that role");
    let visitor = Visitor::new(&announcement).expect("a visitor");
    // What comes of it shows in the tool that opened this browser.
    let _ = visitor.sign_in_and_consent(&address, &user.name).await;
}
