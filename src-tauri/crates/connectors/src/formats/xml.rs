//! The little XML that `ossec.conf` needs: elements with text. Attributes are neither written nor read.

use roxmltree::{Document, ParsingOptions};
use zeroize::Zeroizing;

use super::{Entry, Malformed, utf8};
use crate::ReadReason;
use crate::files::Draft;

/// Writes `<name>text</name>` at an indentation. The text holds nothing that XML would want escaped.
pub(crate) fn write(draft: &mut Draft, indentation: usize, name: &str, text: &str) {
    draft.push(&" ".repeat(indentation));
    draft.push("<");
    draft.push(name);
    draft.push(">");
    for character in text.chars() {
        match character {
            '&' => draft.push("&amp;"),
            '<' => draft.push("&lt;"),
            '>' => draft.push("&gt;"),
            other => draft.push_char(other),
        }
    }
    draft.push("</");
    draft.push(name);
    draft.push(">\n");
}

/// Writes a comment. Two hyphens in a row end one, so a blank goes between; what XML forbids becomes `?`.
pub(crate) fn comment(draft: &mut Draft, text: &str) {
    draft.push("<!-- ");
    let mut before = ' ';
    for character in text.chars() {
        if before == '-' && character == '-' {
            draft.push(" ");
        }
        let allowed = !matches!(character, '\u{fffe}' | '\u{ffff}');
        draft.push_char(if allowed { character } else { '?' });
        before = character;
    }
    draft.push(" -->\n");
}

/// Reads the texts of all elements without element children: `a.b` and the text. Elements that may stand several times
/// (`repeated`, by their last name) are all there; of others the second is a problem.
pub(crate) fn read(bytes: &[u8], repeated: &[&str]) -> Result<Vec<Entry>, Malformed> {
    let text = utf8(bytes)?;
    let options = ParsingOptions { nodes_limit: 10_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| Malformed::at(usize::try_from(error.pos().row).unwrap_or(1).max(1)))?;
    let mut entries: Vec<Entry> = Vec::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        if node.children().any(|child| child.is_element()) {
            continue;
        }
        let mut names: Vec<&str> = node
            .ancestors()
            .filter(roxmltree::Node::is_element)
            .map(|element| element.tag_name().name())
            .collect();
        names.reverse();
        let key = names.join(".");
        let line = usize::try_from(document.text_pos_at(node.range().start).row).unwrap_or(1);
        let listed = repeated.contains(&node.tag_name().name());
        if !listed && entries.iter().any(|entry| entry.key == key) {
            return Err(Malformed { line, reason: ReadReason::DuplicateKey });
        }
        let value = Zeroizing::new(node.text().unwrap_or_default().trim().to_owned());
        entries.push(Entry { line, key, value });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_have_a_path_and_a_line() {
        assert!(read(b"<a>\n<b>", &[]).is_err(), "an open element is a problem");
        let entries = read(b"<a>\n<b>1 &amp; 2</b>\n<l>x</l><l>y</l>\n</a>", &["l"]).expect("well-formed");
        let found: Vec<_> =
            entries.iter().map(|entry| (entry.line, entry.key.as_str(), entry.value.as_str())).collect();
        assert_eq!(found, [(2, "a.b", "1 & 2"), (3, "a.l", "x"), (3, "a.l", "y")]);
    }

    #[test]
    fn an_element_that_stands_twice_is_a_problem() {
        let fault = read(b"<a>\n<b>1</b>\n<b>2</b>\n</a>", &[]).err();
        assert_eq!(fault, Some(Malformed { line: 3, reason: ReadReason::DuplicateKey }));
    }

    #[test]
    fn a_comment_ends_where_it_should() {
        let mut draft = Draft::default();
        draft.line("<a>");
        comment(&mut draft, "Contoso --> <b>1</b> ---");
        draft.line("</a>");
        let file = draft.finish("", false);
        assert_eq!(read(file.bytes(), &[]).expect("well-formed").len(), 1);
    }
}
