//! What a connector cannot carry, said before anything is rendered. No message carries a value: fields may be secrets.

use catalog::{GrantKind, SourceId};
use url::Url;

use crate::words::words;
use crate::{ConnectorId, ConnectorInput};

/// A field that a connector's formats cannot carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{connector} cannot carry {field}: {reason}")]
pub struct Refusal {
    /// The connector that was asked for.
    pub connector: ConnectorId,
    /// The field of [`ConnectorInput`].
    pub field: &'static str,
    /// Why.
    pub reason: RefusalReason,
}

words! {
    /// Why a field is refused.
    RefusalReason {
        /// It is needed, and it is absent or empty or blank.
        Missing = "missing",
        /// It holds a line break, a tab or another control character. No real value does.
        ControlCharacter = "control-character",
        /// It begins or ends with a blank, which the reader strips.
        SurroundingBlank = "surrounding-blank",
        /// It ends with a backslash, with which the reader joins the next line.
        TrailingBackslash = "trailing-backslash",
        /// It holds a semicolon at its start or after a blank, where some readers see a comment.
        CommentMark = "comment-mark",
        /// It is `""`, which some readers take for nothing.
        EmptyQuotes = "empty-quotes",
        /// It holds what the reader replaces by something else (`$word$`, `{encrypted:…}`).
        Placeholder = "placeholder",
        /// It holds every character that could separate list items.
        NoDelimiterLeft = "no-delimiter-left",
        /// It is no absolute `http` or `https` address.
        NotAnAddress = "not-an-address",
        /// It is no GUID.
        NotATenantId = "not-a-tenant-id",
        /// Both `resource` and `scope` are given: the token endpoint has one version only.
        TwoAudiences = "two-audiences",
        /// The connector's software cannot use this grant.
        GrantNotCarried = "grant-not-carried",
        /// The connector's software does not read this alert source.
        SourceNotCarried = "source-not-carried",
        /// The connector's software has no word for this cloud.
        CloudNotCarried = "cloud-not-carried",
        /// The connector's software uses Microsoft's own address for it and takes no other.
        AddressNotCarried = "address-not-carried",
    }
}

/// A combination that no file can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not possible: {reason}")]
pub struct Impossible {
    /// Why.
    pub reason: ImpossibleReason,
}

words! {
    /// Why a connector cannot serve a source with a grant.
    ImpossibleReason {
        /// The connector's software only knows how to use a refresh token.
        NeedsRefreshToken = "connector-needs-refresh-token",
        /// The connector's software only knows client credentials.
        NeedsAppOnly = "connector-needs-app-only",
        /// The connector's software does not read this alert source.
        SourceNotRead = "connector-does-not-read-source",
        /// The connector's software has no word for this cloud.
        CloudNotKnown = "connector-does-not-know-cloud",
    }
}

/// Whether a connector can read a source with a grant.
///
/// # Errors
/// [`Impossible`] says why not.
pub fn carries(connector: ConnectorId, source: SourceId, grant: GrantKind) -> Result<(), Impossible> {
    if !connector.sources().contains(&source) {
        return Err(Impossible { reason: ImpossibleReason::SourceNotRead });
    }
    if connector.grants().contains(&grant) {
        return Ok(());
    }
    Err(Impossible {
        reason: match grant {
            GrantKind::AppOnly => ImpossibleReason::NeedsRefreshToken,
            GrantKind::RefreshToken => ImpossibleReason::NeedsAppOnly,
        },
    })
}

/// Whether a connector's software can be told of a cloud. Custom clouds stand in for Microsoft's commercial one.
///
/// # Errors
/// [`Impossible`] says why not.
pub fn knows_cloud(connector: ConnectorId, cloud: &str) -> Result<(), Impossible> {
    let builtin = catalog::Cloud::builtins().iter().any(|known| known.id == cloud);
    match connector.clouds() {
        Some(clouds) if builtin && !clouds.contains(&cloud) => {
            Err(Impossible { reason: ImpossibleReason::CloudNotKnown })
        }
        Some(_) | None => Ok(()),
    }
}

/// What would work instead, nearest first: the same source with another grant, then another source.
pub fn instead(connector: ConnectorId, source: SourceId, grant: GrantKind) -> Option<(SourceId, GrantKind)> {
    let same_source = GrantKind::ALL.iter().map(|other| (source, *other));
    let same_grant = SourceId::ALL.iter().map(|other| (*other, grant));
    let any = SourceId::ALL.iter().flat_map(|source| GrantKind::ALL.iter().map(|grant| (*source, *grant)));
    same_source
        .chain(same_grant)
        .chain(any)
        .find(|(source, grant)| carries(connector, *source, *grant).is_ok())
}

/// The checks that hold for every connector.
pub(crate) fn check(connector: ConnectorId, input: &ConnectorInput) -> Result<(), Refusal> {
    let refuse = |field, reason| Err(Refusal { connector, field, reason });
    match carries(connector, input.source, input.grant).map_err(|impossible| impossible.reason) {
        Ok(()) => {}
        Err(ImpossibleReason::SourceNotRead) => return refuse("source", RefusalReason::SourceNotCarried),
        Err(
            ImpossibleReason::NeedsRefreshToken
            | ImpossibleReason::NeedsAppOnly
            | ImpossibleReason::CloudNotKnown,
        ) => return refuse("grant", RefusalReason::GrantNotCarried),
    }
    if knows_cloud(connector, &input.cloud).is_err() {
        return refuse("cloud", RefusalReason::CloudNotCarried);
    }
    for (field, text) in input.texts() {
        if text.trim().is_empty() {
            return refuse(field, RefusalReason::Missing);
        }
        if text.chars().any(breaks_lines) {
            return refuse(field, RefusalReason::ControlCharacter);
        }
    }
    if !is_guid(&input.customer_tenant) {
        return refuse("customer_tenant", RefusalReason::NotATenantId);
    }
    for (field, text) in [
        ("authorize_url", &input.authorize_url),
        ("token_url", &input.token_url),
        ("alerts_url", &input.alerts_url),
    ] {
        if !is_address(text) {
            return refuse(field, RefusalReason::NotAnAddress);
        }
    }
    match (&input.resource, &input.scope) {
        (None, None) => return refuse("scope", RefusalReason::Missing),
        (Some(_), Some(_)) => return refuse("resource", RefusalReason::TwoAudiences),
        (Some(_), None) | (None, Some(_)) => {}
    }
    if input.grant == GrantKind::RefreshToken && input.refresh_token.is_none() {
        return refuse("refresh_token", RefusalReason::Missing);
    }
    Ok(())
}

/// Characters at which one reader or another ends a line, and all other controls.
fn breaks_lines(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

fn is_guid(text: &str) -> bool {
    let mut groups = text.split('-');
    [8, 4, 4, 4, 12].into_iter().all(|length| {
        groups
            .next()
            .is_some_and(|group| group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
    }) && groups.next().is_none()
}

/// An absolute web address without blanks and without a fragment. The parser would repair blanks silently; the SIEM
/// would not. Endpoints have no fragments (RFC 6749, 3.1), and what were added behind one would be lost.
pub(crate) fn is_address(text: &str) -> bool {
    !text.chars().any(char::is_whitespace)
        && Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.has_host() && url.fragment().is_none()
        })
}
