//! The four APIs that hand out alerts, their permissions, and how a client names them: v1 `resource`, v2 `scope`.
//!
//! Invariant: the audience of a token is the resource exactly as the client spelled it, because the APIs compare it.

use crate::announcement::Addresses;

/// An API that tokens are asked for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Api {
    /// Microsoft Graph.
    Graph,
    /// Defender for Endpoint.
    Defender,
    /// Defender XDR.
    Xdr,
    /// Azure AD Graph, of which only the audience is left: the legacy exporter wants it.
    DirectoryGraph,
}

impl Api {
    pub(crate) const ALL: [Self; 4] = [Self::Graph, Self::Defender, Self::Xdr, Self::DirectoryGraph];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Graph => "Microsoft Graph",
            Self::Defender => "WindowsDefenderATP",
            Self::Xdr => "Microsoft Threat Protection",
            Self::DirectoryGraph => "Windows Azure Active Directory",
        }
    }

    /// The application id of the API itself, which also serves as its audience.
    pub(crate) const fn app_id(self) -> &'static str {
        match self {
            Self::Graph => "00000003-0000-0000-c000-000000000000",
            Self::Defender => "fc780465-2017-40d4-a0c5-307022471b92",
            Self::Xdr => "8ee8fdad-f234-4243-8f3b-15c294843740",
            Self::DirectoryGraph => "00000002-0000-0000-c000-000000000000",
        }
    }

    /// The names under which Microsoft knows the API, its usual one first.
    const fn resources(self) -> &'static [&'static str] {
        match self {
            Self::Graph => &[
                "https://graph.microsoft.com",
                "https://graph.microsoft.us",
                "https://dod-graph.microsoft.us",
                "https://microsoftgraph.chinacloudapi.cn",
            ],
            Self::Defender => &[
                "https://api.securitycenter.microsoft.com",
                "https://api.securitycenter.windows.com",
                "https://securitycenter.onmicrosoft.com/windowsatpservice",
                "https://api-us.securitycenter.microsoft.com",
                "https://api-eu.securitycenter.microsoft.com",
                "https://api-uk.securitycenter.microsoft.com",
                "https://api-gcc.securitycenter.microsoft.us",
                "https://api-gov.securitycenter.microsoft.us",
            ],
            Self::Xdr => &[
                "https://api.security.microsoft.com",
                "https://us.api.security.microsoft.com",
                "https://eu.api.security.microsoft.com",
                "https://uk.api.security.microsoft.com",
                "https://au.api.security.microsoft.com",
                "https://swa.api.security.microsoft.com",
                "https://api-gcc.security.microsoft.us",
                "https://api-gov.security.microsoft.us",
            ],
            Self::DirectoryGraph => &["https://graph.windows.net"],
        }
    }

    pub(crate) const fn usual_resource(self) -> &'static str {
        self.resources()[0]
    }

    /// The API behind a resource name: Microsoft's, the API's application id, or the practice tenant's own address.
    pub(crate) fn find(resource: &str, addresses: &Addresses) -> Option<Self> {
        let resource = resource.strip_suffix('/').unwrap_or(resource);
        Self::ALL.into_iter().find(|api| {
            let own = match api {
                Self::Graph => addresses.graph.as_str(),
                Self::Defender => addresses.defender.as_str(),
                Self::Xdr => addresses.xdr.as_str(),
                Self::DirectoryGraph => "",
            };
            resource.eq_ignore_ascii_case(api.app_id())
                || (!own.is_empty() && resource.eq_ignore_ascii_case(own))
                || api.resources().iter().any(|known| resource.eq_ignore_ascii_case(known))
        })
    }

    /// The permissions that exist on the API.
    pub(crate) const fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Graph => GRAPH,
            Self::Defender => DEFENDER,
            Self::Xdr => XDR,
            Self::DirectoryGraph => DIRECTORY_GRAPH,
        }
    }

    /// The delegated permissions of the app registration.
    pub(crate) fn registered_delegated(self) -> impl Iterator<Item = &'static Permission> {
        self.permissions()
            .iter()
            .filter(|permission| permission.registered && permission.kind != Kind::Application)
    }

    /// The application permissions of the app registration.
    pub(crate) fn registered_application(self) -> impl Iterator<Item = &'static Permission> {
        self.permissions()
            .iter()
            .filter(|permission| permission.registered && permission.kind != Kind::Delegated)
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Delegated,
    Application,
    Both,
}

/// A permission of an API.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Permission {
    pub(crate) name: &'static str,
    /// What the consent page says.
    pub(crate) plainly: &'static str,
    kind: Kind,
    /// Whether the practice registration lists it.
    registered: bool,
}

impl Permission {
    /// Whether only an administrator can grant it to a signed-in user's app.
    pub(crate) fn needs_admin(&self) -> bool {
        self.name != "User.Read"
    }
}

const GRAPH: &[Permission] = &[
    permission("SecurityAlert.Read.All", "Read all security alerts", Kind::Both, true),
    permission("SecurityIncident.Read.All", "Read all security incidents", Kind::Both, true),
    permission("User.Read", "Sign you in and read your profile", Kind::Delegated, true),
    permission("SecurityAlert.ReadWrite.All", "Read and write all security alerts", Kind::Both, false),
    permission("SecurityIncident.ReadWrite.All", "Read and write all security incidents", Kind::Both, false),
];

const DEFENDER: &[Permission] = &[
    permission("Alert.Read", "Read alerts of Defender for Endpoint", Kind::Delegated, true),
    permission("Alert.Read.All", "Read all alerts of Defender for Endpoint", Kind::Application, true),
    permission("Alert.ReadWrite", "Read and write alerts of Defender for Endpoint", Kind::Delegated, false),
    permission(
        "Alert.ReadWrite.All",
        "Read and write all alerts of Defender for Endpoint",
        Kind::Application,
        false,
    ),
];

const XDR: &[Permission] = &[
    permission("Incident.Read", "Read incidents of Defender XDR", Kind::Delegated, true),
    permission("Incident.Read.All", "Read all incidents of Defender XDR", Kind::Application, true),
    permission("Incident.ReadWrite", "Read and write incidents of Defender XDR", Kind::Delegated, false),
    permission(
        "Incident.ReadWrite.All",
        "Read and write all incidents of Defender XDR",
        Kind::Application,
        false,
    ),
];

const DIRECTORY_GRAPH: &[Permission] =
    &[permission("User.Read", "Sign you in and read your profile (legacy directory)", Kind::Delegated, true)];

const fn permission(name: &'static str, plainly: &'static str, kind: Kind, registered: bool) -> Permission {
    Permission { name, plainly, kind, registered }
}

/// What one request asks of one API.
#[derive(Clone, Debug)]
pub(crate) struct ApiAsk {
    pub(crate) api: Api,
    /// As the client spelled it: the token's audience.
    pub(crate) resource: String,
    /// The scopes as the client spelled them, to be echoed.
    pub(crate) spelled: Vec<String>,
    /// The delegated permissions meant; `.default` means all registered ones.
    pub(crate) permissions: Vec<&'static Permission>,
    /// Whether `.default` was asked, or v1's `resource`, which means the same.
    pub(crate) default: bool,
}

/// The scopes of OpenID Connect that were asked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OpenId {
    pub(crate) openid: bool,
    pub(crate) profile: bool,
    pub(crate) email: bool,
    pub(crate) offline_access: bool,
}

/// What one request asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    pub(crate) openid: OpenId,
    /// By resource, in the order in which they came.
    pub(crate) apis: Vec<ApiAsk>,
}

/// What is wrong with a resource or scope.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum BadAsk {
    /// Nobody knows this resource.
    Resource(String),
    /// The resource is known, the permission is not.
    Permission { scope: String, app_id: &'static str },
}

impl Ask {
    /// v1: one resource, every registered permission of it. Nothing asked means Azure AD Graph, as it always did.
    pub(crate) fn from_resource(
        resource: Option<&str>,
        scope: Option<&str>,
        own: &Addresses,
    ) -> Result<Self, BadAsk> {
        let resource = resource.unwrap_or(Api::DirectoryGraph.app_id());
        let api = Api::find(resource, own).ok_or_else(|| BadAsk::Resource(resource.to_owned()))?;
        let mut openid = OpenId::default();
        for word in scope.unwrap_or_default().split_whitespace() {
            openid.take(word);
        }
        // v1 signs in with an id token and hands out a refresh token unasked.
        openid.openid = true;
        openid.profile = true;
        openid.offline_access = true;
        Ok(Self { openid, apis: vec![ApiAsk::whole(api, resource)] })
    }

    /// v2: scopes, bare (Microsoft Graph's), with a resource before them, or a resource's `.default`.
    pub(crate) fn from_scope(scope: &str, own: &Addresses) -> Result<Self, BadAsk> {
        let mut ask = Self::default();
        for word in scope.split_whitespace() {
            if ask.openid.take(word) {
                continue;
            }
            let (resource, name) = match word.rsplit_once('/') {
                // `https://api.example//.default` is how an audience with a slash at its end is asked for.
                Some((resource, name)) => (resource, name),
                None => (Api::Graph.usual_resource(), word),
            };
            let api = Api::find(resource, own).ok_or_else(|| BadAsk::Resource(resource.to_owned()))?;
            let at = ask.apis.iter().position(|entry| entry.resource == resource).unwrap_or_else(|| {
                ask.apis.push(ApiAsk {
                    api,
                    resource: resource.to_owned(),
                    spelled: Vec::new(),
                    permissions: Vec::new(),
                    default: false,
                });
                ask.apis.len() - 1
            });
            let entry = &mut ask.apis[at];
            entry.spelled.push(word.to_owned());
            if name == ".default" {
                entry.default = true;
                entry.permissions = api.registered_delegated().collect();
            } else {
                let known = api
                    .permissions()
                    .iter()
                    .find(|known| known.name.eq_ignore_ascii_case(name) && known.kind != Kind::Application)
                    .ok_or_else(|| BadAsk::Permission { scope: name.to_owned(), app_id: api.app_id() })?;
                if !entry.permissions.contains(&known) {
                    entry.permissions.push(known);
                }
            }
        }
        Ok(ask)
    }
}

impl ApiAsk {
    /// Everything that is registered for the API.
    pub(crate) fn whole(api: Api, resource: &str) -> Self {
        Self {
            api,
            resource: resource.to_owned(),
            spelled: Vec::new(),
            permissions: api.registered_delegated().collect(),
            default: true,
        }
    }

    /// Signing in alone: a token that reads nothing but the profile.
    pub(crate) fn sign_in_only() -> Self {
        Self {
            api: Api::Graph,
            resource: Api::Graph.app_id().to_owned(),
            spelled: Vec::new(),
            permissions: Vec::new(),
            default: false,
        }
    }
}

impl OpenId {
    fn take(&mut self, word: &str) -> bool {
        match word {
            "openid" => self.openid = true,
            "profile" => self.profile = true,
            "email" => self.email = true,
            "offline_access" => self.offline_access = true,
            _ => return false,
        }
        true
    }

    /// The scopes as words.
    pub(crate) fn words(self) -> impl Iterator<Item = &'static str> {
        [(self.openid, "openid"), (self.profile, "profile"), (self.email, "email")]
            .into_iter()
            .filter_map(|(asked, word)| asked.then_some(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Addresses {
        Addresses::at("https://localhost:4000")
    }

    #[test]
    fn scopes_are_understood_in_every_spelling() {
        for scope in [
            "SecurityAlert.Read.All",
            "https://graph.microsoft.com/SecurityAlert.Read.All",
            "https://localhost:4000/graph/SecurityAlert.Read.All",
            "00000003-0000-0000-c000-000000000000/SecurityAlert.Read.All",
        ] {
            let ask = Ask::from_scope(&format!("openid {scope} offline_access"), &own()).unwrap();
            assert!(ask.openid.openid && ask.openid.offline_access && !ask.openid.profile);
            assert_eq!(ask.apis.len(), 1, "{scope}");
            assert_eq!(ask.apis[0].api, Api::Graph);
            assert_eq!(ask.apis[0].permissions[0].name, "SecurityAlert.Read.All");
        }
    }

    #[test]
    fn the_audience_is_the_resource_as_it_was_spelled() {
        let ask = Ask::from_scope("https://api.security.microsoft.com//.default", &own()).unwrap();
        assert_eq!(ask.apis[0].resource, "https://api.security.microsoft.com/");
        let ask = Ask::from_resource(Some("https://localhost:4000/defender"), None, &own()).unwrap();
        assert_eq!(
            (ask.apis[0].api, ask.apis[0].resource.as_str()),
            (Api::Defender, "https://localhost:4000/defender")
        );
    }

    #[test]
    fn strangers_are_refused() {
        assert_eq!(
            Ask::from_scope("https://graph.contoso.example/.default", &own()).unwrap_err(),
            BadAsk::Resource("https://graph.contoso.example".to_owned())
        );
        assert!(matches!(Ask::from_scope("Everything.Read", &own()).unwrap_err(), BadAsk::Permission { .. }));
    }
}
