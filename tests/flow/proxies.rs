//! Proxies as networks at work have them: one that wants a sign-in, and one that opens TLS and closes it again with a
//! certificate of its own. Both lead every name to this computer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// The name of the intercepting proxy's authority.
pub(crate) const AUTHORITY: &str = "Fabrikam Inspection CA";

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) address: String,
    seen: Arc<Seen>,
}

/// What a proxy has seen.
#[derive(Default)]
struct Seen {
    tunnels: AtomicUsize,
    refused: AtomicUsize,
    hosts: Mutex<Vec<String>>,
}

/// What is done with the bytes of a tunnel.
#[derive(Clone)]
enum Inside {
    Nothing,
    Opened { outwards: TlsConnector, inwards: TlsAcceptor },
}

impl Proxy {
    /// One that leads through whoever signs in, or everybody.
    pub(crate) async fn start(sign_in: Option<(&str, &str)>) -> Self {
        Self::listen(sign_in, Inside::Nothing).await
    }

    /// One that opens TLS. The second value is its authority's certificate, PEM. Towards the hosts it trusts `upstream`.
    pub(crate) async fn intercepting(upstream: &std::path::Path) -> (Self, String) {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        authority.distinguished_name.push(DnType::CommonName, AUTHORITY);
        authority.distinguished_name.push(DnType::OrganizationName, "Fabrikam");
        let pem = authority.self_signed(&authority_key).unwrap().pem();

        let key = KeyPair::generate().unwrap();
        let mut leaf = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        let leaf = leaf.signed_by(&key, &Issuer::from_params(&authority, &authority_key)).unwrap();
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let inwards = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], private)
            .unwrap();

        let mut roots = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(upstream).unwrap() {
            roots.add(certificate.unwrap()).unwrap();
        }
        let outwards = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let inside = Inside::Opened {
            outwards: TlsConnector::from(Arc::new(outwards)),
            inwards: TlsAcceptor::from(Arc::new(inwards)),
        };
        (Self::listen(None, inside).await, pem)
    }

    async fn listen(sign_in: Option<(&str, &str)>, inside: Inside) -> Self {
        let expected = sign_in.map(|(user, password)| {
            let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            format!("Basic {pair}")
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Seen::default());
        let ours = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, expected, inside) = (Arc::clone(&ours), expected.clone(), inside.clone());
                tokio::spawn(async move {
                    // A tunnel that breaks is the concern of its two ends.
                    let _ = serve(stream, &seen, expected.as_deref(), inside).await;
                });
            }
        });
        Self { address, seen }
    }

    /// How many tunnels were opened.
    pub(crate) fn tunnels(&self) -> usize {
        self.seen.tunnels.load(Ordering::SeqCst)
    }

    /// How many requests were answered with 407.
    pub(crate) fn refused(&self) -> usize {
        self.seen.refused.load(Ordering::SeqCst)
    }

    /// The hosts that were asked for.
    pub(crate) fn hosts(&self) -> Vec<String> {
        self.seen.hosts.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    seen: &Seen,
    expected: Option<&str>,
    inside: Inside,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > 16 * 1024 {
            return Ok(());
        }
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.split("\r\n");
    let mut request = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (request.next().unwrap_or_default(), request.next().unwrap_or_default());
    seen.hosts.lock().unwrap().push(target.to_owned());
    if method != "CONNECT" {
        return stream.write_all(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n").await;
    }
    let given = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.trim().to_owned())
    });
    if expected.is_some() && given.as_deref() != expected {
        seen.refused.fetch_add(1, Ordering::SeqCst);
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"work\"\r\n\
                       content-length: 0\r\nconnection: close\r\n\r\n";
        return stream.write_all(refusal.as_bytes()).await;
    }
    let port = target.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()).unwrap_or_default();
    let Ok(mut beyond) = TcpStream::connect(("127.0.0.1", port)).await else {
        return stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    };
    seen.tunnels.fetch_add(1, Ordering::SeqCst);
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    match inside {
        Inside::Nothing => {
            tokio::io::copy_bidirectional(&mut stream, &mut beyond).await?;
        }
        Inside::Opened { outwards, inwards } => {
            let mut near = inwards.accept(stream).await?;
            let name = ServerName::try_from("localhost").unwrap();
            let mut far = outwards.connect(name, beyond).await?;
            tokio::io::copy_bidirectional(&mut near, &mut far).await?;
        }
    }
    Ok(())
}
