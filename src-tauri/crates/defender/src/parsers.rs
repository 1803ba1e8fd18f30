//! The doors through which an alert source's bytes come in, opened for the fuzzer and for the replay of its corpora.
//!
//! It exists only with the feature `fuzzing` and in tests: the product goes through `pull`. The targets in `fuzz/` and the
//! test below state the same laws, through these functions.

use std::fmt::Write as _;

use catalog::SourceId;
use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::fields::{about, pick, raw_text, time};
use crate::splitter::{Fault, Splitter};
use crate::{AlertRow, LEGACY_FIELDS, LegacyDetection};

/// The largest element, so that a fuzzer can reach it.
const LARGEST: usize = 4096;

/// Cuts an answer into its elements. The first byte says how it arrives. The laws: the same elements, the same members
/// and the same end come out however the bytes are cut; what comes out is JSON, by another parser's verdict too, and so
/// are its members; what is a JSON array comes out element by element, byte for byte.
///
/// # Panics
/// When a law is broken.
pub fn answer(input: &[u8]) {
    let Some((&rhythm, body)) = input.split_first() else { return };
    let at_once = elements(body, body.len().max(1));
    for size in [1, usize::from(rhythm % 61) + 1] {
        let in_parts = elements(body, size);
        assert_eq!(at_once, in_parts, "cut into parts of {size}");
    }
    for (element, id) in &at_once.0 {
        let Ok(json) = std::str::from_utf8(element) else { continue };
        assert!(serde_json::from_str::<IgnoredAny>(json).is_ok(), "{json}");
        assert_eq!(id.as_deref(), first_id(json), "{json}");
    }
    let Ok(values) = serde_json::from_slice::<Vec<&RawValue>>(body) else { return };
    let short = values.iter().all(|value| value.get().len() <= LARGEST);
    if short && values.iter().all(|value| depth(value.get()) <= 100) {
        let (found, fault) = at_once;
        assert_eq!(fault, None, "an array is read to its end");
        let said: Vec<_> = values.iter().map(|value| value.get().as_bytes().to_vec()).collect();
        assert_eq!(found.into_iter().map(|(element, _)| element).collect::<Vec<_>>(), said);
    }
}

/// Elements, each with its `id` as it stands, and how it ended.
type Cut = (Vec<(Vec<u8>, Option<String>)>, Option<Fault>);

fn elements(body: &[u8], size: usize) -> Cut {
    let mut found = Vec::new();
    let mut splitter = Splitter::new(LARGEST, &["id"]);
    for chunk in body.chunks(size) {
        let fed = splitter.feed(chunk, |element| {
            let [id] = std::str::from_utf8(element.bytes).map_or([None], |json| element.members.of(json));
            found.push((element.bytes.to_vec(), id.map(str::to_owned)));
            Ok::<_, Fault>(())
        });
        if let Err(fault) = fed {
            return (found, Some(fault));
        }
    }
    (found, splitter.finish().err())
}

/// The first `id` of an object, whatever its case, as another parser finds it.
fn first_id(json: &str) -> Option<&str> {
    struct First;

    impl<'de> Visitor<'de> for First {
        type Value = Option<&'de RawValue>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(name) = members.next_key::<&RawValue>()? {
                let value = members.next_value()?;
                // A name with half a surrogate pair is no text, and nobody's name.
                let is_id = serde_json::from_str::<String>(name.get())
                    .is_ok_and(|name| name.eq_ignore_ascii_case("id"));
                if is_id && found.is_none() {
                    found = Some(value);
                }
            }
            Ok(found)
        }
    }

    let mut reader = serde_json::Deserializer::from_str(json);
    reader.deserialize_map(First).ok().flatten().map(RawValue::get)
}

fn depth(json: &str) -> usize {
    json.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count()
}

/// Reads the columns, the legacy names and the key of an alert. The first byte says of which source. The laws: nothing
/// panics; what is shown as raw is what came; there are fifty legacy fields, and they are JSON; a key that is a plain
/// string is the string.
///
/// # Panics
/// When a law is broken.
pub fn alert(input: &[u8]) {
    let Some((&which, body)) = input.split_first() else { return };
    let Ok(json) = std::str::from_utf8(body) else { return };
    let source = SourceId::ALL[usize::from(which) % SourceId::ALL.len()];
    let row = AlertRow::read(source, json);
    assert_eq!(row.raw, json);
    let mut written = String::new();
    let legacy = LegacyDetection::read(source, json);
    let _ = write!(written, "{}", serde_json::json!(legacy));
    let read: Value = serde_json::from_str(&written).unwrap_or_default();
    assert_eq!(read.as_object().map(serde_json::Map::len), Some(LEGACY_FIELDS.len()));
    assert_eq!(legacy.texts().len(), LEGACY_FIELDS.len());
    about(source, json, &["group".to_owned()], &["tag".to_owned()]);
    if let Ok([id, changed]) = pick(json, &["id", "lastUpdateDateTime"]) {
        let text = raw_text(id);
        time(&raw_text(changed));
        if let Some(Ok(said)) = id.map(serde_json::from_str::<String>) {
            assert_eq!(text, said);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{alert, answer};

    fn replay(name: &str, law: impl Fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus").join(name);
        let mut count = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            law(&std::fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count > 0, "{} is kept", folder.display());
    }

    #[test]
    fn every_kept_answer_holds_to_the_laws() {
        replay("alert_answer", answer);
    }

    #[test]
    fn every_kept_alert_holds_to_the_laws() {
        replay("alert_fields", alert);
    }
}
