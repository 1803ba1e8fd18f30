//! The addresses that a pull asks for.
//!
//! A connector file may name an address that carries a query of its own. What it filters is kept and narrowed
//! further; what only steers paging is replaced. The invariant: scheme, host, port and path are the given ones.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

use crate::query::{Query, UnusableQuery, Window};
use crate::rules::Rules;

/// `$`, `:` and `,` stay readable: every server takes them, and some compare `$filter` literally.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'$')
    .remove(b':')
    .remove(b',')
    .remove(b'/');

type Pairs = Vec<(String, String)>;

/// Where in an `OData` list to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// Bounds of the time of last change.
    pub(crate) window: Window,
    /// `since` itself is left out.
    pub(crate) after_since: bool,
    /// `until` itself is left out.
    pub(crate) before_until: bool,
    pub(crate) newest_first: bool,
    pub(crate) skip: u64,
    pub(crate) top: u64,
    /// `$expand` is sent where the source knows it.
    pub(crate) expands: bool,
}

/// Whether a token may go there at all.
pub(crate) fn check(address: &Url) -> Result<(), UnusableQuery> {
    let host = address.host().ok_or(UnusableQuery::Address)?;
    if !address.username().is_empty() || address.password().is_some() {
        return Err(UnusableQuery::Address);
    }
    let loopback = match &host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    match address.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        "http" => Err(UnusableQuery::Plain { host: host.to_string() }),
        _ => Err(UnusableQuery::Address),
    }
}

/// An `OData` address. `clauses` are joined to the filter as they stand.
pub(crate) fn odata(address: &Url, rules: &Rules, position: &Position, clauses: &[String]) -> Url {
    let mut filters = Vec::new();
    let mut expand = None;
    let mut pairs = Pairs::new();
    for (name, value) in address.query_pairs() {
        match name.to_ascii_lowercase().as_str() {
            "$filter" | "filter" if !value.trim().is_empty() => filters.push(group(&value)),
            "$expand" => expand = Some(value.into_owned()),
            "$filter" | "filter" | "$top" | "$skip" | "$orderby" | "$skiptoken" | "$count" => {}
            _ => pairs.push((name.into_owned(), value.into_owned())),
        }
    }
    let Position { window, after_since, before_until, newest_first, skip, top, expands } = position;
    if let Some(since) = window.since {
        filters.push(format!("{} {} {since}", rules.changed, if *after_since { "gt" } else { "ge" }));
    }
    if let Some(until) = window.until {
        filters.push(format!("{} {} {until}", rules.changed, if *before_until { "lt" } else { "le" }));
    }
    filters.extend_from_slice(clauses);
    if !filters.is_empty() {
        pairs.push(("$filter".into(), filters.join(" and ")));
    }
    if let Some(expand) = expand.or_else(|| rules.expand.map(str::to_owned)).filter(|_| *expands) {
        pairs.push(("$expand".into(), expand));
    }
    if rules.orders {
        pairs.push((
            "$orderby".into(),
            format!("{} {}", rules.changed, if *newest_first { "desc" } else { "asc" }),
        ));
    }
    pairs.push(("$top".into(), top.to_string()));
    if *skip > 0 {
        pairs.push(("$skip".into(), skip.to_string()));
    }
    with(address, &pairs)
}

/// A filter that can be joined with others: brackets only where they change something.
fn group(filter: &str) -> String {
    let filter = filter.trim();
    if filter.to_ascii_lowercase().contains(" or ") { format!("({filter})") } else { filter.to_owned() }
}

/// Which of the exporter's two tag parameters is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tag<'a> {
    /// Set in the device's registry.
    Device(&'a str),
    /// Set in the portal.
    Cloud(&'a str),
}

/// An address of the legacy exporter.
pub(crate) fn exporter(address: &Url, query: &Query, tag: Option<&Tag<'_>>) -> Url {
    let windowed = query.since.is_some() || query.until.is_some() || query.ago.is_some();
    let mut pairs: Pairs = address
        .query_pairs()
        .filter(|(name, _)| match name.to_ascii_lowercase().as_str() {
            "sincetimeutc" | "untiltimeutc" | "ago" => !windowed,
            "limit" => query.limit.is_none(),
            "machinegroups" => query.machine_groups.is_empty(),
            "devicecreatedmachinetags" | "cloudcreatedmachinetags" => tag.is_none(),
            _ => true,
        })
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    if let Some(since) = query.since {
        pairs.push(("sinceTimeUtc".into(), exporter_time(since, Edge::Start)));
    }
    if let Some(until) = query.until {
        pairs.push(("untilTimeUtc".into(), exporter_time(until, Edge::End)));
    }
    if let Some(ago) = query.ago {
        pairs.push(("ago".into(), ago.to_string()));
    }
    if let Some(limit) = query.limit {
        pairs.push(("limit".into(), limit.to_string()));
    }
    for machine_group in &query.machine_groups {
        pairs.push(("machinegroups".into(), machine_group.clone()));
    }
    match tag {
        Some(Tag::Device(tag)) => pairs.push(("DeviceCreatedMachineTags".into(), (*tag).to_owned())),
        Some(Tag::Cloud(tag)) => pairs.push(("CloudCreatedMachineTags".into(), (*tag).to_owned())),
        None => {}
    }
    with(address, &pairs)
}

#[derive(Clone, Copy)]
enum Edge {
    Start,
    End,
}

/// The exporter's documented form: UTC without a zone, milliseconds. What is finer is rounded outwards.
fn exporter_time(time: jiff::Timestamp, edge: Edge) -> String {
    let millisecond = time.as_millisecond();
    let finer = time.subsec_nanosecond() % 1_000_000;
    let millisecond = match edge {
        Edge::Start if finer < 0 => millisecond - 1,
        Edge::End if finer > 0 => millisecond + 1,
        Edge::Start | Edge::End => millisecond,
    };
    let time = jiff::Timestamp::from_millisecond(millisecond).unwrap_or(time);
    time.strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}

/// The sibling of a list of incidents that lists alerts.
pub(crate) fn alerts_beside(incidents: &Url) -> Option<Url> {
    let path = incidents.path().trim_end_matches('/');
    let before = path.strip_suffix("/incidents")?;
    let mut alerts = incidents.clone();
    alerts.set_path(&format!("{before}/alerts_v2"));
    alerts.set_query(None);
    alerts.set_fragment(None);
    Some(alerts)
}

/// The window that an address of the exporter names by itself.
pub(crate) fn names_window(address: &Url) -> bool {
    address.query_pairs().any(|(name, _)| {
        ["sincetimeutc", "untiltimeutc", "ago"].contains(&name.to_ascii_lowercase().as_str())
    })
}

fn with(address: &Url, pairs: &Pairs) -> Url {
    let mut address = address.clone();
    let query: Vec<_> = pairs
        .iter()
        .map(|(name, value)| {
            format!("{}={}", utf8_percent_encode(name, VALUE), utf8_percent_encode(value, VALUE))
        })
        .collect();
    address.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
    address.set_fragment(None);
    address
}

#[cfg(test)]
mod tests {
    use catalog::SourceId;
    use url::Url;

    use super::{Position, Tag, check, exporter, odata};
    use crate::query::{Query, UnusableQuery, Window};
    use crate::rules;

    fn position() -> Position {
        Position {
            window: Window { since: Some("2026-11-20T10:00:00.1234567Z".parse().unwrap()), until: None },
            after_since: false,
            before_until: false,
            newest_first: false,
            skip: 0,
            top: 1000,
            expands: true,
        }
    }

    #[test]
    fn an_odata_address_keeps_what_the_connector_file_filters() {
        let address = Url::parse(
            "https://graph.example/v1.0/security/alerts_v2?$filter=severity+eq+'high'+or+status%20eq%20'new'&$top=3&x=%2B%26",
        )
        .unwrap();
        let url = odata(&address, rules::odata(SourceId::GraphAlerts).unwrap(), &position(), &[]);
        assert_eq!(
            url.as_str(),
            "https://graph.example/v1.0/security/alerts_v2?x=%2B%26&$filter=%28severity%20eq%20%27high%27%20or%20status%20eq%20%27new%27%29%20and%20lastUpdateDateTime%20ge%202026-11-20T10:00:00.1234567Z&$orderby=lastUpdateDateTime%20asc&$top=1000"
        );
    }

    #[test]
    fn a_source_without_an_order_is_not_asked_for_one() {
        let address = Url::parse("https://api.example/api/alerts").unwrap();
        let url = odata(
            &address,
            rules::odata(SourceId::DefenderAlerts).unwrap(),
            &Position { window: Window::default(), skip: 5, ..position() },
            &[],
        );
        assert_eq!(url.as_str(), "https://api.example/api/alerts?$expand=evidence&$top=1000&$skip=5");
    }

    #[test]
    fn an_exporter_address_has_the_documented_names_and_times() {
        let address = Url::parse("https://siem.example/api/alerts/?sinceTimeUtc=old&Limit=7#there").unwrap();
        let query = Query {
            since: Some("2026-11-20T10:00:00.1234567Z".parse().unwrap()),
            until: Some("2026-11-20T10:00:00.1234567Z".parse().unwrap()),
            limit: Some(20),
            machine_groups: vec!["UK Machines".into(), "서울&+".into()],
            ..Query::default()
        };
        assert_eq!(
            exporter(&address, &query, Some(&Tag::Cloud("a=b"))).as_str(),
            "https://siem.example/api/alerts/?sinceTimeUtc=2026-11-20T10:00:00.123&untilTimeUtc=2026-11-20T10:00:00.124&limit=20&machinegroups=UK%20Machines&machinegroups=%EC%84%9C%EC%9A%B8%26%2B&CloudCreatedMachineTags=a%3Db"
        );
    }

    #[test]
    fn a_token_goes_nowhere_without_tls_but_to_this_computer() {
        for fine in ["https://a.example/x", "http://localhost:1/x", "http://127.0.0.1/x", "http://[::1]:9/x"]
        {
            assert_eq!(check(&Url::parse(fine).unwrap()), Ok(()), "{fine}");
        }
        let plain = |host: &str| Err(UnusableQuery::Plain { host: host.to_owned() });
        for (refused, reason) in [
            ("http://a.example/x", plain("a.example")),
            ("http://localhost.example/x", plain("localhost.example")),
            ("http://10.0.0.1/x", plain("10.0.0.1")),
            ("https://user@a.example/x", Err(UnusableQuery::Address)),
            ("ftp://a.example/x", Err(UnusableQuery::Address)),
            ("mailto:a@a.example", Err(UnusableQuery::Address)),
        ] {
            assert_eq!(check(&Url::parse(refused).unwrap()), reason, "{refused}");
        }
    }

    #[test]
    fn what_is_not_asked_otherwise_stays_as_the_connector_file_says() {
        let address = Url::parse("https://siem.example/api/alerts?ago=PT24H&limit=7").unwrap();
        assert_eq!(exporter(&address, &Query::default(), None), address);
        let plain = Url::parse("https://siem.example/api/alerts").unwrap();
        assert_eq!(exporter(&plain, &Query::default(), None), plain);
    }
}
