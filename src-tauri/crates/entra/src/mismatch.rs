//! Why two redirect URIs that look alike are not the same to Entra (entra-docs `reply-url.md`): character by character.
//!
//! It decides nothing about a sign-in. The invariant: what Entra takes for the same is told as the same, and every
//! other pair has a first difference, a kind that says what to do about it, and runs that together are both texts.

use similar::{ChangeTag, TextDiff};
use url::{Host, Url};

use crate::RedirectUri;

/// How the comparison of two redirect URIs comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What to know first, the most telling kind of difference; `None` when they are the same to Entra.
    pub kind: Option<Mismatch>,
    /// Where they differ first, in characters from 0; `None` when not a single character differs.
    pub first: Option<usize>,
    /// Both texts in pieces, in order.
    pub runs: Vec<Run>,
    /// Characters that a person cannot see or takes for others, in either text.
    pub odd: Vec<OddCharacter>,
}

/// A piece of the two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Who has it.
    pub side: Side,
    /// The characters.
    pub text: String,
}

/// Who has a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Both.
    Both,
    /// Only the registration.
    Registered,
    /// Only the request.
    Sent,
}

/// A character that deceives the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OddCharacter {
    /// Which text it is in.
    pub side: Side,
    /// Where, in characters from 0.
    pub at: usize,
    /// Which.
    pub character: char,
}

/// What kind of difference it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// One of them is no address.
    NotAnAddress,
    /// One holds a character that cannot be seen.
    Invisible,
    /// One holds a character that looks like another, such as a Cyrillic letter.
    Lookalike,
    /// One holds a blank.
    Blank,
    /// `http` against `https`.
    Scheme,
    /// `127.0.0.1` against `localhost`: the same computer, but not the same text.
    LoopbackName,
    /// Another host.
    Host,
    /// Another port, which counts everywhere but on `localhost`.
    Port,
    /// Only capital and small letters of the path differ, which count.
    Case,
    /// One has a slash at its end.
    TrailingSlash,
    /// One writes a character as an escape.
    Escape,
    /// Another query.
    Query,
    /// Another path.
    Path,
}

impl Mismatch {
    /// All kinds, for tests that prove that each has its words.
    pub const ALL: &[Self] = &[
        Self::NotAnAddress,
        Self::Invisible,
        Self::Lookalike,
        Self::Blank,
        Self::Scheme,
        Self::LoopbackName,
        Self::Host,
        Self::Port,
        Self::Case,
        Self::TrailingSlash,
        Self::Escape,
        Self::Query,
        Self::Path,
    ];

    /// Stable kebab-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAnAddress => "not-an-address",
            Self::Invisible => "invisible-character",
            Self::Lookalike => "lookalike-character",
            Self::Blank => "blank",
            Self::Scheme => "scheme",
            Self::LoopbackName => "loopback-name",
            Self::Host => "host",
            Self::Port => "port",
            Self::Case => "case",
            Self::TrailingSlash => "trailing-slash",
            Self::Escape => "escape",
            Self::Query => "query",
            Self::Path => "path",
        }
    }
}

/// Compares a redirect URI as the portal shows it with the one that is sent, as Entra does.
pub fn compare_redirects(registered: &str, sent: &str) -> Comparison {
    let difference = TextDiff::from_chars(registered, sent);
    let mut runs: Vec<Run> = Vec::new();
    let mut first = None;
    for (position, change) in difference.iter_all_changes().enumerate() {
        let side = match change.tag() {
            ChangeTag::Equal => Side::Both,
            ChangeTag::Delete => Side::Registered,
            ChangeTag::Insert => Side::Sent,
        };
        if side != Side::Both {
            first.get_or_insert(position);
        }
        match runs.last_mut() {
            Some(last) if last.side == side => last.text.push_str(change.value()),
            _ => runs.push(Run { side, text: change.value().to_owned() }),
        }
    }
    let odd: Vec<_> = odd(registered, Side::Registered).chain(odd(sent, Side::Sent)).collect();
    Comparison { kind: kind(registered, sent, &odd), first, runs, odd }
}

fn odd(text: &str, side: Side) -> impl Iterator<Item = OddCharacter> {
    let characters = text.chars().enumerate();
    characters
        .filter(|(_, character)| !character.is_ascii_graphic())
        .map(move |(at, character)| OddCharacter { side, at, character })
}

fn kind(registered: &str, sent: &str, odd: &[OddCharacter]) -> Option<Mismatch> {
    if registered == sent {
        return None;
    }
    let any = |test: fn(char) -> bool| odd.iter().any(|odd| test(odd.character));
    if any(is_invisible) {
        return Some(Mismatch::Invisible);
    }
    if any(|character| !character.is_ascii() && !character.is_whitespace()) {
        return Some(Mismatch::Lookalike);
    }
    if any(|_| true) {
        return Some(Mismatch::Blank);
    }
    let (Ok(ours), Ok(theirs)) = (Url::parse(sent), Url::parse(registered)) else {
        return Some(Mismatch::NotAnAddress);
    };
    if ours.scheme() != theirs.scheme() {
        return Some(Mismatch::Scheme);
    }
    if ours.host() != theirs.host() {
        let both = is_loopback(&ours) && is_loopback(&theirs);
        return Some(if both { Mismatch::LoopbackName } else { Mismatch::Host });
    }
    let local = ours.host_str() == Some("localhost");
    if !local && ours.port_or_known_default() != theirs.port_or_known_default() {
        return Some(Mismatch::Port);
    }
    // The parser would undo what counts here, so that paths are taken from the texts.
    let ((our_path, our_query), (their_path, their_query)) = (tail(sent), tail(registered));
    if our_path != their_path {
        let slash = |path: &str| path.trim_end_matches('/').to_owned();
        let decoded = |path: &str| percent_encoding::percent_decode_str(path).collect::<Vec<u8>>();
        return Some(if slash(our_path) == slash(their_path) {
            Mismatch::TrailingSlash
        } else if our_path.eq_ignore_ascii_case(their_path) {
            Mismatch::Case
        } else if decoded(our_path) == decoded(their_path) {
            Mismatch::Escape
        } else {
            Mismatch::Path
        });
    }
    (our_query != their_query).then_some(Mismatch::Query)
}

/// Path and query as they are written; no path is the same as `/`.
fn tail(text: &str) -> (&str, Option<&str>) {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let begins = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (path, query) = match rest[begins..].split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (&rest[begins..], None),
    };
    (if path.is_empty() { "/" } else { path }, query)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Characters that take no room: zero-width ones, marks of direction, the byte order mark, the soft hyphen.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
    ) || (character.is_control() && !character.is_whitespace())
}

impl RedirectUri {
    /// Whether Entra takes this one, as it is sent, for the registered one.
    pub fn is_taken_for(&self, registered: &str) -> bool {
        compare_redirects(registered, self.as_str()).kind.is_none()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REGISTERED: &str = "http://localhost/SiemMsspConnector";

    #[test]
    fn what_entra_takes_for_the_same_is_the_same() {
        for (registered, sent) in [
            (REGISTERED, REGISTERED),
            (REGISTERED, "http://localhost:50123/SiemMsspConnector"),
            ("http://localhost:8080/SiemMsspConnector", "http://localhost:50123/SiemMsspConnector"),
            ("http://LOCALHOST/x", "http://localhost:1/x"),
            ("http://localhost", "http://localhost:50123/"),
            ("https://SiemMsspConnector", "https://siemmsspconnector/"),
            ("https://contoso.example:443/x", "https://contoso.example/x"),
        ] {
            assert_eq!(compare_redirects(registered, sent).kind, None, "{registered} {sent}");
        }
    }

    #[test]
    fn every_kind_of_difference_is_named_with_its_first_character() {
        for (registered, sent, kind, first) in [
            (REGISTERED, "http://localhost/siemMsspConnector", Mismatch::Case, 17),
            (REGISTERED, "http://localhost/SiemMsspConnector/", Mismatch::TrailingSlash, 34),
            (REGISTERED, "https://localhost/SiemMsspConnector", Mismatch::Scheme, 4),
            (REGISTERED, "http://127.0.0.1/SiemMsspConnector", Mismatch::LoopbackName, 7),
            (REGISTERED, "http://localhost.example/SiemMsspConnector", Mismatch::Host, 16),
            (REGISTERED, "http://localhost/SiemMssqConnector", Mismatch::Path, 24),
            (REGISTERED, "http://localhost/SiemMssp%43onnector", Mismatch::Escape, 25),
            (REGISTERED, "http://localhost/SiemMsspConnector?x=1", Mismatch::Query, 34),
            ("http://localhost/SiemMssp\u{200b}Connector", REGISTERED, Mismatch::Invisible, 25),
            ("http://l\u{43e}calhost/SiemMsspConnector", REGISTERED, Mismatch::Lookalike, 8),
            ("http://localhost/SiemMsspConnector ", REGISTERED, Mismatch::Blank, 34),
            ("http://127.0.0.1:1/x", "http://127.0.0.1:2/x", Mismatch::Port, 17),
            ("localhost", REGISTERED, Mismatch::NotAnAddress, 0),
        ] {
            let comparison = compare_redirects(registered, sent);
            assert_eq!((comparison.kind, comparison.first), (Some(kind), Some(first)), "{registered} {sent}");
        }
    }

    #[test]
    fn a_character_that_deceives_the_eye_is_pointed_at() {
        let comparison = compare_redirects("http://l\u{43e}calhost/x", "http://localhost/x");
        let odd = OddCharacter { side: Side::Registered, at: 8, character: '\u{43e}' };
        assert_eq!(comparison.odd, [odd]);
    }

    proptest! {
        #[test]
        fn the_runs_are_both_texts(registered in ".{0,60}", sent in ".{0,60}") {
            let comparison = compare_redirects(&registered, &sent);
            let of = |side| {
                let runs = comparison.runs.iter().filter(|run| run.side == Side::Both || run.side == side);
                runs.map(|run| run.text.as_str()).collect::<String>()
            };
            prop_assert_eq!(of(Side::Registered), registered.clone());
            prop_assert_eq!(of(Side::Sent), sent.clone());
            prop_assert_eq!(comparison.first.is_none(), registered == sent);
        }

        #[test]
        fn any_port_of_localhost_is_taken(port in 1_u16..) {
            let sent = RedirectUri::parse(REGISTERED).unwrap().with_port(port);
            prop_assert!(sent.is_taken_for(REGISTERED));
        }
    }
}
