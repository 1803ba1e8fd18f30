//! Consent, catchers, tokens and diagnosis against Microsoft Entra.
