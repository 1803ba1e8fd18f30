//! What Entra knows before anybody does anything: three tenants, three people, one app registration.
//!
//! Ids follow from the seed, so that the same seed gives the same ids; passwords and the secret are new at every start.
//! Invariant: a person's object id differs from tenant to tenant, as it does for guests.

use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::random;

/// The redirect addresses that the practice registration has.
pub(crate) const REDIRECT_URIS: [&str; 4] = [
    "http://localhost/SiemMsspConnector",
    "http://127.0.0.1/SiemMsspConnector",
    "http://localhost",
    "https://SiemMsspConnector",
];

/// The app's name on the consent page.
pub(crate) const APP_NAME: &str = "Practice SIEM connector";

/// The three tenants.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum House {
    /// The provider's: where the app is registered.
    Provider,
    /// The customer's: where the alerts are.
    Customer,
    /// Somebody else's: where a wrong account leads.
    Elsewhere,
}

impl House {
    const ALL: [Self; 3] = [Self::Provider, Self::Customer, Self::Elsewhere];

    /// The name shown on pages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Provider => "Practice Provider",
            Self::Customer => "Practice Customer",
            Self::Elsewhere => "Somebody Else",
        }
    }

    /// Verified domains, the one to show first.
    pub(crate) const fn domains(self) -> &'static [&'static str] {
        match self {
            Self::Provider => &["practice-provider.example", "practiceprovider.onmicrosoft.com"],
            Self::Customer => &["practice-customer.example", "practicecustomer.onmicrosoft.com"],
            Self::Elsewhere => &["somebody-else.example", "somebodyelse.onmicrosoft.com"],
        }
    }
}

/// The tenant part of an address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Authority {
    /// One tenant, by id or domain.
    Tenant(House),
    /// `common`: the home tenant of whoever signs in.
    Common,
    /// `organizations`: the same, for work accounts.
    Organizations,
}

/// What a person is in the story.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Role {
    /// Administrator of the customer.
    Admin,
    /// The provider's engineer, a guest of the customer.
    Analyst,
    /// Administrator of the third tenant.
    Elsewhere,
}

impl Role {
    /// The name in the announcement.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Analyst => "analyst",
            Self::Elsewhere => "elsewhere",
        }
    }

    /// What the sign-in page says about the person.
    pub(crate) const fn plainly(self) -> &'static str {
        match self {
            Self::Admin => "administrator of the customer",
            Self::Analyst => "the provider's engineer, guest of the customer",
            Self::Elsewhere => "a person of another tenant",
        }
    }

    pub(crate) const fn home(self) -> House {
        match self {
            Self::Admin => House::Customer,
            Self::Analyst => House::Provider,
            Self::Elsewhere => House::Elsewhere,
        }
    }

    /// Whether the person can sign in to this tenant, as a member or as a guest.
    pub(crate) fn enters(self, house: House) -> bool {
        self.home() == house || (self == Self::Analyst && house == House::Customer)
    }

    /// Whether the person may consent for everybody in this tenant.
    pub(crate) fn administers(self, house: House) -> bool {
        self != Self::Analyst && self.home() == house
    }
}

/// A person who can sign in.
pub(crate) struct Person {
    pub(crate) role: Role,
    /// The sign-in name.
    pub(crate) name: &'static str,
    pub(crate) display_name: &'static str,
    pub(crate) password: SecretString,
}

/// Tenants, people and the registration.
pub(crate) struct Directory {
    ids: [Uuid; 3],
    pub(crate) people: [Person; 3],
    pub(crate) client_id: Uuid,
    pub(crate) secret_id: Uuid,
    pub(crate) secret: SecretString,
    seed: u64,
}

impl Directory {
    pub(crate) fn new(seed: u64) -> Self {
        let person = |role, name, display_name| Person {
            role,
            name,
            display_name,
            password: SecretString::from(random::text(20)),
        };
        Self {
            ids: House::ALL.map(|house| id(seed, house.name())),
            people: [
                person(Role::Admin, "admin@practice-customer.example", "Avery Admin"),
                person(Role::Analyst, "analyst@practice-provider.example", "Robin Analyst"),
                person(Role::Elsewhere, "someone@somebody-else.example", "Sam Elsewhere"),
            ],
            client_id: id(seed, "app"),
            secret_id: id(seed, "secret id"),
            secret: SecretString::from(random::client_secret()),
            seed,
        }
    }

    pub(crate) fn tenant_id(&self, house: House) -> Uuid {
        match house {
            House::Provider => self.ids[0],
            House::Customer => self.ids[1],
            House::Elsewhere => self.ids[2],
        }
    }

    /// The tenant part of an address: a GUID, a verified domain, `common` or `organizations`.
    pub(crate) fn authority(&self, segment: &str) -> Option<Authority> {
        let segment = segment.to_ascii_lowercase();
        match segment.as_str() {
            "common" => return Some(Authority::Common),
            "organizations" => return Some(Authority::Organizations),
            _ => {}
        }
        self.house(&segment).map(Authority::Tenant)
    }

    /// A tenant by its GUID or one of its domains.
    pub(crate) fn house(&self, name: &str) -> Option<House> {
        let id = Uuid::try_parse(name).ok();
        House::ALL.into_iter().find(|house| {
            id == Some(self.tenant_id(*house))
                || house.domains().iter().any(|domain| name.eq_ignore_ascii_case(domain))
        })
    }

    pub(crate) fn person(&self, role: Role) -> &Person {
        match role {
            Role::Admin => &self.people[0],
            Role::Analyst => &self.people[1],
            Role::Elsewhere => &self.people[2],
        }
    }

    pub(crate) fn person_by_name(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.name.eq_ignore_ascii_case(name.trim()))
    }

    /// The person's object id in one tenant.
    pub(crate) fn object_id(&self, role: Role, house: House) -> Uuid {
        id(self.seed, &format!("{}@{}", role.name(), house.name()))
    }

    /// The object id of the app's service principal in one tenant.
    pub(crate) fn service_principal_id(&self, house: House) -> Uuid {
        id(self.seed, &format!("service principal in {}", house.name()))
    }

    pub(crate) fn is_client(&self, client_id: &str) -> bool {
        Uuid::try_parse(client_id) == Ok(self.client_id)
    }
}

/// A stable id of version 4's shape.
pub(crate) fn id(seed: u64, what: &str) -> Uuid {
    let digest = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(what).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_found_by_id_and_by_every_domain() {
        let directory = Directory::new(1);
        let id = directory.tenant_id(House::Customer).to_string();
        for name in
            [id.as_str(), &id.to_uppercase(), "practice-customer.example", "PracticeCustomer.onmicrosoft.com"]
        {
            assert_eq!(directory.authority(name), Some(Authority::Tenant(House::Customer)), "{name}");
        }
        assert_eq!(directory.authority("Common"), Some(Authority::Common));
        assert_eq!(directory.authority("contoso.example"), None);
    }

    #[test]
    fn ids_follow_from_the_seed_and_secrets_do_not() {
        use secrecy::ExposeSecret as _;
        let (one, other) = (Directory::new(7), Directory::new(7));
        assert_eq!(one.client_id, other.client_id);
        assert_ne!(one.client_id, Directory::new(8).client_id);
        assert_ne!(one.secret.expose_secret(), other.secret.expose_secret());
        assert_eq!(one.secret.expose_secret().len(), 40);
    }
}
