//! Everything that can go wrong between this product and Entra, as data. None of it holds a secret.

use crate::{IdentityFault, Refusal, TenantNameFault, TransportError};

/// Why something did not work with Entra.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntraError {
    /// Entra refused.
    #[error("Entra refused: {0}")]
    Refused(Box<Refusal>),
    /// No usable answer came.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The identity token does not hold.
    #[error("the identity token does not hold")]
    IdentityRefused {
        /// Why.
        #[source]
        reason: IdentityFault,
    },
    /// Somebody signed in to another tenant.
    #[error("signed in to tenant {actual}, expected {expected}")]
    WrongTenant {
        /// GUID.
        expected: String,
        /// GUID, as the signed token says.
        actual: String,
    },
    /// Entra sent no refresh token: `offline_access` was not granted, or the platform is not `Web`.
    #[error("Entra sent no refresh token")]
    NoRefreshToken,
    /// What was given names no tenant.
    #[error("the tenant's name cannot be one")]
    TenantName(#[from] TenantNameFault),
    /// No tenant of that name.
    #[error("no tenant {tenant}")]
    TenantNotFound {
        /// As it was asked for.
        tenant: String,
        /// What Entra said.
        refusal: Option<Box<Refusal>>,
    },
    /// The tenant lives in another national cloud.
    #[error("tenant {tenant} signs in at {host}")]
    OtherCloud {
        /// As it was asked for.
        tenant: String,
        /// Where it signs in.
        host: String,
    },
}

impl EntraError {
    /// The problem that it is: the contract's kebab-case code.
    pub fn problem(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.problem(),
            Self::Transport(error) => error.problem(),
            Self::IdentityRefused { .. } => "token-invalid",
            Self::WrongTenant { .. } => "wrong-tenant",
            Self::NoRefreshToken => "no-refresh-token",
            Self::TenantName(_) => "invalid-input",
            Self::TenantNotFound { .. } | Self::OtherCloud { .. } => "tenant-not-found",
        }
    }

    /// What Microsoft said, where Microsoft spoke.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::TenantNotFound { refusal, .. } => refusal.as_deref(),
            Self::Transport(_)
            | Self::IdentityRefused { .. }
            | Self::WrongTenant { .. }
            | Self::NoRefreshToken
            | Self::TenantName(_)
            | Self::OtherCloud { .. } => None,
        }
    }

    /// Worth trying again without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.is_transient(),
            Self::Transport(error) => error.is_transient(),
            Self::IdentityRefused { .. }
            | Self::WrongTenant { .. }
            | Self::NoRefreshToken
            | Self::TenantName(_)
            | Self::TenantNotFound { .. }
            | Self::OtherCloud { .. } => false,
        }
    }
}
