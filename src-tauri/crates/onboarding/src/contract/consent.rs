//! What step 2 needs beyond the sign-in itself: browsers to choose from, the packet for the customer's admin, and two
//! redirect URIs compared.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PermissionView;

/// Which browser is opened, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct BrowserChoice {
    /// One of the installed ones, by its id; the default browser (or `$BROWSER`) when absent.
    #[serde(default)]
    #[ts(optional)]
    pub id: Option<String>,
    /// In a private window: no account of another tenant is signed in there.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub private: bool,
}

/// A browser that is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct BrowserView {
    /// Names it when it is chosen.
    pub id: String,
    /// For people.
    pub name: String,
    /// How its private window is opened is known.
    pub private: bool,
    /// It is the one that opens pages.
    pub default: bool,
}

/// Hands step 2 over to the customer's admin.
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct HandoffRequest {
    /// Customer id or name.
    pub customer: String,
    /// Make a new packet although one is waiting; the answer to the old one is then refused.
    pub anew: bool,
}

/// A packet that waits for its answer, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct HandoffView {
    /// When it was made.
    #[ts(type = "string")]
    pub made: Timestamp,
    /// Until when its answer is taken.
    #[ts(type = "string")]
    pub until: Timestamp,
    /// When the admin's answer was recorded; a person still has to sign in then.
    #[ts(type = "string | null")]
    pub agreed_at: Option<Timestamp>,
}

/// What the customer's admin needs. It holds no secret and may be sent by mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct HandoffPacket {
    /// The address at which the admin agrees.
    pub link: String,
    /// The host of that address: the page is Microsoft's own.
    pub host: String,
    /// The same address for a camera.
    pub qr: QrView,
    /// The customer's name.
    pub customer: String,
    /// The only tenant from which an answer is taken (GUID).
    pub tenant_id: String,
    /// Its domain, where it is known.
    pub tenant_domain: Option<String>,
    /// The app's name, as the product suggests it.
    pub app_name: String,
    /// The app's id, by which the admin recognises it.
    pub client_id: String,
    /// What is asked for.
    pub permissions: Vec<PermissionView>,
    /// A person still has to sign in after the admin agreed: the access is on behalf of a user.
    pub sign_in_follows: bool,
    /// Where it stands.
    pub state: HandoffView,
}

/// A QR code as squares of one unit: rows of dark modules, as the path of an SVG.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct QrView {
    /// Modules a side, without the quiet zone of four.
    pub size: u32,
    /// Path data.
    pub path: String,
    /// The same as text for a terminal, two modules a character, quiet zone included.
    pub text: String,
}

/// Asks why Entra does not take the redirect URI.
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct RedirectQuery {
    /// Customer id or name.
    pub customer: String,
    /// The redirect URI as the portal shows it.
    pub registered: String,
}

/// Two redirect URIs, compared as Entra does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct RedirectComparison {
    /// As the portal shows it.
    pub registered: String,
    /// As it is sent.
    pub sent: String,
    /// What kind of difference it is, as a kebab-case name; absent when they are the same to Entra.
    pub difference: Option<String>,
    /// Why Entra would not even take the registered one, as a kebab-case reason.
    pub refused: Option<String>,
    /// Where they differ first, in characters from 0.
    pub first: Option<u32>,
    /// Both texts in pieces, in order.
    pub runs: Vec<RedirectRun>,
    /// Characters that deceive the eye.
    pub odd: Vec<OddCharacter>,
}

/// A piece of the two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct RedirectRun {
    /// Who has it.
    pub side: RedirectSide,
    /// The characters.
    pub text: String,
}

/// Who has a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum RedirectSide {
    /// Both.
    Both,
    /// Only the registration.
    Registered,
    /// Only the request.
    Sent,
}

/// A character that deceives the eye.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
#[ts(export)]
pub struct OddCharacter {
    /// Which text it is in.
    pub side: RedirectSide,
    /// Where, in characters from 0.
    pub at: u32,
    /// Which, as `U+200B`.
    pub code: String,
}
