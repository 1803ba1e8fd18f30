//! Why an alert source refused, as far as it can be known: its own words, held against the claims of the token that was
//! sent.
//!
//! Only what is certain becomes a verdict: a tenant, an audience or a permission that the token shows, a licence, a role
//! or an authorisation that the API names. What is unknown stays unknown (`api-denied`, `api-unauthorised`).

use catalog::{Audience, GrantKind, Source, SourceId, permissions_for};
use entra::AccessClaims;
use url::Url;

use crate::contract::{Problem, ProblemCode};

/// Whom and what was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) source: SourceId,
    pub(crate) grant: GrantKind,
    /// The customer's tenant.
    pub(crate) tenant_id: &'a str,
    /// What the token was asked for.
    pub(crate) audience: &'a Audience,
}

/// Makes a refusal as precise as the token's claims and Microsoft's words allow.
pub(crate) fn judge(problem: Problem, claims: Option<&AccessClaims>, case: &Case<'_>) -> Problem {
    if !matches!(problem.code, ProblemCode::ApiDenied | ProblemCode::ApiUnauthorised) {
        return problem;
    }
    let found =
        claims.and_then(|claims| by_claims(claims, case)).or_else(|| by_words(&problem, claims, case));
    match found {
        None if claims.is_some() && Source::get(case.source).permission(case.grant).is_some() => {
            without_what_the_token_disproves(problem)
        }
        None => problem,
        Some(found) => Problem { microsoft: problem.microsoft, details: problem.details, ..found },
    }
}

/// Tenant, audience and permission were seen in the token: nobody has to look for them.
fn without_what_the_token_disproves(mut problem: Problem) -> Problem {
    if problem.code == ProblemCode::ApiDenied {
        let disproved = ["permission-not-granted", "token-other-api", "consent-outdated"];
        problem.causes.retain(|cause| !disproved.contains(&cause.name.as_str()));
    }
    problem
}

/// What the token itself shows.
fn by_claims(claims: &AccessClaims, case: &Case<'_>) -> Option<Problem> {
    if let Some(tenant) = &claims.tenant_id {
        if !tenant.eq_ignore_ascii_case(case.tenant_id) {
            return Some(
                Problem::new(ProblemCode::WrongTenant)
                    .with("expected", case.tenant_id)
                    .with("actual", tenant.clone()),
            );
        }
    }
    if let (Some(expected), Some(actual)) = (resource(case.audience), &claims.audience) {
        if !same_audience(&expected, actual, case) {
            return Some(elsewhere(&expected, actual));
        }
    }
    let needed = Source::get(case.source).permission(case.grant)?;
    let granted = match case.grant {
        GrantKind::RefreshToken => &claims.scopes,
        GrantKind::AppOnly => &claims.roles,
    };
    (!granted.iter().any(|granted| includes(granted, needed))).then(|| {
        let all = [claims.scopes.as_slice(), claims.roles.as_slice()].concat().join(" ");
        Problem::new(ProblemCode::PermissionMissing)
            .with("permission", needed)
            .with("granted", if all.is_empty() { "–".to_owned() } else { all })
    })
}

/// What Microsoft says, where it is beyond doubt.
fn by_words(problem: &Problem, claims: Option<&AccessClaims>, case: &Case<'_>) -> Option<Problem> {
    let microsoft = problem.microsoft.as_deref()?;
    let words = [&microsoft.error, &microsoft.message].map(|text| text.as_deref().unwrap_or_default());
    let words = words.join(" ").to_ascii_lowercase();
    let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
    let source = Source::get(case.source);
    if problem.code == ProblemCode::ApiUnauthorised {
        let expected = resource(case.audience)?;
        let actual = claims.and_then(|claims| claims.audience.clone()).unwrap_or_else(|| "–".to_owned());
        return says(&["invalid audience", "audience validation", "invalid issuer"])
            .then(|| elsewhere(&expected, &actual));
    }
    if source.portal_authorisation {
        return says(&["not authorized", "not authorised", "unauthorized application"])
            .then(|| Problem::new(ProblemCode::AuthorisationPending));
    }
    let has_role = says(&["missing role", "valid role", "required role", "rbac", "user role", "role-based"]);
    // The permission was seen in the token: what is missing is the person's own.
    let permission = source.permission(case.grant)?;
    (case.grant == GrantKind::RefreshToken && claims.is_some() && has_role)
        .then(|| Problem::new(ProblemCode::RoleMissing).with("permission", permission))
}

fn elsewhere(expected: &str, actual: &str) -> Problem {
    Problem::new(ProblemCode::CloudOrRegionWrong).with("expected", expected).with("actual", actual)
}

/// The resource that a token was asked for: a scope without its permission.
fn resource(audience: &Audience) -> Option<String> {
    match audience {
        Audience::Resource(resource) => Some(resource.clone()),
        Audience::Scopes(scopes) => {
            scopes.first()?.rsplit_once('/').map(|(resource, _)| resource.trim_end_matches('/').to_owned())
        }
    }
}

/// `aud` is the resource's address, or its application id.
fn same_audience(expected: &str, actual: &str, case: &Case<'_>) -> bool {
    let Ok(address) = Url::parse(actual) else {
        // An application id: known for the resources that have permissions, and beyond judgement for the others.
        let known = permissions_for(case.source, case.grant);
        return entra::guid(actual).is_none()
            || known.is_empty()
            || known.iter().any(|it| it.resource_app_id.eq_ignore_ascii_case(actual));
    };
    Url::parse(expected)
        .is_ok_and(|expected| expected.host_str() == address.host_str() && expected.port() == address.port())
}

/// Whether a granted permission includes a needed one: writing includes reading, and all includes one's own.
fn includes(granted: &str, needed: &str) -> bool {
    let plain = |name: &str| name.to_ascii_lowercase().replace(".readwrite", ".read");
    let (granted, needed) = (plain(granted), plain(needed));
    granted == needed || granted.strip_suffix(".all").is_some_and(|granted| granted == needed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Microsoft, ProblemCause, Who};

    const TENANT: &str = "11111111-1111-4111-8111-111111111111";

    fn claims(audience: &str, scopes: &[&str], roles: &[&str]) -> AccessClaims {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        AccessClaims {
            tenant_id: Some(TENANT.to_owned()),
            audience: Some(audience.to_owned()),
            scopes: words(scopes),
            roles: words(roles),
            ..AccessClaims::default()
        }
    }

    fn refusal(code: ProblemCode, message: &str) -> Problem {
        Problem::new(code).said_by(Microsoft { message: Some(message.to_owned()), ..Microsoft::default() })
    }

    fn judged(source: SourceId, grant: GrantKind, problem: Problem, claims: &AccessClaims) -> Problem {
        let cloud = catalog::Cloud::builtin("commercial").unwrap();
        let audience = Source::get(source).audience(&cloud, grant);
        judge(problem, Some(claims), &Case { source, grant, tenant_id: TENANT, audience: &audience })
    }

    #[test]
    fn a_permission_that_the_token_lacks_is_named() {
        for (grant, needed) in
            [(GrantKind::RefreshToken, "Alert.Read"), (GrantKind::AppOnly, "Alert.Read.All")]
        {
            let token =
                claims("https://api.securitycenter.microsoft.com", &["User.Read"], &["Machine.Read.All"]);
            let problem =
                judged(SourceId::DefenderAlerts, grant, refusal(ProblemCode::ApiDenied, "Forbidden"), &token);
            assert_eq!(
                (problem.code, problem.params["permission"].as_str()),
                (ProblemCode::PermissionMissing, needed)
            );
            assert_eq!(problem.params["granted"], "User.Read Machine.Read.All");
            assert!(problem.microsoft.is_some());
        }
    }

    #[test]
    fn writing_includes_reading_and_all_includes_own() {
        let unknown = || refusal(ProblemCode::ApiDenied, "Forbidden");
        for scope in ["Alert.Read", "alert.readwrite", "Alert.Read.All", "Alert.ReadWrite.All"] {
            let token = claims("fc780465-2017-40d4-a0c5-307022471b92", &[scope], &[]);
            let problem = judged(SourceId::DefenderAlerts, GrantKind::RefreshToken, unknown(), &token);
            assert_eq!(problem.code, ProblemCode::ApiDenied, "{scope}: unknown stays unknown");
        }
        let token = claims("https://graph.microsoft.com/", &[], &["SecurityEvents.Read.All"]);
        let problem = judged(SourceId::GraphAlerts, GrantKind::AppOnly, unknown(), &token);
        assert_eq!(problem.code, ProblemCode::PermissionMissing);
    }

    #[test]
    fn what_the_token_disproves_is_no_cause() {
        let cause = |name: &str| ProblemCause { name: name.to_owned(), who: Who::CustomerAdmin };
        let mut denied = refusal(ProblemCode::ApiDenied, "Forbidden");
        denied.causes = ["permission-not-granted", "role-missing", "token-other-api"].map(cause).to_vec();
        let token = claims("https://graph.microsoft.com", &[], &["SecurityAlert.Read.All"]);
        let problem = judged(SourceId::GraphAlerts, GrantKind::AppOnly, denied.clone(), &token);
        assert_eq!(problem.causes, [cause("role-missing")]);
        let token = claims("https://graph.windows.net", &[], &[]);
        let problem = judged(SourceId::SiemDetections, GrantKind::AppOnly, denied, &token);
        assert_eq!(problem.causes.len(), 3, "a token that takes no permission disproves nothing");
    }

    #[test]
    fn a_role_is_missing_only_where_a_person_signed_in_and_microsoft_says_so() {
        let said = "Auth token does not contain valid permissions or user does not have valid roles. Tenant: contoso";
        let token =
            claims("https://graph.microsoft.com", &["SecurityAlert.Read.All"], &["SecurityAlert.Read.All"]);
        let code = |grant, said| {
            judged(SourceId::GraphAlerts, grant, refusal(ProblemCode::ApiDenied, said), &token).code
        };
        assert_eq!(code(GrantKind::RefreshToken, said), ProblemCode::RoleMissing);
        assert_eq!(code(GrantKind::AppOnly, said), ProblemCode::ApiDenied);
        assert_eq!(code(GrantKind::RefreshToken, "Access denied"), ProblemCode::ApiDenied);
    }

    #[test]
    fn a_token_for_another_cloud_or_api_is_recognised() {
        let denied = || refusal(ProblemCode::ApiDenied, "Forbidden");
        let token = claims("https://api.security.microsoft.com", &["Alert.Read"], &[]);
        let problem = judged(SourceId::DefenderAlerts, GrantKind::RefreshToken, denied(), &token);
        assert_eq!(problem.code, ProblemCode::CloudOrRegionWrong);
        assert_eq!(problem.params["actual"], "https://api.security.microsoft.com");
        let token = claims("8ee8fdad-f234-4243-8f3b-15c294843740", &["Alert.Read"], &[]);
        let problem = judged(SourceId::DefenderAlerts, GrantKind::RefreshToken, denied(), &token);
        assert_eq!(problem.code, ProblemCode::CloudOrRegionWrong);
        let token = claims("https://graph.windows.net", &[], &[]);
        let unauthorised =
            refusal(ProblemCode::ApiUnauthorised, "Access token validation failure. Invalid audience.");
        let problem = judged(SourceId::SiemDetections, GrantKind::AppOnly, unauthorised, &token);
        assert_eq!(problem.code, ProblemCode::CloudOrRegionWrong);
    }

    #[test]
    fn a_token_of_another_tenant_is_recognised() {
        let token = AccessClaims {
            tenant_id: Some("22222222-2222-4222-8222-222222222222".to_owned()),
            ..claims("https://graph.microsoft.com", &["SecurityAlert.Read.All"], &[])
        };
        let denied = refusal(ProblemCode::ApiUnauthorised, "");
        let problem = judged(SourceId::GraphAlerts, GrantKind::RefreshToken, denied, &token);
        assert_eq!(problem.code, ProblemCode::WrongTenant);
    }

    #[test]
    fn the_legacy_source_waits_for_its_portal_only_where_it_says_so() {
        let token = claims("https://graph.windows.net", &[], &[]);
        let code = |said| {
            let denied = refusal(ProblemCode::ApiDenied, said);
            judged(SourceId::SiemDetections, GrantKind::AppOnly, denied, &token).code
        };
        assert_eq!(code("the application is not authorized to read"), ProblemCode::AuthorisationPending);
        assert_eq!(code("domain is not managed by the tenant administrator"), ProblemCode::ApiDenied);
    }

    #[test]
    fn what_is_no_refusal_is_left_alone_and_an_opaque_token_proves_nothing() {
        let audience = Audience::Resource("https://graph.windows.net".to_owned());
        let case = Case {
            source: SourceId::GraphAlerts,
            grant: GrantKind::AppOnly,
            tenant_id: TENANT,
            audience: &audience,
        };
        let cut = Problem::new(ProblemCode::ConnectionCut);
        assert_eq!(judge(cut.clone(), None, &case), cut);
        let denied = refusal(ProblemCode::ApiDenied, "Forbidden");
        assert_eq!(judge(denied.clone(), None, &case), denied);
    }
}
