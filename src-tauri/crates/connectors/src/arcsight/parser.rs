//! `WDATP-connector.jsonparser.properties`: a mapping in the grammar of JSON `FlexConnectors`, and the check that a file
//! keeps that grammar.
//!
//! Regular expressions go through Java's properties twice as careful: every backslash is doubled by the writer.

use std::collections::BTreeMap;

use catalog::SourceId;

use super::mapping::{self, Fill, Mapping};
use crate::files::Draft;
use crate::formats::{Entry, once, properties};
use crate::read::{Entries, malformed};
use crate::source_of::Body;
use crate::{Language, ReadProblem, ReadReason};

/// How many items of evidence are looked at. There is no loop in the grammar; each costs a token per member.
const EVIDENCE_ITEMS: usize = 4;

pub(super) fn render(source: SourceId, language: Language) -> Draft {
    let mapping = mapping::of(source);
    rendered(mapping, &[&title(source, language, mapping.version)])
}

/// Mapping 1.0 of legacy detections.
pub(super) fn render_1(language: Language) -> Draft {
    rendered(
        &mapping::SIEM_DETECTIONS_1,
        &[
            &title(SourceId::SiemDetections, language, "1.0 (2016)"),
            language.pick(
                "One thing differs from Microsoft's file: its time pattern had twelve hours (hh) and no zone.",
                "Microsoft의 파일과 다른 점 하나: 원래 시간 형식은 12시간제(hh)였고 시간대가 없었습니다.",
                "與 Microsoft 的檔案有一處不同：原本的時間格式為 12 小時制（hh），且沒有時區。",
            ),
        ],
    )
}

fn title(source: SourceId, language: Language, version: &str) -> String {
    let (alerts, mapping) = language.pick(
        ("Microsoft Defender alerts", "field mapping"),
        ("Microsoft Defender 경고", "필드 매핑"),
        ("Microsoft Defender 警示", "欄位對應"),
    );
    format!("{alerts}: {source}, {mapping} {version}")
}

fn rendered(mapping: &Mapping, comments: &[&str]) -> Draft {
    let mut draft = Draft::default();
    for comment in comments {
        properties::comment(&mut draft, comment);
    }
    let mut write = |key: &str, value: &str| properties::write(&mut draft, key, value);
    write("trigger.node.location", mapping.trigger);

    let tokens = tokens(mapping);
    write("token.count", &tokens.len().to_string());
    for (index, (name, location)) in tokens.iter().enumerate() {
        let kind = match name.as_str() {
            name if mapping.integers.contains(&name) => "Integer",
            name if mapping.addresses.contains(&name) => "IPAddress",
            _ => "String",
        };
        write(&format!("token[{index}].name"), name);
        write(&format!("token[{index}].type"), kind);
        write(&format!("token[{index}].location"), location);
    }

    for (field, constant) in [
        ("deviceVendor", "Microsoft"),
        ("deviceProduct", mapping.product),
        ("deviceVersion", mapping.version),
    ] {
        write(&format!("event.{field}"), &expression(&Fill::Constant(constant)));
    }
    for (field, fill) in mapping.fields {
        write(&format!("event.{field}"), &expression(fill));
    }
    for (severity, values) in mapping::SEVERITIES {
        write(&format!("severity.map.{severity}.if.deviceSeverity"), values);
    }
    write("additionaldata.enabled", "true");
    draft
}

/// Name and location of every token, evidence spread out.
fn tokens(mapping: &Mapping) -> Vec<(String, String)> {
    let mut tokens: Vec<(String, String)> =
        mapping.tokens.iter().map(|(name, location)| ((*name).to_owned(), (*location).to_owned())).collect();
    for item in 0..EVIDENCE_ITEMS {
        for (name, location) in mapping.evidence {
            tokens
                .push((evidence_token(name, item), format!("{}[{item}]/{location}", mapping.evidence_path)));
        }
    }
    tokens
}

fn evidence_token(name: &str, item: usize) -> String {
    format!("{name}_{item}")
}

fn expression(fill: &Fill) -> String {
    match fill {
        Fill::Token(token) => (*token).to_owned(),
        Fill::FirstOf(tokens) => format!("__oneOf({})", tokens.join(",")),
        Fill::Evidence(names) => first_evidence(names),
        Fill::Address(token) => address(token),
        Fill::EvidenceAddress(name) => address(&first_evidence(&[name])),
        Fill::Time(token) => format!(
            // Fractions have five to seven digits, which Java's format takes for as many milliseconds: cut. Without
            // a zone it would take the connector's own.
            r#"__createOptionalTimeStampFromString(__concatenate(__regexToken({token},"(\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d).*")," UTC"),"yyyy-MM-dd'T'HH:mm:ss z")"#
        ),
        Fill::Flag(token) => format!(
            r#"__safeToLong(__ifThenElse(__toUpperCase({token}),"TRUE","1",__ifThenElse(__toUpperCase({token}),"FALSE","0","")))"#
        ),
        Fill::Constant(text) => format!(r#"__stringConstant("{text}")"#),
    }
}

fn first_evidence(names: &[&str]) -> String {
    let tokens: Vec<String> = (0..EVIDENCE_ITEMS)
        .flat_map(|item| names.iter().map(move |name| evidence_token(name, item)))
        .collect();
    format!("__oneOf({})", tokens.join(","))
}

fn address(token: &str) -> String {
    format!(r#"__regexTokenAsAddress({token},"(\d{{1,3}}\.\d{{1,3}}\.\d{{1,3}}\.\d{{1,3}})")"#)
}

/// Reads a mapping and says which shape of answer it expects.
///
/// # Errors
/// A [`ReadProblem`] where tokens are miscounted, doubled or incomplete, or where a field names one that is not there.
pub(super) fn read(file: &'static str, bytes: &[u8]) -> Result<Body, ReadProblem> {
    let list = properties::read(bytes).map_err(malformed(file))?;
    once(&list).map_err(malformed(file))?;
    let entries = Entries { file, list: &list };
    let broken = |entry: &Entry| ReadProblem::of(file, ReadReason::MappingBroken).line(entry.line);

    let count = entries.required("token.count")?;
    let number: usize = count.value.trim().parse().map_err(|_| broken(count))?;
    let mut names: Vec<Option<&str>> = Vec::new();
    // Looked up three times for each token: by index, a mapping of a hundred tokens is read in one pass.
    let by_key: BTreeMap<&str, &str> =
        list.iter().map(|entry| (entry.key.as_str(), entry.value.as_str())).collect();
    for index in 0..number.min(list.len()) {
        let member = |member: &str| {
            by_key.get(format!("token[{index}].{member}").as_str()).copied().filter(|value| !value.is_empty())
        };
        if member("type").is_none() || member("location").is_none() {
            return Err(broken(count));
        }
        names.push(member("name"));
    }
    // Each index once, none beyond the count.
    let declared: Vec<&Entry> = list
        .iter()
        .filter(|entry| entry.key.starts_with("token[") && entry.key.ends_with("].name"))
        .collect();
    if number != names.len() || declared.len() != number || names.iter().any(Option::is_none) {
        return Err(broken(count));
    }
    for entry in list.iter().filter(|entry| entry.key.starts_with("event.")) {
        let value = entry.value.trim();
        let holds = if value.starts_with("__") { is_closed(value) } else { names.contains(&Some(value)) };
        if !holds {
            return Err(broken(entry));
        }
    }
    let trigger = entries.required("trigger.node.location")?;
    Ok(if trigger.value.trim() == "/" { Body::Array } else { Body::Object })
}

/// Whether a function was written to its end: its brackets and quotes close, and nothing follows.
fn is_closed(function: &str) -> bool {
    let (mut depth, mut quoted, mut ended) = (0_usize, false, false);
    for character in function.chars() {
        match character {
            _ if ended => return false,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => match depth.checked_sub(1) {
                Some(outer) => {
                    depth = outer;
                    ended = outer == 0;
                }
                None => return false,
            },
            _ => {}
        }
    }
    ended
}

#[cfg(test)]
mod tests {
    use super::super::PARSER;
    use super::*;
    use crate::source_of::fits;

    fn text(draft: Draft) -> String {
        String::from_utf8(draft.finish(PARSER, false).bytes().to_vec()).expect("ASCII")
    }

    #[test]
    fn every_mapping_reads_as_whole() {
        for source in SourceId::ALL {
            let body = read(PARSER, text(render(*source, Language::English)).as_bytes()).expect("whole");
            assert!(fits(*source, body), "{source}");
        }
        let body = read(PARSER, text(render_1(Language::English)).as_bytes()).expect("whole");
        assert!(fits(SourceId::SiemDetections, body), "1.0");
    }

    #[test]
    fn every_token_of_a_function_is_declared() {
        for mapping in
            SourceId::ALL.iter().map(|source| mapping::of(*source)).chain([&mapping::SIEM_DETECTIONS_1])
        {
            let source = mapping.version;
            let names: Vec<String> = tokens(mapping).into_iter().map(|(name, _)| name).collect();
            for (field, fill) in mapping.fields {
                // Texts in quotes are constants; what is left between punctuation is a function or a token.
                let expression = expression(fill);
                let bare: String = expression.split('"').step_by(2).collect::<Vec<_>>().join(",");
                for word in
                    bare.split(['(', ')', ',']).filter(|word| !word.is_empty() && !word.starts_with("__"))
                {
                    assert!(names.iter().any(|name| name == word), "{source}: {field} uses {word}");
                }
            }
            let mut once = names.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), names.len(), "{source}");
        }
    }

    #[test]
    fn broken_mappings_name_their_line() {
        let whole = text(render(SourceId::SiemDetections, Language::English));
        let line =
            |needle: &str| whole.lines().position(|line| line.starts_with(needle)).map(|line| line + 1);
        for (from, to, at) in [
            ("token.count=50", "token.count=51", "token.count"),
            ("token.count=50", "token.count=49", "token.count"),
            ("token[3].location=Category\n", "", "token.count"),
            ("event.name=AlertTitle", "event.name=AlertTitel", "event.name"),
            (r#"__stringConstant("Actor")"#, r#"__stringConstant("Act"#, "event.deviceCustomString4Label"),
            (r#"__stringConstant("Actor")"#, r#"__stringConstant("Actor""#, "event.deviceCustomString4Label"),
        ] {
            assert!(whole.contains(from), "{from}");
            let problem = read(PARSER, whole.replace(from, to).as_bytes()).expect_err(from);
            assert_eq!(problem.reason, ReadReason::MappingBroken);
            assert_eq!(problem.line, line(at), "{from}");
        }
    }
}
