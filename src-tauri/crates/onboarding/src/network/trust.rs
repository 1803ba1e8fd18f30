//! Trust: the operating system's verifier with added authorities, wrapped so that a refusal names the certificate's
//! issuer. It refuses whatever the wrapped verifier refuses and adds words to the refusal; it accepts nothing itself.

use std::fmt::{Debug, Display, Formatter};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
};
use x509_parser::prelude::{FromDer as _, X509Certificate, X509Name};

/// Longest name of an issuer that is shown, in characters.
const LONGEST: usize = 200;

/// The TLS configuration of all clients: version 1.2 at least, HTTP/2 where the host has it.
pub(super) fn config(extra: Vec<CertificateDer<'static>>) -> Result<ClientConfig, rustls::Error> {
    // The second and later calls find a provider installed: that is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Naming(verifier(&provider, extra)?);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn verifier(
    provider: &Arc<CryptoProvider>,
    extra: Vec<CertificateDer<'static>>,
) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
    if extra.is_empty() {
        return Ok(Arc::new(rustls_platform_verifier::Verifier::new(Arc::clone(provider))?));
    }
    let system =
        rustls_platform_verifier::Verifier::new_with_extra_roots(extra.clone(), Arc::clone(provider));
    if let Ok(verifier) = system {
        return Ok(Arc::new(verifier));
    }
    // Some systems (Wine among them) cannot take an authority besides their own; then only the added ones hold.
    let mut roots = RootCertStore::empty();
    for certificate in extra {
        roots.add(certificate)?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    Ok(verifier.map_err(|error| rustls::Error::General(error.to_string()))?)
}

/// The wrapped verifier.
#[derive(Debug)]
struct Naming(Arc<dyn ServerCertVerifier>);

impl ServerCertVerifier for Naming {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).map_err(
            |error| {
                let rustls::Error::InvalidCertificate(fault) = error else { return error };
                let named = Untrusted {
                    why: Why::of(&fault),
                    issuer: issuer_and_end(end_entity).map(|(issuer, _)| issuer),
                };
                rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(named))))
            },
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])+ $name:ident = $text:literal,)+) => {
        /// Why a certificate does not hold, as far as a person can act on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Why { $($(#[$doc])+ $name,)+ }

        impl Why {
            /// All of them, for the test that proves that each has its words.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name),+];

            /// Kebab-case, the key of its words.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The reason of that name.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

reasons! {
    /// Nobody trusted has issued it.
    UnknownIssuer = "certificate-issuer-unknown",
    /// Its time is over.
    Expired = "certificate-expired",
    /// Its time has not begun.
    NotYetValid = "certificate-not-yet-valid",
    /// It is for another host.
    WrongName = "certificate-for-another-host",
    /// Its issuer took it back.
    Revoked = "certificate-revoked",
    /// It breaks the rules otherwise.
    Malformed = "certificate-malformed",
}

impl Why {
    fn of(fault: &CertificateError) -> Self {
        if matches!(fault, CertificateError::UnknownIssuer) {
            Self::UnknownIssuer
        } else if matches!(fault, CertificateError::Expired | CertificateError::ExpiredContext { .. }) {
            Self::Expired
        } else if matches!(fault, CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. })
        {
            Self::NotYetValid
        } else if matches!(
            fault,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
        ) {
            Self::WrongName
        } else if matches!(fault, CertificateError::Revoked) {
            Self::Revoked
        } else {
            Self::Malformed
        }
    }
}

/// A certificate that was refused. Its text survives whatever carries it, and can be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Untrusted {
    /// Why.
    pub(crate) why: Why,
    /// Who issued it, by their own account.
    pub(crate) issuer: Option<String>,
}

impl std::error::Error for Untrusted {}

impl Display for Untrusted {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "the certificate was refused <{}>", self.why.as_str())?;
        match &self.issuer {
            Some(issuer) => write!(f, ", issued by <{issuer}>"),
            None => Ok(()),
        }
    }
}

impl Untrusted {
    /// Reads its own text again, wherever in another one it stands.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("the certificate was refused <")?;
        let (why, rest) = rest.split_once('>')?;
        let issuer = rest.strip_prefix(", issued by <").and_then(|rest| rest.split_once('>'));
        Some(Self { why: Why::named(why)?, issuer: issuer.map(|(issuer, _)| issuer.to_owned()) })
    }
}

/// The issuer of a certificate and the day of its end (RFC 3339), as it says itself.
pub(crate) fn issuer_and_end(certificate: &[u8]) -> Option<(String, String)> {
    let (_, read) = X509Certificate::from_der(certificate).ok()?;
    Some((name_of(read.issuer()), end_of(&read)))
}

/// The subject of a certificate and the day of its end (RFC 3339), as it says itself.
pub(crate) fn subject_of(certificate: &[u8]) -> Option<(String, String)> {
    let (_, read) = X509Certificate::from_der(certificate).ok()?;
    Some((name_of(read.subject()), end_of(&read)))
}

fn end_of(certificate: &X509Certificate<'_>) -> String {
    let end = certificate.validity().not_after.timestamp();
    jiff::Timestamp::from_second(end).map(|end| end.to_string()).unwrap_or_default()
}

/// Name and organization where there are any, else the whole name; one printable line.
fn name_of(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().next().and_then(|part| part.as_str().ok());
    let organization = name.iter_organization().next().and_then(|part| part.as_str().ok());
    let text = match (common, organization) {
        (Some(common), Some(organization)) if common != organization => format!("{common}, {organization}"),
        (Some(one), _) | (None, Some(one)) => one.to_owned(),
        (None, None) => name.to_string(),
    };
    // Whoever sits in between wrote this: nothing in it may turn a line round or end our own brackets.
    let printable = |letter: &char| {
        !letter.is_control()
            && !matches!(letter, '<' | '>' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(printable).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_again_wherever_it_stands() {
        for issuer in [Some("Contoso Proxy CA, Contoso".to_owned()), None] {
            for why in Why::ALL {
                let refusal = Untrusted { why: *why, issuer: issuer.clone() };
                let carried = format!("invalid peer certificate: other error: {refusal}; and more");
                assert_eq!(Untrusted::read(&carried), Some(refusal));
            }
        }
        assert_eq!(Untrusted::read("received fatal alert: HandshakeFailure"), None);
    }

    #[test]
    fn what_is_no_certificate_names_nobody() {
        assert_eq!(issuer_and_end(b"no certificate"), None);
    }
}
