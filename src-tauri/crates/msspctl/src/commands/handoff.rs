//! The packet for the customer's admin, in words: link, QR code, what is asked for, and a mail in the admin's language.
//!
//! Everything in it may be sent by mail; it holds no secret.

use onboarding::Engine;
use onboarding::contract::{HandoffPacket, HandoffRequest};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::{Output, Page, moment};
use crate::prose::{Language, Prose};
use crate::texts::Text;

/// The packet, and the mail that goes with it.
#[derive(Serialize)]
struct Handed<'a> {
    packet: &'a HandoffPacket,
    mail: &'a Mail,
}

/// A mail to the customer's admin.
#[derive(Serialize)]
struct Mail {
    language: &'static str,
    subject: String,
    text: String,
}

/// Prints the packet that waits, or a new one.
///
/// # Errors
///
/// `customer-unknown`, `step-missing`.
pub(super) async fn show(
    customer: &str,
    anew: bool,
    qr: bool,
    language: Option<Language>,
    engine: &Engine,
    output: &Output,
) -> Result<(), Failure> {
    let packet = engine.handoff(HandoffRequest { customer: customer.to_owned(), anew }).await?;
    let mail = match language {
        Some(language) => mail(&packet, &Prose::new(language)),
        None => mail(&packet, output.prose()),
    };
    output.result(&Handed { packet: &packet, mail: &mail }, |prose| {
        let mut page = Page::default();
        page.line(prose.text(Text::HandoffMade));
        page.facts(&[
            (prose.text(Text::ExpectedTenant), packet.tenant_id.clone()),
            (prose.text(Text::Application), packet.client_id.clone()),
            (prose.text(Text::GoodUntil), moment(packet.state.until)),
        ]);
        if qr {
            packet.qr.text.lines().for_each(|line| page.line(line));
        }
        page.line("");
        page.line(&mail.subject);
        page.line("");
        mail.text.lines().for_each(|line| page.line(line));
        page.line("");
        let agreed = packet.state.agreed_at.is_some();
        page.line(prose.text(if agreed { Text::HandoffAdminAgreed } else { Text::HandoffThen }));
        page
    })?;
    Ok(())
}

fn mail(packet: &HandoffPacket, prose: &Prose) -> Mail {
    let tenant = packet
        .tenant_domain
        .as_deref()
        .map_or_else(|| packet.tenant_id.clone(), |domain| format!("{domain} ({})", packet.tenant_id));
    let say = |key: &str, values: &[(&str, &str)]| prose.sign_in(key, values);
    let until = moment(packet.state.until);
    let mut lines = vec![
        say("mail_hello", &[]),
        String::new(),
        say("mail_why", &[("customer", &packet.customer), ("tenant", &tenant)]),
        String::new(),
        say("mail_open", &[("host", &packet.host)]),
        format!("   {}", packet.link),
        say("mail_check", &[("app", &packet.app_name), ("app_id", &packet.client_id)]),
        say("mail_asks", &[]),
    ];
    lines.extend(packet.permissions.iter().map(|permission| {
        let key = format!("permission_{}_name", permission.name);
        let name = say(&key, &[]);
        if name == key {
            format!("   - {} ({})", permission.name, permission.api)
        } else {
            format!("   - {name} ({}, {})", permission.name, permission.api)
        }
    }));
    lines.push(say("mail_agree", &[]));
    if packet.sign_in_follows {
        lines.push(say("mail_sign_in_follows", &[]));
    }
    lines.extend([String::new(), say("mail_until", &[("date", &until)]), say("mail_undo", &[])]);
    Mail { language: prose.tag(), subject: say("mail_subject", &[]), text: lines.join("\n") }
}

#[cfg(test)]
mod tests {
    use onboarding::contract::{HandoffView, PermissionView};

    use super::*;

    fn packet() -> HandoffPacket {
        let link = "https://login.example/t/v2.0/adminconsent?client_id=a&state=x";
        HandoffPacket {
            link: link.to_owned(),
            host: "login.example".to_owned(),
            qr: onboarding::qr_code(link).unwrap(),
            customer: "Contoso".to_owned(),
            tenant_id: "11111111-2222-3333-4444-555555555555".to_owned(),
            tenant_domain: Some("contoso.example".to_owned()),
            app_name: "Contoso SIEM MSSP connector".to_owned(),
            client_id: "aaaaaaaa-2222-3333-4444-555555555555".to_owned(),
            permissions: vec![PermissionView {
                name: "SecurityAlert.Read.All".to_owned(),
                api: "Microsoft Graph".to_owned(),
                kind: "application".to_owned(),
            }],
            sign_in_follows: false,
            state: HandoffView {
                made: "2026-11-16T09:00:00Z".parse().unwrap(),
                until: "2026-12-16T09:00:00Z".parse().unwrap(),
                agreed_at: None,
            },
        }
    }

    #[test]
    fn the_mail_says_everything_that_the_admin_needs_in_every_language() {
        let packet = packet();
        let mut subjects = Vec::new();
        for language in Language::ALL {
            let mail = mail(&packet, &Prose::new(*language));
            for needed in [&packet.link, &packet.tenant_id, &packet.client_id, &packet.app_name] {
                assert!(mail.text.contains(needed.as_str()), "{}: {needed}\n{}", mail.language, mail.text);
            }
            assert!(mail.text.contains("SecurityAlert.Read.All"));
            let raw = ["mail_", "permission_", "{", "}"];
            assert!(raw.iter().all(|key| !mail.text.contains(key)), "{}", mail.text);
            subjects.push(mail.subject);
        }
        subjects.dedup();
        assert_eq!(subjects.len(), Language::ALL.len());
    }
}
