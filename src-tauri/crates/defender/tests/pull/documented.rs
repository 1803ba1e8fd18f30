//! What Microsoft's pages document of each source parses, and each documented field can be had: in a column, under the
//! legacy names, and always in the alert as it came.
//!
//! `documented.json` lists the fields and where they are shown; its alerts have every one of them, with values of ours.

use std::collections::{BTreeMap, BTreeSet};

use catalog::SourceId;
use defender::{LEGACY_FIELDS, Query, RawAlert, pull};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Server, Tokens, client, json as answer, request};

#[derive(Deserialize)]
struct Documented {
    incident: Option<Value>,
    alert: Value,
    /// The path of a field, and the columns and legacy names that show it.
    fields: BTreeMap<String, Vec<String>>,
}

/// Every path of a value with what stands there; `[]` for any element.
fn leaves(value: &Value, path: &str, found: &mut BTreeMap<String, Vec<Value>>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(value, &path, found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let path = format!("{path}[]");
            for item in items {
                leaves(item, &path, found);
            }
        }
        Value::Array(_) => {
            found.entry(format!("{path}[]")).or_default();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            found.entry(path.to_owned()).or_default().push(value.clone());
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a place shows one of a field's values: the same time, or the words in any case and among others.
fn shows(shown: &str, values: &[Value]) -> bool {
    values.iter().filter(|value| !value.is_null()).map(text).any(|value| {
        let times = [shown, &value].map(|text| text.parse::<Timestamp>().ok());
        match times {
            [Some(shown), Some(value)] => shown == value,
            [_, _] => !value.is_empty() && shown.to_lowercase().contains(&value.to_lowercase()),
        }
    })
}

/// The body that the source's page shows around its elements.
fn body(source: SourceId, documented: &Documented) -> String {
    let alert = &documented.alert;
    match (source, &documented.incident) {
        (SourceId::SiemDetections, _) => json!([alert]).to_string(),
        (_, None) => {
            json!({ "@odata.context": "https://api.example/$metadata", "value": [alert] }).to_string()
        }
        (_, Some(incident)) => {
            let mut incident = incident.clone();
            incident["alerts"] = json!([alert]);
            json!({ "@odata.context": "https://api.example/$metadata", "value": [incident] }).to_string()
        }
    }
}

#[tokio::test]
async fn every_documented_field_of_every_source_can_be_had() {
    let data: BTreeMap<SourceId, Documented> = serde_json::from_str(include_str!("documented.json")).unwrap();
    assert_eq!(data.keys().copied().collect::<Vec<_>>().len(), SourceId::ALL.len());
    for (source, documented) in data {
        let once = body(source, &documented);
        let server = Server::of(vec![
            answer(once),
            answer(if source == SourceId::SiemDetections { "[]" } else { r#"{"value":[]}"# }),
        ])
        .await;
        let path = match source {
            SourceId::GraphIncidents | SourceId::XdrIncidents => "/incidents",
            SourceId::GraphAlerts | SourceId::DefenderAlerts | SourceId::SiemDetections => "/alerts",
        };
        let mut had = Vec::new();
        let request = request(source, server.at(path), Query::default());
        let pulled = pull(&client(), &request, &Tokens::new(), |alert: &RawAlert<'_>| {
            had.push((
                alert.json.to_owned(),
                serde_json::to_value(alert.row()).unwrap(),
                alert.legacy().texts(),
            ));
            Ok(())
        })
        .await;
        assert_eq!((pulled.unwrap().alerts, had.len()), (1, 1), "{source}");
        let (raw, row, legacy) = had.remove(0);
        assert_eq!(raw, documented.alert.to_string(), "{source}: as it came");

        let mut said = BTreeMap::new();
        leaves(&serde_json::from_str(&raw).unwrap(), "", &mut said);
        let names = |map: &BTreeMap<String, Vec<Value>>| map.keys().cloned().collect::<BTreeSet<_>>();
        let listed: BTreeSet<_> = documented.fields.keys().cloned().collect();
        assert_eq!(names(&said), listed, "{source}: the list names what the alert has, and nothing else");
        for (field, places) in &documented.fields {
            for place in places {
                let shown = match place.split_once(' ') {
                    Some(("column", name)) => text(&row[name]),
                    Some(("legacy", name)) => {
                        let at =
                            LEGACY_FIELDS.iter().position(|field| *field == name).expect("a legacy name");
                        legacy[at].clone()
                    }
                    _ => panic!("{place}"),
                };
                assert!(shows(&shown, &said[field]), "{source}: {field} in {place}: {shown:?}");
            }
        }
        let columns: BTreeSet<_> = documented.fields.values().flatten().map(String::as_str).collect();
        for name in ["id", "time", "title", "severity", "category", "device", "user", "detection_source"] {
            assert!(columns.contains(format!("column {name}").as_str()), "{source}: nothing fills {name}");
        }
    }
}
