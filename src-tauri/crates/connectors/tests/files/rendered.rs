//! Every rendered file, byte for byte, for every connector, source and grant that go together.

use crate::example::{file, input, text};
use catalog::{GrantKind, SourceId};
use connectors::{
    ConnectorId, FileRole, Files, Hidden, Language, Note, PlaceKind, PreviewPart, carries, preview,
    read_back, render,
};
use secrecy::{ExposeSecret, SecretString};

#[test]
fn every_set_is_rendered_as_it_was_reviewed() {
    for connector in ConnectorId::ALL {
        for source in SourceId::ALL {
            for grant in GrantKind::ALL {
                if carries(*connector, *source, *grant).is_err() {
                    continue;
                }
                let set = render(*connector, &input(*source, *grant)).expect("renders");
                let names: Vec<&str> = set.files.iter().map(|file| file.name.as_str()).collect();
                assert_eq!(names, connector.file_names(*source));
                let notes: Vec<&str> = set.notes.iter().map(|note| note.as_str()).collect();
                let mut page = format!("notes: {}\n", notes.join(", "));
                for file in &set.files {
                    let secret = if file.secret { ", secret" } else { "" };
                    page.extend(["\n===== ", &file.name, secret, "\n", text(file)]);
                }
                insta::assert_snapshot!(format!("{connector}_{source}_{grant}"), page);
            }
        }
    }
}

#[test]
fn files_with_a_secret_are_marked_and_no_other_file_has_one() {
    for connector in ConnectorId::ALL {
        let grant = connector.grants()[0];
        let set = render(*connector, &input(SourceId::GraphAlerts, grant)).expect("renders");
        for file in &set.files {
            let contents = text(file);
            let holds = contents.contains("abc~8Q.d_e-f") || contents.contains("example_refresh");
            assert_eq!(file.secret, holds, "{connector}: {}", file.name);
        }
        assert!(!format!("{set:?}").contains("abc~8Q"));
    }
}

#[test]
fn an_app_only_set_holds_no_refresh_token() {
    for connector in ConnectorId::ALL.iter().filter(|id| id.grants().contains(&GrantKind::AppOnly)) {
        let set = render(*connector, &input(SourceId::GraphAlerts, GrantKind::AppOnly)).expect("renders");
        for file in &set.files {
            assert!(!text(file).contains("example_refresh"), "{}", file.name);
        }
    }
}

#[test]
fn entries_of_properties_files_are_ascii_whatever_the_customer_is_called() {
    let set = render(ConnectorId::Arcsight, &input(SourceId::SiemDetections, GrantKind::RefreshToken))
        .expect("renders");
    for name in ["WDATP-connector.properties", "WDATP-connector.jsonparser.properties"] {
        let entries = text(file(&set.files, name)).lines().filter(|line| !line.starts_with('#'));
        assert!(entries.into_iter().all(str::is_ascii), "{name}");
    }
    assert!(text(file(&set.files, "WDATP-connector.properties")).starts_with("# Customer: Contoso 주식회사"));
}

#[test]
fn a_private_authority_is_named_where_the_reader_can_use_it() {
    let mut input = input(SourceId::SiemDetections, GrantKind::RefreshToken);
    input.ca_file = Some("/etc/ssl/lab ca.pem".to_owned());
    input.token_url = input.token_url.replace("https:", "http:");
    let generic = render(ConnectorId::Generic, &input).expect("renders");
    assert!(text(file(&generic.files, "defender-api.curl")).contains("\ncacert = \"/etc/ssl/lab ca.pem\"\n"));
    let splunk = render(ConnectorId::SplunkRest, &input).expect("renders");
    assert!(text(file(&splunk.files, "inputs.conf")).contains("\nca_bundle_path = /etc/ssl/lab ca.pem\n"));
    assert!(splunk.notes.contains(&Note::CaNeedsLaterVersion));
    assert!(splunk.notes.contains(&Note::HttpsNeeded));
}

#[test]
fn a_list_delimiter_occurs_in_no_item() {
    let mut input = input(SourceId::GraphAlerts, GrantKind::RefreshToken);
    input.scope = Some("api://a,b|c/.default offline_access".to_owned());
    let set = render(ConnectorId::SplunkRest, &input).expect("renders");
    assert!(text(file(&set.files, "inputs.conf")).contains("\ndelimiter = ~\n"));
}

#[test]
fn one_rendering_is_like_the_next() {
    for connector in ConnectorId::ALL {
        let input = input(SourceId::GraphAlerts, connector.grants()[0]);
        let (first, second) =
            (render(*connector, &input).expect("renders"), render(*connector, &input).expect("renders"));
        for (one, other) in first.files.iter().zip(&second.files) {
            assert_eq!(one.bytes(), other.bytes());
        }
    }
}

#[test]
fn only_prose_is_translated() {
    for (connector, source, grant) in crate::law::combinations() {
        let english = render(connector, &input(source, grant)).expect("renders");
        for language in Language::ALL {
            let mut input = input(source, grant);
            input.language = *language;
            let set = render(connector, &input).expect("renders");
            for (one, other) in english.files.iter().zip(&set.files) {
                let lines =
                    |file| text(file).lines().filter(|line| !is_prose(line)).collect::<Vec<_>>().join("\n");
                assert!(
                    one.name == "manifest.json" || lines(one) == lines(other),
                    "{connector}: {}",
                    one.name
                );
                assert_eq!(
                    text(one).lines().count(),
                    text(other).lines().count(),
                    "{connector}: {}",
                    one.name
                );
            }
            let (_, read) = read_back(&Files::from(&set)).expect("reads");
            assert_eq!(read.client_secret.expose_secret(), "abc~8Q.d_e-f==", "{connector} {language}");
        }
    }
    assert_eq!(Language::of_tag("zh-TW"), Language::TraditionalChinese);
    assert_eq!(Language::of_tag("fr"), Language::English);
}

fn is_prose(line: &str) -> bool {
    line.starts_with('#') || line.starts_with("<!--")
}

#[test]
fn sheets_are_in_the_language_that_was_asked_for() {
    let mut input = input(SourceId::SiemDetections, GrantKind::RefreshToken);
    for (language, word) in [(Language::Korean, "커넥터"), (Language::TraditionalChinese, "連接器")] {
        input.language = language;
        let set = render(ConnectorId::Arcsight, &input).expect("renders");
        assert!(text(file(&set.files, "VALUES-TO-TYPE.txt")).contains(word));
        for mapping in ["WDATP-connector.jsonparser.properties", "WDATP-connector-1.0.jsonparser.properties"]
        {
            let comment = text(file(&set.files, mapping)).lines().next().expect("a comment");
            assert!(!comment.is_ascii(), "{mapping}: {comment}");
        }
    }
}

#[test]
fn every_file_says_where_it_belongs_and_what_it_is_for() {
    for (connector, source, _) in crate::law::combinations() {
        for name in connector.file_names(source) {
            let (place, role) = (connector.place_of(name), connector.role_of(name));
            assert_eq!(place.at.is_empty(), place.kind == PlaceKind::Keep, "{connector}: {name}");
            assert_eq!(role == FileRole::Checksums, name == "manifest.json", "{connector}: {name}");
            assert_eq!(role == FileRole::ValuesToType, name == "VALUES-TO-TYPE.txt", "{connector}: {name}");
            let stays = name == "manifest.json" || name == "defender-api.json";
            assert_eq!(place.kind == PlaceKind::Keep, stays, "{connector}: {name}");
        }
    }
}

/// The pieces of a preview put together again, with something in place of what is hidden.
fn filled(parts: &[PreviewPart], value: impl Fn(Hidden) -> &'static str) -> String {
    parts
        .iter()
        .map(|part| match part {
            PreviewPart::Text(text) => text.as_str(),
            PreviewPart::Hidden(hidden) => value(*hidden),
        })
        .collect()
}

#[test]
fn a_preview_is_the_file_without_its_secrets() {
    for (connector, source, grant) in crate::law::combinations() {
        let mut input = input(source, grant);
        // Of letters that no format escapes, so that the preview and the file can be laid side by side.
        input.client_secret = SecretString::from("TheClientSecretOfThisTest");
        input.refresh_token = Some(SecretString::from("TheRefreshTokenOfThisTest"));
        input.access_token = Some(SecretString::from("TheAccessTokenOfThisTest"));
        let set = render(connector, &input).expect("renders");
        let shown = preview(connector, &input).expect("shows");
        assert_eq!(shown.len(), set.files.len(), "{connector}");
        for (file, shown) in set.files.iter().zip(&shown) {
            assert_eq!(file.name, shown.name, "{connector}");
            let hidden = shown.parts.iter().filter(|part| matches!(part, PreviewPart::Hidden(_))).count();
            assert_eq!(hidden > 0, file.secret, "{connector}: {} marks what it hides", file.name);
            let nothing = filled(&shown.parts, |_| "");
            assert!(!nothing.contains("OfThisTest"), "{connector}: {}", file.name);
            let whole = filled(&shown.parts, |hidden| match hidden {
                Hidden::ClientSecret => "TheClientSecretOfThisTest",
                Hidden::RefreshToken => "TheRefreshTokenOfThisTest",
                Hidden::AccessToken => "TheAccessTokenOfThisTest",
            });
            // The manifest's hashes are those of the files with their stand-ins.
            assert!(file.name == "manifest.json" || whole == text(file), "{connector}: {}", file.name);
        }
    }
}
