//! Unguessable texts: secrets, passwords, codes, refresh tokens. Drawn through UUID version 4, whose bits come from the
//! operating system.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// At least `characters` unguessable characters, safe in addresses.
pub(crate) fn text(characters: usize) -> String {
    let mut text = String::new();
    while text.len() < characters {
        // 16 bytes are 22 characters, of which 20.3 are random: the version marks are fixed.
        text.push_str(&URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes()));
    }
    text
}

/// A client secret of the shape that Entra shows: forty characters with a fixed mark near the start.
pub(crate) fn client_secret() -> String {
    let random = text(37).replace('-', "~").replace('_', ".");
    format!("{}8Q~{}", &random[..3], &random[3..37])
}

/// An authorization code or refresh token: opaque, with the version prefix that Entra's carry.
pub(crate) fn grant() -> String {
    format!("1.A{}", text(86))
}
