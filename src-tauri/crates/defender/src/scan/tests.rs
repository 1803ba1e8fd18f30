//! The scan against `serde_json`, which reads the same grammar by other means.

use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::{Broken, Members, Names, Scan};

const WANTED: &[&str] = &["id", "Name"];

type Verdict = Result<Option<usize>, (Broken, usize)>;

/// Reads a text, cut into parts of this size, as far as its first value goes.
fn scan(json: &[u8], size: usize, names: &mut Names) -> (Verdict, Scan) {
    let mut scan = Scan::new();
    let mut before = 0;
    for part in json.chunks(size) {
        match scan.run(&json[..before], part, names) {
            Ok(None) => before += part.len(),
            Ok(Some(end)) => return (Ok(Some(before + end)), scan),
            Err((broken, at)) => return (Err((broken, before + at)), scan),
        }
    }
    (Ok(None), scan)
}

/// The verdict on a whole text: a number ends with it.
fn read(json: &[u8], size: usize) -> Verdict {
    let (said, scan) = scan(json, size, &mut Names::in_one(WANTED));
    said.map(|end| end.or(scan.is_whole_number().then_some(json.len())))
}

/// What comes of a text.
fn outcome(json: &[u8], size: usize, names: &mut Names) -> (Verdict, Members) {
    let (said, scan) = scan(json, size, names);
    (said, scan.members())
}

fn members(json: &str, size: usize) -> [Option<&str>; 2] {
    outcome(json.as_bytes(), size, &mut Names::in_one(WANTED)).1.of(json)
}

#[test]
fn numbers_words_and_texts_follow_the_grammar_to_the_letter() {
    for good in [
        "0",
        "-0",
        "10",
        "-1.50",
        "1e5",
        "1E+5",
        "0.0e-0",
        "true",
        "false",
        "null",
        "\"\"",
        "\"\\u00e9\\/\"",
        "\"\\ud800\"",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        "[[],{}]",
        "{\"\":{}}",
        "\"eight by\"",
        "\"eight byt\\\\\"",
    ] {
        for size in [1, 2, 100] {
            assert_eq!(read(good.as_bytes(), size), Ok(Some(good.len())), "{good}");
        }
    }
    for bad in [
        "-",
        "01",
        "1.",
        ".5",
        "1e",
        "1e+",
        "+1",
        "tru",
        "truE",
        "nul",
        "\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\t\"",
        "\"eight by\u{1f}\"",
        "[,]",
        "[1,]",
        "[1 2]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "[}",
        "{]",
        "[1}",
        "{\"a\":1]",
        "{1:2}",
        "{\"a\":1 \"b\":2}",
    ] {
        for size in [1, 2, 100] {
            assert_ne!(read(bad.as_bytes(), size), Ok(Some(bad.len())), "{bad}");
        }
    }
}

#[test]
fn a_fault_is_found_where_it_is() {
    assert_eq!(read(b"{\"a\": tru }", 100), Err((Broken::NotJson, 9)));
    assert_eq!(read(b"[1, 2, }", 100), Err((Broken::NotJson, 7)));
    let deep = "[".repeat(200);
    assert_eq!(read(deep.as_bytes(), 7), Err((Broken::TooDeep, 128)));
}

#[test]
fn members_are_found_at_the_outermost_level_only_and_the_first_of_a_name_counts() {
    let json = r#"{"x":{"id":1},"nid":2,"Id" : {"id":3} ,"ID":4,"n\u0061me":[5, 6], "name":7}"#;
    for size in 1..json.len() {
        assert_eq!(members(json, size), [Some(r#"{"id":3}"#), Some("[5, 6]")], "{size}");
    }
    assert_eq!(members("[{\"id\":1}]", 3), [None, None]);
    assert_eq!(members("{\"\\ud800\":1,\"id\":true}", 3), [Some("true"), None]);
}

/// Names are compared where a block of bytes is there.
const A_BLOCK: [u8; 32] = [b' '; 32];

#[test]
fn what_earlier_values_were_like_changes_nothing() {
    let values = [
        r#"{"x":1,"id":"a","Name":"b","another name that is longer than a block":null,"last":true}"#,
        r#"{"x":1,"id":"c","Name":"d","another name that is longer than a block":null,"last":true}"#,
        // The same names with other values, twice, elsewhere, with white space, begun the same, escaped, and inside.
        r#"{"x":"","id":{"id":1},"Name":[],"last":-1.5e3,"more":{}}"#,
        r#"{"x":1,"id":2,"id":3,"NAME":4,"Name":5}"#,
        r#"{"x":1,"id":2,"Name":3,"id":4,"Name":5}"#,
        r#"{"Name":1,"x":2,"id":3}"#,
        r#"{"x":1 ,"id":2 , "Name" :"3"}"#,
        r#"{"x":1,"idx":2,"Nam":3,"id":4,"name":""}"#,
        r#"{"x":1,"\u0069d":"2","N\u0061me":{"x":1,"id":2,"Name":3}}"#,
        r#"{"y":[{"x":1,"id":2,"Name":3}],"x":0,"z":{"x":1,"id":2,"Name":3}}"#,
        r#"{}"#,
        r#"{"x":1,"id":"","Name":""}"#,
        r#"{"x":1,"id":}"#,
        r#"{"x":1,"id" 2}"#,
        r#"{"x":1,"id":"#,
        "{\"x\":1,\"id\":2,\"Name\":3,\"another name that is longer than a block\":4,\"\0\0\0\0\0\0\0\0",
    ];
    for size in 1..150 {
        let mut names = Names::in_many(WANTED);
        for json in values.iter().chain(values.iter().rev()) {
            let bytes = [json.as_bytes(), &A_BLOCK].concat();
            let fresh = outcome(&bytes, size, &mut Names::in_one(WANTED));
            assert_eq!(outcome(&bytes, size, &mut names), fresh, "{json} in parts of {size}");
        }
    }
}

/// JSON, and what is nearly JSON.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\n",
        "\"",
        "\\",
        "\"a\"",
        "\"id\":",
        "\"b\\n\"",
        "\\u12",
        "00e9",
        "0",
        "-",
        "1",
        "12.5",
        "e",
        "E+",
        ".",
        "true",
        "false",
        "null",
        "nul",
        "\u{1}",
        "longer than eight",
        "é한",
        "[1,2]",
        "{\"id\":1}",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn the_verdict_is_that_of_another_parser_and_does_not_depend_on_the_cutting(
        json in nearly_json(),
        size in 1usize..9,
    ) {
        let said = read(&json, size);
        prop_assert_eq!(said, read(&json, json.len().max(1)));
        let mut names = Names::in_many(WANTED);
        let followed = [json.as_slice(), &A_BLOCK].concat();
        let first = outcome(&followed, followed.len(), &mut names);
        prop_assert_eq!(first, outcome(&followed, size, &mut names));
        prop_assert_eq!(first, outcome(&followed, followed.len(), &mut names));
        let text = std::str::from_utf8(&json).unwrap().trim_start_matches([' ', '\n']);
        let blank = json.len() - text.len();
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
        match (said, values.next()) {
            (Ok(Some(end)), Some(Ok(_))) => prop_assert_eq!(end, blank + values.byte_offset()),
            // The other parser wants to see that a bare number or word ends well.
            (Ok(Some(end)), Some(Err(_))) => {
                let bare = !text.starts_with(['{', '[', '"']);
                prop_assert!(bare && end < json.len());
            }
            (Ok(None), None) => {}
            // A number that breaks off is a fault to it, and unfinished to us.
            (Ok(None), Some(Err(error))) => {
                prop_assert!(error.is_eof() || text.ends_with(['-', '+', '.', 'e', 'E']), "{error}");
            }
            (Err(_), Some(Err(_))) => {}
            (said, other) => prop_assert!(false, "{said:?} {other:?}"),
        }
    }
}
