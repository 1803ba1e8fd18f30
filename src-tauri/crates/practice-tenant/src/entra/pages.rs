//! The pages that a person sees: sign-in, consent, "need admin approval". Plain forms that a script can post as well.
//!
//! Ids and field names are those of the real pages where a person's script would look for them: `loginfmt`, `passwd`,
//! `idSIButton9`, `idBtn_Accept`, `idBtn_Back`, `flowToken`.

use axum::http::StatusCode;
use axum::response::Response;

use crate::directory::{APP_NAME, Person};
use crate::html::{self, escape};
use crate::ledger::Identity;
use crate::permission::Permission;
use crate::redirect;
use crate::world::World;

use super::Call;
use super::flow::{Flow, Purpose};
use super::refusal::Refusal;

/// The sign-in page, with what went wrong the last time.
pub(super) fn sign_in(
    world: &World,
    call: &Call,
    flow: &Flow,
    id: &str,
    wrong: Option<&Refusal>,
) -> Response {
    let action = format!("/{}/login", escape(&flow.segment));
    let wrong = wrong
        .map(|refusal| {
            format!(
                "<p class=\"problem\" id=\"usernameError\" role=\"alert\">{}</p>\n",
                escape(&refusal.sentence())
            )
        })
        .unwrap_or_default();
    let hint = escape(call.parameters.get("loginfmt").or(flow.login_hint.as_deref()).unwrap_or_default());
    let token = escape(id);
    let people = world.directory.people.iter().map(pick).collect::<String>();
    let body = format!(
        "{wrong}<p>to continue to <strong>{APP_NAME}</strong></p>\n\
         <form method=\"post\" action=\"{action}\" id=\"i0281\">\n\
         <input type=\"hidden\" name=\"flowToken\" value=\"{token}\">\n\
         <label for=\"i0116\">Email or sign-in name</label>\n\
         <input type=\"email\" name=\"loginfmt\" id=\"i0116\" value=\"{hint}\" autocomplete=\"username\" required autofocus>\n\
         <label for=\"i0118\">Password</label>\n\
         <input type=\"password\" name=\"passwd\" id=\"i0118\" autocomplete=\"current-password\" required>\n\
         <button type=\"submit\" id=\"idSIButton9\">Sign in</button>\n</form>\n\
         <form method=\"post\" action=\"{action}\" id=\"practice-people\">\n\
         <input type=\"hidden\" name=\"flowToken\" value=\"{token}\">\n\
         <fieldset><legend>Practice only: sign in without a password</legend>\n{people}</fieldset>\n</form>"
    );
    html::page(StatusCode::OK, "Sign in", &body, redirect::origin(&flow.destination.address).as_deref())
}

fn pick(person: &Person) -> String {
    format!(
        "<button type=\"submit\" name=\"practice_user\" value=\"{0}\">{1}: {0}, {2}</button>\n",
        escape(person.name),
        escape(person.display_name),
        escape(person.role.plainly())
    )
}

/// The consent page.
pub(super) fn consent(world: &World, flow: &Flow, id: &str, who: Identity) -> Response {
    let (title, lead) = match &flow.purpose {
        Purpose::AdminConsent { .. } => (
            "Permissions requested: review for your organization",
            "If you accept, this app will for everybody in your organization:",
        ),
        Purpose::SignIn { for_everybody: true, .. } => (
            "Permissions requested: review for your organization",
            "If you accept, this app will for everybody in your organization:",
        ),
        Purpose::SignIn { .. } => ("Permissions requested", "This app would like to:"),
    };
    let mut items = String::new();
    for ask in &flow.ask.apis {
        for permission in &ask.permissions {
            item(&mut items, permission, ask.api.name());
        }
        if matches!(flow.purpose, Purpose::AdminConsent { .. }) && ask.default {
            for permission in ask.api.registered_application() {
                item(
                    &mut items,
                    permission,
                    &format!("{}, by itself, without a signed-in person", ask.api.name()),
                );
            }
        }
    }
    if flow.ask.openid.openid || flow.ask.openid.profile {
        items.push_str("<li>Sign you in and read your basic profile</li>\n");
    }
    if flow.ask.openid.offline_access {
        items.push_str(
            "<li>Keep the access that you give it, while you are away (<code>offline_access</code>)</li>\n",
        );
    }
    let for_all = match &flow.purpose {
        Purpose::SignIn { for_everybody: false, .. } if who.role.administers(who.house) => {
            "<p><input type=\"checkbox\" name=\"orgconsent\" value=\"true\" id=\"orgconsent\"> \
             <label for=\"orgconsent\">Consent on behalf of your organization</label></p>\n"
        }
        Purpose::SignIn { .. } | Purpose::AdminConsent { .. } => "",
    };
    let body = format!(
        "<p>{} · {}</p>\n<p><strong>{APP_NAME}</strong> by {}</p>\n<p>{lead}</p>\n<ul>\n{items}</ul>\n\
         <form method=\"post\" action=\"/{}/Consent/Set\">\n<input type=\"hidden\" name=\"flowToken\" value=\"{}\">\n{for_all}\
         <button type=\"submit\" name=\"action\" value=\"accept\" id=\"idBtn_Accept\">Accept</button>\n\
         <button type=\"submit\" name=\"action\" value=\"cancel\" id=\"idBtn_Back\">Cancel</button>\n</form>",
        escape(world.directory.person(who.role).name),
        escape(who.house.name()),
        escape(crate::directory::House::Provider.name()),
        escape(&flow.segment),
        escape(id)
    );
    html::page(StatusCode::OK, title, &body, redirect::origin(&flow.destination.address).as_deref())
}

fn item(items: &mut String, permission: &Permission, whose: &str) {
    items.push_str("<li>");
    items.push_str(&escape(permission.plainly));
    items.push_str(" (<code>");
    items.push_str(&escape(permission.name));
    items.push_str("</code>, ");
    items.push_str(&escape(whose));
    items.push_str(")</li>\n");
}

/// "Need admin approval": the way back to the app carries AADSTS90094.
pub(super) fn needs_admin(flow: &Flow, id: &str, who: &str) -> Response {
    let body = format!(
        "<p>{}</p>\n<p><strong>{APP_NAME}</strong> needs permission to access resources in your organization that only an \
         administrator can grant.</p>\n<p class=\"problem\" id=\"exceptionMessageContainer\" role=\"alert\">{}</p>\n\
         <form method=\"post\" action=\"/{}/Consent/Set\">\n<input type=\"hidden\" name=\"flowToken\" value=\"{}\">\n\
         <button type=\"submit\" name=\"action\" value=\"cancel\" id=\"idBtn_Back\">Return to the application without granting \
         consent</button>\n</form>",
        escape(who),
        escape(&Refusal::admin_needed().sentence()),
        escape(&flow.segment),
        escape(id)
    );
    html::page(
        StatusCode::OK,
        "Need admin approval",
        &body,
        redirect::origin(&flow.destination.address).as_deref(),
    )
}

/// The account does not belong here: the message, and the sign-in page below it to try another one.
pub(super) fn wrong_account(
    world: &World,
    call: &Call,
    flow: &Flow,
    id: &str,
    person: &Person,
    tenant: &str,
) -> Response {
    let home = format!("{}/{}/", world.addresses.login, world.directory.tenant_id(person.role.home()));
    sign_in(world, call, flow, id, Some(&Refusal::account_not_in_tenant(person.name, &home, tenant)))
}
