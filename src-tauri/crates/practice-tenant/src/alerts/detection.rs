//! One alert in the legacy exporter's form: fifty fields, in the order and spelling of Microsoft's sample.

use serde::Serialize;

use crate::clock::seven_digits;

use super::texts::Source;
use super::{Alert, Feed, Machine};

/// A detection. Absent texts are empty, absent truths are null, as in the sample.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Detection<'a> {
    alert_time: String,
    computer_dns_name: &'a str,
    alert_title: &'a str,
    category: &'a str,
    severity: &'a str,
    alert_id: &'a str,
    actor: &'a str,
    #[serde(rename = "LinkToWDATP")]
    link_to_wdatp: &'a str,
    ioc_name: &'a str,
    ioc_value: &'a str,
    creator_ioc_name: &'a str,
    creator_ioc_value: &'a str,
    sha1: &'a str,
    file_name: &'a str,
    file_path: &'a str,
    ip_address: &'a str,
    url: &'a str,
    ioa_definition_id: String,
    user_name: &'a str,
    alert_part: u32,
    full_id: String,
    last_processed_time_utc: String,
    threat_category: &'a str,
    threat_family: &'a str,
    threat_name: &'a str,
    remediation_action: &'a str,
    remediation_is_success: Option<bool>,
    source: &'a str,
    md5: String,
    sha256: String,
    was_executing_while_detected: Option<bool>,
    user_domain: &'a str,
    log_on_users: String,
    machine_domain: &'a str,
    machine_name: &'a str,
    #[serde(rename = "InternalIPv4List")]
    internal_ipv4_list: String,
    #[serde(rename = "InternalIPv6List")]
    internal_ipv6_list: &'a str,
    file_hash: &'a str,
    #[serde(rename = "DeviceID")]
    device_id: String,
    machine_group: &'a str,
    description: String,
    device_created_machine_tags: &'a str,
    cloud_created_machine_tags: &'a str,
    command_line: &'a str,
    #[serde(rename = "IncidentLinkToWDATP")]
    incident_link_to_wdatp: &'a str,
    #[serde(rename = "ReportID")]
    report_id: u64,
    #[serde(rename = "LinkToMTP")]
    link_to_mtp: &'a str,
    #[serde(rename = "IncidentLinkToMTP")]
    incident_link_to_mtp: &'a str,
    external_id: String,
    ioc_unique_id: &'a str,
}

/// Writes one detection as JSON.
pub(crate) fn write(
    feed: &Feed,
    alert: &Alert,
    huge: bool,
    out: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    let category = alert.category;
    let machine = alert.machine();
    let dns_name = machine.dns_name();
    let id = alert.id();
    let link = feed.link("alerts", &id);
    let incident = feed.link("incidents/byalert", &id);
    let sha1 = alert.digest(10, 40);
    let unique = alert.digest(12, 43);
    let antivirus = category.source == Source::Antivirus;
    let network = category.source == Source::SmartScreen;
    let when = |wanted: bool, text: &'static str| if wanted { text } else { "" };
    serde_json::to_writer(
        out,
        &Detection {
            alert_time: seven_digits(alert.created()),
            computer_dns_name: &dns_name,
            alert_title: alert.title(),
            category: category.name,
            severity: alert.severity.defender(),
            alert_id: &id,
            actor: when(alert.index.is_multiple_of(11), "BORON"),
            link_to_wdatp: &link,
            ioc_name: "",
            ioc_value: "",
            creator_ioc_name: "",
            creator_ioc_value: "",
            sha1: &sha1,
            file_name: category.file,
            file_path: "C:\\Users\\Public\\Downloads",
            ip_address: when(network, "203.0.113.77"),
            url: when(network, "https://control.contoso.example/beat"),
            ioa_definition_id: alert.guid(20).to_string(),
            user_name: alert.user(),
            alert_part: 0,
            full_id: format!("{id}:{unique}="),
            last_processed_time_utc: seven_digits(alert.updated),
            threat_category: when(antivirus, "Trojan"),
            threat_family: category.family,
            threat_name: category.threat,
            remediation_action: when(antivirus, "Quarantine"),
            remediation_is_success: antivirus.then_some(alert.index % 4 != 3),
            source: category.source.legacy(),
            md5: alert.digest(14, 32),
            sha256: if antivirus { alert.digest(16, 64) } else { String::new() },
            was_executing_while_detected: antivirus.then_some(alert.index.is_multiple_of(8)),
            user_domain: "PRACTICE",
            log_on_users: format!("PRACTICE\\{}", alert.user()),
            machine_domain: Machine::DOMAIN,
            machine_name: &machine.name,
            internal_ipv4_list: format!("{};127.0.0.1", machine.address()),
            internal_ipv6_list: "fe80::1;::1",
            file_hash: &sha1,
            device_id: machine.id(alert.seed),
            machine_group: machine.group,
            description: alert.description(huge),
            device_created_machine_tags: machine.device_tag,
            cloud_created_machine_tags: machine.cloud_tag,
            command_line: category.command,
            incident_link_to_wdatp: &incident,
            report_id: alert.number(),
            link_to_mtp: &link,
            incident_link_to_mtp: &incident,
            external_id: alert.digest(18, 40).to_uppercase(),
            ioc_unique_id: &unique,
        },
    )
}
