//! What somebody set up years ago: files of an old connector, as the pages of their time had them.
//!
//! It writes and reads nothing back. The invariant: the values are the caller's; what is stale around them is what was
//! published then.

use std::path::Path;

use practice_tenant::Announcement;

/// An ArcSight folder as the pages of 2017 had it, with a secret and a lasting sign-in.
///
/// # Panics
///
/// When it cannot be written.
pub fn arcsight(told: &Announcement, folder: &Path, secret: &str, refresh_token: &str) {
    let flexagent = folder.join("current/user/agent/flexagent");
    let (login, tenant, client_id) = (&told.login, &told.customer_tenant, &told.client_id);
    write(
        &flexagent.join("WDATP-connector.properties"),
        &format!(
            "client_id={client_id}\r\nclient_secret={secret}\r\n# secret expires 2018-02-03\r\n\
             auth_url={login}/{tenant}?resource=https%3A%2F%2FWDATPAlertExport.Seville.onmicrosoft.com\r\n\
             token_url={login}/{tenant}/oauth2/token\r\n\
             redirect_uri=https://localhost:44300/sevilleconnector\r\nscope=\r\nreauthenticate=true\r\n"
        ),
    );
    write(
        &flexagent.join("WDATP-connector.jsonparser.properties"),
        "trigger.node.location=/\ntoken.count=1\ntoken[0].name=AlertTime\ntoken[0].type=String\n\
         token[0].location=AlertTime\nevent.deviceVersion=__stringConstant(\"1.0\")\n\
         event.deviceReceiptTime=__createOptionalTimeStampFromString(AlertTime,\"yyyy-MM-dd'T'hh\\:mm\\:ss\")\n",
    );
    write(&flexagent.join("VALUES-TO-TYPE.txt"), &format!("Refresh Token: {refresh_token}\n"));
}

#[expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "test harness: a failure here is a failed test, and these secrets are nobody's"
)]
fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap_or(file)).expect("a folder");
    std::fs::write(file, text).expect("an old file");
}
