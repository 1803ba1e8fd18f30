//! A folder name from a customer's name: safe on Windows, macOS and Linux, whatever the customer is called.

/// Characters at most; and bytes at most, since Linux counts those and a Korean letter has three.
const CHARACTERS: usize = 80;
const BYTES: usize = 240;

/// A folder name that every platform takes: no separators, no device names, no trailing dot or blank, at most 80
/// characters, never empty. Different customers may get the same name.
pub fn destination_folder_name(customer_name: &str) -> String {
    let mapped: String = customer_name.chars().filter(|c| !is_invisible(*c)).map(replaced).collect();
    let mut name = shortened(edges_cut(&mapped)).to_owned();
    if name.is_empty() {
        "customer".clone_into(&mut name);
    }
    if name.starts_with('.') || is_device(&name) {
        // Still within the limit in bytes; in characters one is taken off at the end where needed.
        name.insert(0, '_');
        name = shortened(&name).to_owned();
    }
    name
}

fn replaced(character: char) -> char {
    match character {
        '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' => '_',
        other if other.is_control() || matches!(other, '\u{2028}' | '\u{2029}') => '_',
        other => other,
    }
}

/// Marks without width and changes of direction: with them a name can look like another one.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn edges_cut(name: &str) -> &str {
    name.trim_start().trim_end_matches(|c: char| c == '.' || c.is_whitespace())
}

fn shortened(name: &str) -> &str {
    let end = name
        .char_indices()
        .map(|(start, character)| start + character.len_utf8())
        .take(CHARACTERS)
        .take_while(|end| *end <= BYTES)
        .last()
        .unwrap_or(0);
    edges_cut(name.get(..end).unwrap_or_default())
}

/// Names that Windows keeps for devices, with any extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT")).is_some_and(|number| {
        let mut characters = number.chars();
        matches!(characters.next(), Some('0'..='9' | '¹' | '²' | '³')) && characters.next().is_none()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_names_stay_as_they_are() {
        assert_eq!(destination_folder_name("Contoso Ltd"), "Contoso Ltd");
        assert_eq!(destination_folder_name("콘토소 주식회사"), "콘토소 주식회사");
    }

    #[test]
    fn device_names_are_marked() {
        for name in ["CON", "nul", "Aux.txt", "com1", "LPT9.log", "COM²", "CON .x"] {
            assert!(destination_folder_name(name).starts_with('_'), "{name}");
        }
        assert_eq!(destination_folder_name("Console"), "Console");
        assert_eq!(destination_folder_name("COM10"), "COM10");
    }

    #[test]
    fn paths_do_not_survive() {
        assert_eq!(destination_folder_name("../../etc"), "_.._.._etc");
        assert_eq!(destination_folder_name("a/b\\c:d"), "a_b_c_d");
        assert_eq!(destination_folder_name(".."), "customer");
        assert_eq!(destination_folder_name(""), "customer");
        assert_eq!(destination_folder_name("  . "), "customer");
        assert_eq!(destination_folder_name("Contoso. . "), "Contoso");
        assert_eq!(destination_folder_name("Con\u{202e}toso"), "Contoso");
    }

    proptest! {
        #[test]
        fn every_name_is_safe(name in "\\PC{0,200}|[.A-C/ \\\\NULCO1:\u{0}-\u{20}]{0,90}") {
            let folder = destination_folder_name(&name);
            prop_assert!(!folder.is_empty());
            prop_assert!(folder.chars().count() <= CHARACTERS);
            prop_assert!(folder.len() <= BYTES);
            prop_assert!(!folder.ends_with(['.', ' ']));
            prop_assert!(!folder.starts_with(['.', ' ']));
            prop_assert!(!folder.contains(['<', '>', ':', '"', '/', '\\', '|', '?', '*']));
            prop_assert!(!folder.chars().any(char::is_control));
            prop_assert!(!is_device(&folder));
            prop_assert_eq!(destination_folder_name(&folder), folder.clone());
        }
    }
}
