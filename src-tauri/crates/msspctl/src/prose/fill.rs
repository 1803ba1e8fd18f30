//! Values put into texts.
//!
//! The invariant: a sentence whose value is not known is left out, where others remain.

use std::collections::BTreeMap;

/// Puts values into a text. A sentence whose value is not known is left out, if others remain.
pub(super) fn fill(template: &str, values: &BTreeMap<String, String>) -> String {
    let known = |name: &str| values.get(name).filter(|value| !value.is_empty());
    let sentences: Vec<&str> = sentences(template);
    let whole: Vec<&str> = sentences
        .iter()
        .copied()
        .filter(|sentence| placeholders(sentence).all(|name| known(name).is_some()))
        .collect();
    let kept = if whole.is_empty() { sentences } else { whole };
    let template = kept.concat();
    let mut pieces = template.trim_end().split('{');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}').unwrap_or((piece, ""));
        text.push_str(known(name).map_or("?", String::as_str));
        text.push_str(rest);
    }
    text
}

/// A text in pieces that end where a sentence does, the space behind it included.
fn sentences(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (end, stop) in text.match_indices(". ").chain(text.match_indices('。')).collect::<BTreeMap<_, _>>() {
        pieces.push(&text[start..end + stop.len()]);
        start = end + stop.len();
    }
    if !text[start..].trim().is_empty() {
        pieces.push(&text[start..]);
    }
    pieces
}

pub(super) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_without_its_value_is_left_out() {
        let values = BTreeMap::from([
            ("host".to_owned(), "a.example".to_owned()),
            ("reason".to_owned(), String::new()),
        ]);
        assert_eq!(
            fill("From {host}. Reason: {reason}. Nothing stored.", &values),
            "From a.example. Nothing stored."
        );
        assert_eq!(fill("無法讀取 {host}。原因：{reason}", &values), "無法讀取 a.example。");
        assert_eq!(fill("Only {other}", &values), "Only ?");
        assert_eq!(fill("只有 {other}。", &values), "只有 ?。");
    }
}
