//! One alert looked at closely: what it says of itself, its evidence, and where it points to.
//!
//! Names of facts and kinds of evidence are kebab-case keys that the caller translates; values stand as they were sent.
//! Nothing here judges an address: whoever opens one does. The invariant: what is strange is left out, never the whole.

use catalog::SourceId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Forms, account, first_text, items, member, text};

/// Evidence that is listed; the raw alert has the rest.
const MOST_EVIDENCE: usize = 100;

/// An alert looked at closely.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct AlertDetail {
    /// What happened, in the source's words; may be empty.
    pub description: String,
    /// What to do about it, in the source's words; may be empty.
    pub recommended: String,
    /// What else it says of itself.
    pub facts: Vec<AlertFact>,
    /// What it was seen on.
    pub evidence: Vec<AlertEvidence>,
    /// Pieces of evidence beyond those listed.
    pub more_evidence: u32,
    /// Where it points to.
    pub links: Vec<AlertLink>,
}

/// A named value of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct AlertFact {
    /// Kebab-case name.
    pub name: String,
    /// The value as it was sent.
    pub value: String,
}

/// A piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct AlertEvidence {
    /// `device`, `user`, `process`, `file`, `ip`, `url` and the like, in lower case with hyphens.
    pub kind: String,
    /// What it is called; empty when nothing names it.
    pub name: String,
    /// What is said of it.
    pub facts: Vec<AlertFact>,
}

/// An address in an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[ts(export)]
pub struct AlertLink {
    /// `alert` or `incident`.
    pub kind: String,
    /// The address as it was sent.
    pub url: String,
}

impl AlertDetail {
    /// Reads an alert as its source sent it.
    pub fn read(source: SourceId, json: &str) -> Self {
        Forms { detection: of_detection, graph: of_graph, defender: of_defender, xdr: of_xdr }
            .read(source, json)
    }
}

/// A fact's name and the members that may hold it.
type Wanted = (&'static str, &'static [&'static [&'static str]]);

fn facts(value: &Value, wanted: &[Wanted]) -> Vec<AlertFact> {
    wanted
        .iter()
        .map(|(name, paths)| AlertFact { name: (*name).to_owned(), value: first_text(value, paths) })
        .filter(|fact| !fact.value.is_empty())
        .collect()
}

/// A fact made of a list of texts.
fn listed(facts: &mut Vec<AlertFact>, name: &str, list: &Value) {
    let texts: Vec<&str> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !texts.is_empty() {
        facts.push(AlertFact { name: name.to_owned(), value: texts.join(", ") });
    }
}

fn links(alert: &Value, wanted: &[Wanted]) -> Vec<AlertLink> {
    facts(alert, wanted).into_iter().map(|fact| AlertLink { kind: fact.name, url: fact.value }).collect()
}

fn first_evidence<'a>(
    pieces: impl Iterator<Item = &'a Value>,
    read: impl Fn(&'a Value) -> AlertEvidence,
) -> (Vec<AlertEvidence>, u32) {
    let mut pieces = pieces;
    let found = pieces.by_ref().take(MOST_EVIDENCE).map(read).collect();
    (found, u32::try_from(pieces.count()).unwrap_or(u32::MAX))
}

/// `#microsoft.graph.security.processEvidence` and `MailMessage` both become words with hyphens.
fn kind(said: &str) -> String {
    let last = said.rsplit('.').next().unwrap_or_default();
    let last = last.strip_suffix("Evidence").unwrap_or(last);
    let mut kind = String::new();
    for character in last.chars().take(40) {
        if character.is_ascii_uppercase()
            && !kind.is_empty()
            && !kind.ends_with(|it: char| it.is_ascii_uppercase())
        {
            kind.push('-');
        }
        kind.push(character);
    }
    // Runs of capitals are one word: `IP`, `URL`.
    kind.make_ascii_lowercase();
    kind
}

/// What an alert of today's APIs says of itself, under the name that each API has for it.
const ABOUT: [Wanted; 17] = [
    ("status", &[&["status"]]),
    ("category", &[&["category"]]),
    ("first-activity", &[&["firstActivityDateTime"], &["firstEventTime"], &["firstActivity"]]),
    ("last-activity", &[&["lastActivityDateTime"], &["lastEventTime"], &["lastActivity"]]),
    ("updated", &[&["lastUpdateDateTime"], &["lastUpdateTime"], &["lastUpdatedTime"]]),
    ("resolved", &[&["resolvedDateTime"], &["resolvedTime"]]),
    ("incident", &[&["incidentId"]]),
    ("detected-by", &[&["productName"], &["serviceSource"]]),
    ("detection-source", &[&["detectionSource"]]),
    ("assigned-to", &[&["assignedTo"]]),
    ("classification", &[&["classification"]]),
    ("determination", &[&["determination"]]),
    ("actor", &[&["actorDisplayName"], &["actorName"]]),
    ("threat", &[&["threatDisplayName"], &["threatName"]]),
    ("threat-family", &[&["threatFamilyName"]]),
    ("machine-group", &[&["rbacGroupName"]]),
    ("detector", &[&["detectorId"]]),
];

/// What they say of a piece of evidence: Graph in objects within it, the two others flat.
const ABOUT_EVIDENCE: [Wanted; 13] = [
    ("user", &[&["userAccount", "userPrincipalName"], &["userAccount", "accountName"]]),
    ("command-line", &[&["processCommandLine"]]),
    ("process-id", &[&["processId"]]),
    ("file-path", &[&["imageFile", "filePath"], &["fileDetails", "filePath"], &["filePath"]]),
    ("sha256", &[&["imageFile", "sha256"], &["fileDetails", "sha256"], &["sha256"]]),
    ("sha1", &[&["imageFile", "sha1"], &["fileDetails", "sha1"], &["sha1"]]),
    ("registry-value", &[&["registryValueName"], &["registryValue"]]),
    ("operating-system", &[&["osPlatform"]]),
    ("machine-group", &[&["rbacGroupName"]]),
    ("sender", &[&["p1Sender", "emailAddress"], &["senderIp"], &["sender"]]),
    ("recipient", &[&["recipientEmailAddress"], &["recipient"]]),
    ("verdict", &[&["verdict"]]),
    ("remediation", &[&["remediationStatus"]]),
];

/// What an alert of today's APIs says, with its evidence already read.
fn of_today(alert: &Value, (evidence, more_evidence): (Vec<AlertEvidence>, u32)) -> AlertDetail {
    let mut about = facts(alert, &ABOUT);
    listed(&mut about, "techniques", member(alert, "mitreTechniques"));
    AlertDetail {
        description: text(alert, &["description"]),
        recommended: first_text(alert, &[&["recommendedActions"], &["recommendedAction"]]),
        facts: about,
        evidence,
        more_evidence,
        links: links(alert, &[("alert", &[&["alertWebUrl"]]), ("incident", &[&["incidentWebUrl"]])]),
    }
}

fn of_graph(alert: &Value) -> AlertDetail {
    of_today(alert, first_evidence(items(alert, "evidence"), graph_evidence))
}

fn of_defender(alert: &Value) -> AlertDetail {
    of_today(alert, first_evidence(items(alert, "evidence"), entity))
}

fn of_xdr(alert: &Value) -> AlertDetail {
    let devices = items(alert, "devices");
    of_today(alert, first_evidence(devices.chain(items(alert, "entities")), entity))
}

fn graph_evidence(piece: &Value) -> AlertEvidence {
    let user = member(piece, "userAccount");
    let name = first_text(
        piece,
        &[
            &["deviceDnsName"],
            &["hostName"],
            &["imageFile", "fileName"],
            &["fileDetails", "fileName"],
            &["ipAddress"],
            &["url"],
            &["primaryAddress"],
            &["subject"],
            &["registryKey"],
            &["displayName"],
            &["name"],
            &["resourceId"],
        ],
    );
    let person = account(
        &text(user, &["domainName"]),
        first_text(user, &[&["accountName"], &["userPrincipalName"], &["displayName"]]),
    );
    AlertEvidence {
        kind: kind(&text(piece, &["@odata.type"])),
        name: if name.is_empty() { person } else { name },
        facts: facts(piece, &ABOUT_EVIDENCE),
    }
}

/// Evidence of Defender for Endpoint, entities and devices of Defender XDR: flat, with much the same names.
fn entity(piece: &Value) -> AlertEvidence {
    let said = first_text(piece, &[&["entityType"]]);
    let device = first_text(piece, &[&["deviceDnsName"]]);
    let name = first_text(
        piece,
        &[
            &["fileName"],
            &["ipAddress"],
            &["url"],
            &["subject"],
            &["mailboxAddress"],
            &["registryKey"],
            &["applicationName"],
        ],
    );
    let person = account(
        &text(piece, &["domainName"]),
        first_text(piece, &[&["accountName"], &["userPrincipalName"], &["mailboxDisplayName"]]),
    );
    AlertEvidence {
        kind: if said.is_empty() && !device.is_empty() { "device".to_owned() } else { kind(&said) },
        name: [name, person, device].into_iter().find(|name| !name.is_empty()).unwrap_or_default(),
        facts: facts(piece, &ABOUT_EVIDENCE),
    }
}

/// A detection names its one device, account, file and address in members of its own.
fn of_detection(alert: &Value) -> AlertDetail {
    let about = facts(
        alert,
        &[
            ("category", &[&["Category"]]),
            ("updated", &[&["LastProcessedTimeUtc"]]),
            ("detection-source", &[&["Source"]]),
            ("actor", &[&["Actor"]]),
            ("threat", &[&["ThreatName"]]),
            ("threat-family", &[&["ThreatFamily"], &["ThreatFamilyName"]]),
            ("machine-group", &[&["MachineGroup"]]),
            ("remediation", &[&["RemediationAction"]]),
            ("detector", &[&["IoaDefinitionId"]]),
        ],
    );
    let piece = |kind: &str, name: String, wanted: &[Wanted]| AlertEvidence {
        kind: kind.to_owned(),
        name,
        facts: facts(alert, wanted),
    };
    let evidence = [
        piece("device", first_text(alert, &[&["ComputerDnsName"], &["MachineName"]]), &[]),
        piece("user", account(&text(alert, &["UserDomain"]), text(alert, &["UserName"])), &[]),
        piece(
            "file",
            text(alert, &["FileName"]),
            &[
                ("file-path", &[&["FilePath"]]),
                ("command-line", &[&["CommandLine"]]),
                ("sha256", &[&["Sha256"]]),
                ("sha1", &[&["Sha1"]]),
            ],
        ),
        piece("ip", text(alert, &["IpAddress"]), &[]),
        piece("url", text(alert, &["Url"]), &[]),
    ];
    AlertDetail {
        description: text(alert, &["Description"]),
        recommended: String::new(),
        facts: about,
        evidence: evidence.into_iter().filter(|piece| !piece.name.is_empty()).collect(),
        more_evidence: 0,
        links: links(
            alert,
            &[
                ("alert", &[&["LinkToMTP"], &["LinkToWDATP"]]),
                ("incident", &[&["IncidentLinkToMTP"], &["IncidentLinkToWDATP"]]),
            ],
        ),
    }
}

#[cfg(test)]
mod tests {
    use catalog::SourceId;

    use super::{AlertDetail, MOST_EVIDENCE, kind};

    #[test]
    fn kinds_of_evidence_become_words() {
        for (said, word) in [
            ("#microsoft.graph.security.processEvidence", "process"),
            ("#microsoft.graph.security.analyzedMessageEvidence", "analyzed-message"),
            ("MailMessage", "mail-message"),
            ("Ip", "ip"),
            ("URL", "url"),
            ("", ""),
        ] {
            assert_eq!(kind(said), word);
        }
    }

    #[test]
    fn graphs_evidence_says_what_it_is_and_where_it_points_to() {
        let detail = AlertDetail::read(
            SourceId::GraphAlerts,
            r##"{"description":"d","status":"new","mitreTechniques":["T1003.001","T1059"],"alertWebUrl":"https://portal.example/a",
              "evidence":[{"@odata.type":"#microsoft.graph.security.processEvidence","verdict":"malicious",
              "imageFile":{"fileName":"mimikatz.exe","filePath":"C:\\tmp"},"processCommandLine":"mimikatz"},
              {"@odata.type":"#microsoft.graph.security.userEvidence","userAccount":{"accountName":"ana","domainName":"CONTOSO"}},
              7, null]}"##,
        );
        assert_eq!(detail.description, "d");
        assert_eq!(
            (detail.evidence[0].kind.as_str(), detail.evidence[0].name.as_str()),
            ("process", "mimikatz.exe")
        );
        assert_eq!(detail.evidence[0].facts[0].value, "mimikatz");
        assert_eq!(detail.evidence[1].name, "CONTOSO\\ana");
        assert_eq!(detail.evidence.len(), 4, "what is strange is empty, and hides nothing");
        assert!(
            detail.facts.iter().any(|fact| fact.name == "techniques" && fact.value == "T1003.001, T1059")
        );
        assert_eq!(detail.links[0].url, "https://portal.example/a");
    }

    #[test]
    fn the_other_sources_are_looked_at_as_closely() {
        let detection = AlertDetail::read(
            SourceId::SiemDetections,
            r#"{"MachineName":"ws-1","FileName":"a.exe","FilePath":"C:\\","LinkToMTP":"https://portal.example/b"}"#,
        );
        assert_eq!(
            detection.evidence.iter().map(|piece| piece.kind.as_str()).collect::<Vec<_>>(),
            ["device", "file"]
        );
        assert_eq!(detection.links.len(), 1);
        let defender = AlertDetail::read(
            SourceId::DefenderAlerts,
            r#"{"status":"New","evidence":[{"entityType":"File","fileName":"a.exe"}]}"#,
        );
        assert_eq!(defender.evidence[0].kind, "file");
        let xdr = AlertDetail::read(
            SourceId::XdrIncidents,
            r#"{"devices":[{"deviceDnsName":"ws-1"}],"entities":[{"entityType":"User","accountName":"ana"}]}"#,
        );
        assert_eq!(xdr.evidence.iter().map(|piece| piece.name.as_str()).collect::<Vec<_>>(), ["ws-1", "ana"]);
    }

    #[test]
    fn a_flood_of_evidence_is_counted_and_nothing_that_is_no_alert_is_read() {
        let pieces = vec![r#"{"ipAddress":"192.0.2.1"}"#; MOST_EVIDENCE + 7].join(",");
        let detail = AlertDetail::read(SourceId::GraphAlerts, &format!(r#"{{"evidence":[{pieces}]}}"#));
        assert_eq!((detail.evidence.len(), detail.more_evidence), (MOST_EVIDENCE, 7));
        for strange in ["[]", "7", "", "null", "{\"evidence\":{}}"] {
            assert!(AlertDetail::read(SourceId::GraphAlerts, strange).evidence.is_empty());
        }
    }
}
