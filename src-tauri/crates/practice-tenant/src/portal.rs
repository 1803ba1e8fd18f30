//! The portal's page for step 3: Settings > Endpoints > APIs > SIEM > MSSP, with its *Authorize application* button.
//!
//! No sign-in: the rehearsal is about the values. Invariants: a form from another site is refused; the app and the
//! provider are compared with what the practice tenant knows before the exporter opens.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use uuid::Uuid;

use crate::directory::House;
use crate::html::{self, escape};
use crate::parameters::Parameters;
use crate::world::World;

/// The portal's addresses. Every path below it shows the page, because links to alerts lead there too.
pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/portal", page())
        .route("/portal/", page())
        .route("/portal/{*rest}", page())
        .layer(DefaultBodyLimit::max(64 * 1024))
}

fn page() -> MethodRouter<Arc<World>> {
    get(|State(world): State<Arc<World>>, RawQuery(query): RawQuery| async move {
        let query = Parameters::read(query.unwrap_or_default().as_bytes());
        match tenant(&world, &query) {
            Ok(tenant) => show(StatusCode::OK, &tenant, &Parameters::default(), ""),
            Err(response) => *response,
        }
    })
    .post(
        |State(world): State<Arc<World>>, RawQuery(query): RawQuery, headers: HeaderMap, body: Bytes| async move {
            let query = Parameters::read(query.unwrap_or_default().as_bytes());
            if !is_own_form(&headers) {
                return html::page(
                    StatusCode::FORBIDDEN,
                    "Refused",
                    "<p class=\"problem\" role=\"alert\">This form came from another site.</p>",
                    None,
                );
            }
            match tenant(&world, &query) {
                Ok(tenant) => authorise(&world, &tenant, &Parameters::read(&body)),
                Err(response) => *response,
            }
        },
    )
}

/// Browsers say where a form comes from; programs need not.
fn is_own_form(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site") == Some("cross-site") {
        return false;
    }
    match (text("origin"), text(header::HOST.as_str())) {
        (Some(origin), Some(host)) if origin != "null" => {
            origin.split_once("://").is_some_and(|(_, own)| own.eq_ignore_ascii_case(host))
        }
        _ => true,
    }
}

/// The customer's tenant id, as `tid` names it.
fn tenant(world: &World, query: &Parameters) -> Result<String, Box<Response>> {
    let wrong = |message: &str| {
        let body = format!(
            "<p class=\"problem\" id=\"authorization-result\" role=\"alert\">{}</p>",
            escape(message)
        );
        Box::new(html::page(StatusCode::BAD_REQUEST, "Microsoft Defender", &body, None))
    };
    let Some(tid) = query.get("tid") else {
        return Err(wrong("This address needs ?tid= and the customer's tenant id."));
    };
    match world.directory.house(tid) {
        Some(House::Customer) => Ok(world.directory.tenant_id(House::Customer).to_string()),
        Some(House::Provider) => {
            Err(wrong("tid is the provider's tenant. Open the portal with the customer's tenant id."))
        }
        Some(House::Elsewhere) | None => Err(wrong("tid names a tenant that this portal does not know.")),
    }
}

fn authorise(world: &World, tenant: &str, form: &Parameters) -> Response {
    let outcome = check(world, form);
    let (status, class, role, message) = match outcome {
        Ok(()) => {
            world.ledger().authorise();
            (
                StatusCode::OK,
                "fine",
                "status",
                "Application authorized. The SIEM API answers to it from now on.",
            )
        }
        Err(message) => (StatusCode::BAD_REQUEST, "problem", "alert", message),
    };
    let result =
        format!("<p class=\"{class}\" id=\"authorization-result\" role=\"{role}\">{}</p>\n", escape(message));
    show(status, tenant, form, &result)
}

fn check(world: &World, form: &Parameters) -> Result<(), &'static str> {
    let application = form.get("applicationId").ok_or("Application ID is empty.")?;
    let application = Uuid::try_parse(application.trim()).map_err(|_| "Application ID is not a GUID.")?;
    let tenant = form.get("tenantId").ok_or("Tenant ID is empty.")?;
    let tenant = Uuid::try_parse(tenant.trim()).map_err(|_| "Tenant ID is not a GUID.")?;
    if application == world.directory.secret_id {
        return Err("Application ID is the id of the secret. Enter the application (client) ID.");
    }
    if application != world.directory.client_id {
        return Err("No application with this Application ID exists.");
    }
    if tenant == world.directory.tenant_id(House::Customer) {
        return Err("Tenant ID is this customer's own. Enter the tenant ID of the provider.");
    }
    if tenant != world.directory.tenant_id(House::Provider) {
        return Err("The application does not belong to the tenant with this Tenant ID.");
    }
    Ok(())
}

fn show(status: StatusCode, tenant: &str, form: &Parameters, result: &str) -> Response {
    let value = |name: &str| escape(form.get(name).unwrap_or_default());
    let body = format!(
        "<nav aria-label=\"Breadcrumb\">Settings &gt; Endpoints &gt; APIs &gt; SIEM &gt; MSSP</nav>\n\
         <p>Tenant <code>{tenant}</code></p>\n{result}\
         <p>Give an MSSP application access to this tenant’s detections.</p>\n\
         <form method=\"post\" action=\"/portal?tid={tenant}\">\n\
         <label for=\"applicationId\">Application ID</label>\n\
         <input type=\"text\" id=\"applicationId\" name=\"applicationId\" value=\"{}\" required>\n\
         <label for=\"tenantId\">Tenant ID</label>\n\
         <input type=\"text\" id=\"tenantId\" name=\"tenantId\" value=\"{}\" required>\n\
         <button type=\"submit\" id=\"authorize\">Authorize application</button>\n</form>",
        value("applicationId"),
        value("tenantId")
    );
    html::page(status, "Microsoft Defender: MSSP", &body, None)
}
