//! A folder of files out of one input: each part says by its first byte which name it has.

/// Ends a part. It occurs in no text file.
pub(crate) const END: u8 = 0x1e;

/// Names and contents of the parts.
pub(crate) fn files<'a>(input: &'a [u8], names: &'a [&'a str]) -> impl Iterator<Item = (&'a str, Vec<u8>)> {
    input.split(|byte| *byte == END).filter_map(move |part| {
        let (which, contents) = part.split_first()?;
        Some((names[usize::from(*which) % names.len()], contents.to_vec()))
    })
}

/// Names of the files that connectors have.
pub(crate) const CONNECTOR_FILES: &[&str] = &[
    "manifest.json",
    "WDATP-connector.properties",
    "WDATP-connector.jsonparser.properties",
    "WDATP-connector-1.0.jsonparser.properties",
    "VALUES-TO-TYPE.txt",
    "inputs.conf",
    "splunk-authentication.properties",
    "splunk_ta_ms_security_account.conf",
    "qradar-log-source.json",
    "qradar-log-source.yml",
    "elastic-agent.yml",
    "filebeat.yml",
    "elastic-integration.json",
    "ossec-ms-graph.xml",
    "cribl-collector.json",
    "cribl-breaker.json",
    "secops-feed.json",
    "sumo-source.json",
    "defender-api.json",
    "defender-api.env",
    "defender-api.curl",
];

/// Names under which old files are found.
pub(crate) const OLD_FILES: &[&str] = &[
    "WDATP-connector.properties",
    "old.jsonparser.properties",
    "inputs.conf",
    "accounts.conf",
    "notes.txt",
    "app/local/inputs.conf",
    "app/default/accounts.conf",
    "agent.properties",
    "no-ending",
];
