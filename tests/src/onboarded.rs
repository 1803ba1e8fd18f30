//! A customer of the practice tenant who has consented, with the scenarios of a test put in force around what is tested.

use std::path::Path;

use practice_tenant::visitor::Visitor;

use crate::command::Msspctl;
use crate::practice::Practice;

/// Adds `Contoso` for a source and grant, consents as its administrator, and authorises the app where the source wants
/// it. What comes after may fail: alerts are not asked for.
///
/// # Panics
///
/// When a step fails.
#[expect(clippy::expect_used, reason = "test harness: a failure here is a failed test")]
pub async fn customer(practice: &Practice, folder: &Path, source: &str, grant: &str) -> Msspctl {
    let msspctl = practice.person(practice.msspctl(&folder.join("data")), "admin");
    practice.add_customer(&msspctl, &["--source", source, "--grant", grant]).await;
    msspctl.succeed(&["consent", "Contoso", "--timeout", "1m"]).await;
    if source == "siem-detections" {
        let visitor = Visitor::new(&practice.announcement).expect("a visitor is made");
        let mut portal: url::Url = practice.announcement.portal.parse().expect("an address");
        portal.query_pairs_mut().append_pair("tid", &practice.announcement.customer_tenant);
        let (client_id, home) = (&practice.announcement.client_id, &practice.announcement.provider_tenant);
        visitor.authorize_application(portal.as_str(), client_id, home).await.expect("the portal authorises");
    }
    msspctl
}
