//! Why Entra does not take the redirect URI: what the portal shows beside what is sent, character by character.

use entra::{RedirectUri, Side};

use crate::contract::{OddCharacter, Problem, RedirectComparison, RedirectQuery, RedirectRun, RedirectSide};
use crate::registration::REDIRECT_URI;
use crate::{Engine, problems};

impl Engine {
    /// Compares the redirect URI that the portal shows with the customer's, as Entra does. Asks nobody.
    ///
    /// # Errors
    ///
    /// `customer-unknown`.
    pub async fn compare_redirect(&self, request: RedirectQuery) -> Result<RedirectComparison, Problem> {
        let customer = self.find(&request.customer).await?;
        let sent = customer.redirect_uri.unwrap_or_else(|| REDIRECT_URI.to_owned());
        Ok(compare(request.registered, sent))
    }
}

fn compare(registered: String, sent: String) -> RedirectComparison {
    let entra::Comparison { kind, first, runs, odd } = entra::compare_redirects(&registered, &sent);
    let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    RedirectComparison {
        difference: kind.map(|kind| kind.as_str().to_owned()),
        refused: RedirectUri::parse(&registered).err().map(problems::redirect_reason),
        first: first.map(position),
        runs: runs.into_iter().map(|run| RedirectRun { side: side(run.side), text: run.text }).collect(),
        odd: odd
            .into_iter()
            .map(|odd| OddCharacter {
                side: side(odd.side),
                at: position(odd.at),
                code: format!("U+{:04X}", u32::from(odd.character)),
            })
            .collect(),
        registered,
        sent,
    }
}

const fn side(side: Side) -> RedirectSide {
    match side {
        Side::Both => RedirectSide::Both,
        Side::Registered => RedirectSide::Registered,
        Side::Sent => RedirectSide::Sent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_character_is_pointed_at_by_its_number() {
        let compared =
            compare("http://localhost/Siem\u{200b}MsspConnector".to_owned(), REDIRECT_URI.to_owned());
        assert_eq!(compared.difference.as_deref(), Some("invisible-character"));
        assert_eq!(compared.first, Some(21));
        assert_eq!(compared.odd[0].code, "U+200B");
        assert_eq!(compared.refused.as_deref(), Some("redirect-non-ascii"));
    }

    #[test]
    fn the_same_with_another_port_is_the_same() {
        let compared = compare("http://localhost:8080/SiemMsspConnector".to_owned(), REDIRECT_URI.to_owned());
        assert_eq!((compared.difference, compared.refused), (None, None));
    }
}
