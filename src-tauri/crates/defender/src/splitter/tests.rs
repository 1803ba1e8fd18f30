//! The splitter against answers of every shape, cut anywhere.

use proptest::prelude::*;
use serde_json::Value;

use super::{Envelope, Fault, Splitter};

fn split(chunks: &[&[u8]]) -> Result<(Vec<Vec<u8>>, Envelope), Fault> {
    let mut splitter = Splitter::new(1 << 16, &[]);
    let mut elements = Vec::new();
    for chunk in chunks {
        splitter.feed(chunk, |element| {
            elements.push(element.bytes.to_vec());
            Ok::<_, Fault>(())
        })?;
    }
    Ok((elements, splitter.finish()?))
}

fn texts(answer: &str) -> Vec<String> {
    split(&[answer.as_bytes()])
        .unwrap()
        .0
        .into_iter()
        .map(|element| String::from_utf8(element).unwrap())
        .collect()
}

#[test]
fn a_bare_array_gives_its_elements_as_they_were_sent() {
    assert_eq!(
        texts("[ {\"a\": [1, 2]} ,\r\n{\"b\":\"]}\\\"\"},3 , \"x\" ]\n"),
        ["{\"a\": [1, 2]}", "{\"b\":\"]}\\\"\"}", "3", "\"x\""]
    );
}

#[test]
fn an_envelope_gives_its_list_and_its_link_wherever_they_stand() {
    let answer = br#"{"@odata.nextLink":"https://x.example/?a=1\u0026b=2","@odata.count":7,"n":{"value":[9]},"value":[1,2],"z":null}"#;
    let (elements, envelope) = split(&[answer]).unwrap();
    assert_eq!(elements, [b"1", b"2"]);
    assert_eq!(envelope.next_link.as_deref(), Some("https://x.example/?a=1&b=2"));
    assert!(envelope.listed && envelope.error.is_none());
}

#[test]
fn an_object_without_a_list_says_so() {
    let (elements, envelope) = split(&[br#"{"error":{"code":"Forbidden"}}"#]).unwrap();
    assert!(elements.is_empty() && !envelope.listed);
    assert_eq!(envelope.error.as_deref(), Some(r#"{"code":"Forbidden"}"#));
}

#[test]
fn a_byte_order_mark_and_empty_lists_are_fine() {
    assert!(texts("\u{feff} []").is_empty());
    assert!(texts("{\"value\":[ ]}").is_empty());
    assert!(texts("{}").is_empty());
}

#[test]
fn what_is_no_list_of_alerts_is_told_apart() {
    for (answer, fault) in [
        ("", Fault::Empty),
        (" \n", Fault::Empty),
        ("<html>", Fault::Html),
        ("hello", Fault::NotJson),
        ("[1", Fault::Cut),
        ("[{\"a\":\"", Fault::Cut),
        ("{\"value\":[1]", Fault::Cut),
        ("{\"value\"", Fault::Cut),
        ("[,]", Fault::NotJson),
        ("[1,]", Fault::NotJson),
        ("[1 2]", Fault::NotJson),
        ("[1{}]", Fault::NotJson),
        ("[1\"a\"]", Fault::NotJson),
        ("[1}", Fault::NotJson),
        ("[}", Fault::NotJson),
        ("[1] 2", Fault::NotJson),
        ("{\"a\":}", Fault::NotJson),
        ("{\"a\":1,}", Fault::NotJson),
        ("{,}", Fault::NotJson),
        ("{\"a\" 1}", Fault::NotJson),
        ("{\"value\":[1]]", Fault::NotJson),
        ("\u{feff}\u{feff}[", Fault::NotJson),
    ] {
        assert_eq!(split(&[answer.as_bytes()]), Err(fault), "{answer}");
    }
}

#[test]
fn nesting_beyond_the_limit_is_refused_while_it_arrives() {
    let deep = format!("[{}", "[".repeat(10_000));
    assert_eq!(split(&[deep.as_bytes()]), Err(Fault::TooDeep));
    let fine = format!("[{}1{}]", "[".repeat(128), "]".repeat(128));
    assert_eq!(split(&[fine.as_bytes()]).unwrap().0.len(), 1);
}

#[test]
fn an_element_beyond_the_cap_is_refused_while_it_arrives() {
    let mut splitter = Splitter::new(100, &[]);
    splitter.feed(b"[\"", |_| Ok::<_, Fault>(())).unwrap();
    assert_eq!(splitter.feed(&[b'a'; 200], |_| Ok(())), Err(Fault::AlertTooLarge));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\\\\\"{}\\[\\],: ]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_array_cut_anywhere_gives_the_same_elements(
        values in prop::collection::vec(any_json(), 0..12),
        pretty: bool,
        envelope: bool,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
    ) {
        let write = |value: &Value| {
            if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) }.unwrap()
        };
        let expected: Vec<_> = values.iter().map(write).collect();
        let list = format!("[{}]", expected.join(if pretty { " ,\n " } else { "," }));
        let answer = if envelope {
            format!("{{\"@odata.context\": \"[,]\", \"value\": {list}, \"@odata.nextLink\":\"https://a.example\"}}")
        } else {
            list
        };
        let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(answer.len() + 1)).collect();
        places.extend([0, answer.len()]);
        places.sort_unstable();
        let chunks: Vec<_> = places.windows(2).map(|pair| &answer.as_bytes()[pair[0]..pair[1]]).collect();
        let (elements, found) = split(&chunks).unwrap();
        let elements: Vec<_> = elements.into_iter().map(|it| String::from_utf8(it).unwrap()).collect();
        prop_assert_eq!(elements, expected);
        prop_assert_eq!(found.next_link.is_some(), envelope);
    }

    #[test]
    fn no_input_makes_it_panic(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8)) {
        let chunks: Vec<_> = chunks.iter().map(Vec::as_slice).collect();
        let _ = split(&chunks);
    }
}
