//! Ids and tenant names as people paste them. Whether they exist is asked elsewhere.

/// A GUID in its usual form, lower case; blanks around it and braces are forgiven.
pub fn guid(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(text);
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let right =
        lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    right.then(|| text.to_ascii_lowercase())
}

/// A tenant as somebody names it: its GUID or one of its domains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantName {
    /// Lower-case GUID.
    Guid(String),
    /// Lower-case domain.
    Domain(String),
}

/// A text that names no tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TenantNameFault {
    /// Nothing there.
    #[error("the name is empty")]
    Empty,
    /// `common`, `organizations` and `consumers` stand for any tenant, and so for none.
    #[error("the name stands for any tenant")]
    AnyTenant,
    /// Neither a GUID nor a domain.
    #[error("the name is neither a GUID nor a domain")]
    NeitherGuidNorDomain,
}

impl TenantNameFault {
    /// Stable kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::AnyTenant => "any-tenant",
            Self::NeitherGuidNorDomain => "neither-guid-nor-domain",
        }
    }
}

impl TenantName {
    /// Reads a tenant's name.
    ///
    /// # Errors
    /// The text is neither a GUID nor a domain. A domain has at least one dot, and labels of letters, digits and
    /// hyphens; international ones are given in their `xn--` form.
    pub fn parse(text: &str) -> Result<Self, TenantNameFault> {
        let text = text.trim().to_ascii_lowercase();
        if text.is_empty() {
            return Err(TenantNameFault::Empty);
        }
        if ["common", "organizations", "consumers"].contains(&text.as_str()) {
            return Err(TenantNameFault::AnyTenant);
        }
        if let Some(guid) = guid(&text) {
            return Ok(Self::Guid(guid));
        }
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric())
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let domain = text.len() <= 253 && text.contains('.') && text.split('.').all(label);
        if domain { Ok(Self::Domain(text)) } else { Err(TenantNameFault::NeitherGuidNorDomain) }
    }

    /// As it goes into an address.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Guid(text) | Self::Domain(text) => text,
        }
    }
}

impl std::fmt::Display for TenantName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_read_as_people_paste_them() {
        let usual = "11111111-2222-3333-4444-5555555555ab";
        for given in
            [usual, " 11111111-2222-3333-4444-5555555555AB\n", "{11111111-2222-3333-4444-5555555555AB}"]
        {
            assert_eq!(guid(given).as_deref(), Some(usual));
        }
        for given in ["", "11111111222233334444555555555555", "11111111-2222-3333-4444-55555555555g", "-----"]
        {
            assert_eq!(guid(given), None, "{given}");
        }
    }

    #[test]
    fn a_tenant_is_a_guid_or_a_domain_and_nothing_else() {
        assert_eq!(
            TenantName::parse("Contoso.Example"),
            Ok(TenantName::Domain("contoso.example".to_owned()))
        );
        assert!(matches!(TenantName::parse("11111111-2222-3333-4444-555555555555"), Ok(TenantName::Guid(_))));
        assert_eq!(TenantName::parse(" "), Err(TenantNameFault::Empty));
        assert_eq!(TenantName::parse("Common"), Err(TenantNameFault::AnyTenant));
        for bad in [
            "contoso",
            "a/b.example",
            "../x.example",
            "a..b",
            ".a.b",
            "a b.example",
            "x.example?y",
            "-a.b",
            "é.fr",
        ] {
            assert_eq!(TenantName::parse(bad), Err(TenantNameFault::NeitherGuidNorDomain), "{bad}");
        }
    }
}
