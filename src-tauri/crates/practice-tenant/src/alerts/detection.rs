//! One alert in the legacy exporter's form: fifty fields, in the order and spelling of Microsoft's sample.
//!
//! Absent texts are empty, absent truths are null, as in the sample.

use super::pen::Pen;
use super::prepared::DOMAIN;
use super::texts::{CONTROL_ADDRESS, CONTROL_URL, FILE_PATH, Source};
use super::{Alert, Feed};

/// Writes one detection as JSON. Returns the place where its description ends.
pub(crate) fn write(feed: &Feed, alert: &Alert, out: &mut Vec<u8>) -> usize {
    let category = alert.category;
    let phrases = feed.phrases(alert);
    let machine = feed.machine(alert);
    let antivirus = category.source == Source::Antivirus;
    let network = category.source == Source::SmartScreen;
    let when = |wanted: bool, text: &'static str| if wanted { text } else { "" };
    let mut pen = Pen::new(out);
    pen.raw(r#"{"AlertTime":""#).time(alert.created());
    pen.raw(r#"","ComputerDnsName":""#).raw(&machine.dns_name);
    pen.raw(r#"","AlertTitle":""#).raw(feed.title(alert));
    pen.raw(r#"","Category":""#).raw(category.name);
    pen.raw(r#"","Severity":""#).raw(alert.severity.defender());
    pen.raw(r#"","AlertId":""#);
    let id = pen.place();
    pen.id(alert);
    let id = id..pen.place();
    pen.raw(r#"","Actor":""#).raw(alert.actor().unwrap_or_default());
    pen.raw(r#"","LinkToWDATP":""#);
    let link = pen.place();
    pen.raw(&feed.prepared.portal).raw("/alert/").again(id.clone());
    let link = link..pen.place();
    pen.raw(r#"","IocName":"","IocValue":"","CreatorIocName":"","CreatorIocValue":"","Sha1":""#);
    let sha1 = pen.place();
    pen.digest(alert, 10, 40);
    let sha1 = sha1..pen.place();
    pen.raw(r#"","FileName":""#).raw(&phrases.file);
    pen.raw(r#"","FilePath":""#).raw(FILE_PATH);
    pen.raw(r#"","IpAddress":""#).raw(when(network, CONTROL_ADDRESS));
    pen.raw(r#"","Url":""#).raw(when(network, CONTROL_URL));
    pen.raw(r#"","IoaDefinitionId":""#).guid(alert, 20);
    pen.raw(r#"","UserName":""#).raw(alert.user());
    pen.raw(r#"","AlertPart":0,"FullId":""#).again(id.clone()).raw(":");
    let unique = pen.place();
    pen.base64(alert, 12);
    let unique = unique..pen.place();
    pen.raw(r#"","LastProcessedTimeUtc":""#).time(alert.updated);
    pen.raw(r#"","ThreatCategory":""#).raw(when(antivirus, "Trojan"));
    pen.raw(r#"","ThreatFamily":""#).raw(category.family);
    pen.raw(r#"","ThreatName":""#).raw(category.threat);
    pen.raw(r#"","RemediationAction":""#).raw(when(antivirus, "Quarantine"));
    pen.raw(r#"","RemediationIsSuccess":"#).truth(antivirus.then_some(alert.index % 4 != 3));
    pen.raw(r#","Source":""#).raw(category.source.legacy());
    pen.raw(r#"","Md5":""#).digest(alert, 14, 32);
    pen.raw(r#"","Sha256":""#).digest(alert, 16, if antivirus { 64 } else { 0 });
    pen.raw(r#"","WasExecutingWhileDetected":"#).truth(antivirus.then_some(alert.index.is_multiple_of(8)));
    pen.raw(r#","UserDomain":"PRACTICE","LogOnUsers":"PRACTICE\\"#).raw(alert.user());
    pen.raw(r#"","MachineDomain":""#).raw(DOMAIN);
    pen.raw(r#"","MachineName":""#).raw(&machine.name);
    pen.raw(r#"","InternalIPv4List":""#).raw(&machine.address);
    pen.raw(r#", 127.0.0.1","InternalIPv6List":"fe80::1, ::1","FileHash":""#).again(sha1);
    pen.raw(r#"","DeviceID":""#).raw(&machine.id);
    pen.raw(r#"","MachineGroup":""#).raw(machine.group);
    pen.raw(r#"","Description":""#).raw(&phrases.description);
    let described = pen.place();
    pen.raw(r#"","DeviceCreatedMachineTags":""#).raw(machine.device_tag);
    pen.raw(r#"","CloudCreatedMachineTags":""#).raw(machine.cloud_tag);
    pen.raw(r#"","CommandLine":""#).raw(&phrases.command);
    pen.raw(r#"","IncidentLinkToWDATP":""#);
    let incident = pen.place();
    pen.raw(&feed.prepared.portal).raw("/incidents/byalert?alertId=").again(id).raw("&source=SIEM");
    let incident = incident..pen.place();
    pen.raw(r#"","ReportID":"#).number(alert.number());
    pen.raw(r#","LinkToMTP":""#).again(link);
    pen.raw(r#"","IncidentLinkToMTP":""#).again(incident);
    pen.raw(r#"","ExternalId":""#).capital_digest(alert, 18);
    pen.raw(r#"","IocUniqueId":""#).again(unique).raw(r#""}"#);
    described
}
