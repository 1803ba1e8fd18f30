//! What an alert was seen on, as both Defender APIs write it: flat, every piece with every member.
//!
//! Each API puts these parts into its own order and adds members of its own. Members that do not concern a piece are null.

use super::Alert;
use super::pen::Pen;
use super::prepared::{DOMAIN, Phrases};
use super::texts::{CONTROL_ADDRESS, CONTROL_URL, FILE_PATH, Source};

/// What a piece of evidence is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Evidence {
    User,
    Process,
    File,
    Ip,
    Url,
    Registry,
}

impl Evidence {
    /// What an alert was seen on.
    pub(super) fn of(alert: &Alert) -> impl Iterator<Item = Self> {
        let network = alert.category.source == Source::SmartScreen;
        let registry = alert.index % 9 == 4;
        [Self::User, Self::Process, Self::File]
            .into_iter()
            .chain([Self::Ip, Self::Url].into_iter().filter(move |_| network))
            .chain([Self::Registry].into_iter().filter(move |_| registry))
    }

    /// It concerns a file: a process does, too.
    pub(super) const fn has_file(self) -> bool {
        matches!(self, Self::Process | Self::File)
    }

    /// Opens the object: kind and time, the text of the time still open.
    pub(super) fn begin(self, pen: &mut Pen<'_>, alert: &Alert) {
        let kind = match self {
            Self::User => "User",
            Self::Process => "Process",
            Self::File => "File",
            Self::Ip => "Ip",
            Self::Url => "Url",
            Self::Registry => "Registry",
        };
        pen.raw(r#"{"entityType":""#).raw(kind).raw(r#"","evidenceCreationTime":""#).time(alert.created());
    }

    /// Closes an open text; then hashes, name and place of the file.
    pub(super) fn file(self, pen: &mut Pen<'_>, alert: &Alert, phrases: &Phrases) {
        if self.has_file() {
            pen.raw(r#"","sha1":""#).digest(alert, 10, 40);
            if alert.category.source == Source::Antivirus {
                pen.raw(r#"","sha256":""#).digest(alert, 16, 64).raw(r#"","fileName":""#);
            } else {
                pen.raw(r#"","sha256":null,"fileName":""#);
            }
            pen.raw(&phrases.file).raw(r#"","filePath":""#).raw(FILE_PATH).raw("\"");
        } else {
            pen.raw(r#"","sha1":null,"sha256":null,"fileName":null,"filePath":null"#);
        }
    }

    /// The process and when its parent began.
    pub(super) fn process(self, pen: &mut Pen<'_>, alert: &Alert, phrases: &Phrases) {
        if self == Self::Process {
            pen.raw(r#","processId":"#).number(1000 + alert.lane(30) % 60_000);
            pen.raw(r#","processCommandLine":""#).raw(&phrases.command);
            pen.raw(r#"","processCreationTime":""#).time(alert.first_activity());
            pen.raw(r#"","parentProcessId":"#).number(500 + alert.lane(31) % 400);
            pen.raw(r#","parentProcessCreationTime":""#).time(alert.first_activity()).raw("\"");
        } else {
            pen.raw(r#","processId":null,"processCommandLine":null,"processCreationTime":null,"parentProcessId":null,"parentProcessCreationTime":null"#);
        }
    }

    /// Address and link.
    pub(super) fn network(self, pen: &mut Pen<'_>) {
        pen.raw(r#","ipAddress":"#).quoted_or_null((self == Self::Ip).then_some(CONTROL_ADDRESS));
        pen.raw(r#","url":"#).quoted_or_null((self == Self::Url).then_some(CONTROL_URL));
    }

    /// The account.
    pub(super) fn account(self, pen: &mut Pen<'_>, alert: &Alert) {
        if self == Self::User {
            pen.raw(r#","accountName":""#).raw(alert.user());
            pen.raw(r#"","domainName":"PRACTICE","userSid":"S-1-5-21-1004336348-1177238915-682003330-"#);
            pen.number(1000 + alert.lane(5) % 500);
            pen.raw(r#"","aadUserId":null,"userPrincipalName":""#);
            pen.raw(alert.user()).raw("@").raw(DOMAIN).raw("\"");
        } else {
            pen.raw(r#","accountName":null,"domainName":null,"userSid":null,"aadUserId":null,"userPrincipalName":null"#);
        }
    }
}
