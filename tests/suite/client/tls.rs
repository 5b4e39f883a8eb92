//! https with certificates and handshakes that are not as they should be: nothing is sent then, and so it may be tried again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use restorectl::baas::Client;
use restorectl::model::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig, SupportedProtocolVersion};

use super::{access, answer, api, json, request, site};

/// Whoever signs the certificates here.
pub struct Authority(pub CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A server with a certificate for a host, signed by this authority or by nobody.
    pub fn server(&self, host: &str, signed: bool, change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        change(&mut params);
        let certificate = match signed {
            true => params.signed_by(&key, &self.0).unwrap(),
            false => params.self_signed(&key).unwrap(),
        };
        with_certificate(rustls::DEFAULT_VERSIONS, certificate.der().clone(), &key)
    }
}

fn with_certificate(
    versions: &[&'static SupportedProtocolVersion],
    certificate: rustls::pki_types::CertificateDer<'static>,
    key: &KeyPair,
) -> ServerConfig {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_protocol_versions(versions).unwrap().with_no_client_auth();
    builder.with_single_cert(vec![certificate], key).unwrap()
}

/// What a server does with a connection.
pub enum Manner {
    /// Shakes hands, reads a request and answers it.
    Answers(ServerConfig, Vec<u8>),
    /// Shakes hands and goes away, after so many bytes of the request.
    Resets(ServerConfig, usize),
    /// Reads a little, says these bytes without any TLS, and goes away.
    Plain(&'static [u8]),
}

/// A server that nobody should talk to, with how many requests came through.
pub struct Guarded {
    pub url: String,
    pub requests: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl Guarded {
    pub async fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/data-protection/v2", listener.local_addr().unwrap());
        let (requests, connections) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (came, met, manner) = (Arc::clone(&requests), Arc::clone(&connections), Arc::new(manner));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                met.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, Arc::clone(&manner), Arc::clone(&came)));
            }
        });
        Self { url, requests, connections }
    }
}

async fn serve(mut stream: TcpStream, manner: Arc<Manner>, requests: Arc<AtomicUsize>) {
    let mut bytes = [0u8; 4096];
    match &*manner {
        Manner::Answers(config, text) => {
            let Ok(mut tls) = TlsAcceptor::from(Arc::new(config.clone())).accept(stream).await else { return };
            if tls.read(&mut bytes).await.is_ok_and(|count| count > 0) {
                requests.fetch_add(1, Ordering::SeqCst);
                let _ = tls.write_all(text).await;
                let _ = tls.shutdown().await;
            }
        }
        Manner::Resets(config, most) => {
            let Ok(mut tls) = TlsAcceptor::from(Arc::new(config.clone())).accept(stream).await else { return };
            if *most > 0 {
                let _ = tls.read(&mut bytes[..*most]).await;
                requests.fetch_add(1, Ordering::SeqCst);
            }
            tls.get_ref().0.set_zero_linger().unwrap();
        }
        Manner::Plain(text) => {
            let _ = stream.read(&mut bytes).await;
            let _ = stream.write_all(text).await;
            let _ = stream.shutdown().await;
            while stream.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
        }
    }
}

fn client(url: &str, authority: &Authority) -> Client {
    Client::new(&api(url), &access(), Some(authority.0.pem().as_bytes()), None).unwrap()
}

fn accepted() -> Vec<u8> {
    answer("202 Accepted", "x-resource-id: 91\r\n", "")
}

const OLD_HELLO: &[u8] = &[
    // A record of TLS 1.1 with a ServerHello of TLS 1.1: 32 bytes of its own, no session, AES128-SHA, no compression.
    0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
    23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0, 0x2f, 0,
];

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_fails_sends_nothing_and_may_be_tried_again() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let good = |text| Manner::Answers(text, accepted());
    let past = |params: &mut CertificateParams| params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    let ahead = |params: &mut CertificateParams| params.not_before = rcgen::date_time_ymd(2999, 1, 1);
    let table: Vec<(&str, Manner, &str)> = vec![
        ("signed by itself", good(ours.server("127.0.0.1", false, |_| {})), "certificate"),
        ("signed by somebody else", good(theirs.server("127.0.0.1", true, |_| {})), "certificate"),
        ("expired", good(ours.server("127.0.0.1", true, past)), "expired"),
        ("not yet valid", good(ours.server("127.0.0.1", true, ahead)), "not valid yet"),
        ("another host", good(ours.server("api.example.com", true, |_| {})), "not valid for name"),
        ("no TLS at all", Manner::Plain(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]"), "corrupt message"),
        ("ends at once", Manner::Plain(b""), "eof"),
        ("ends in the middle", Manner::Plain(&[0x16, 3, 3, 0, 80, 2, 0, 0, 76, 3, 3]), "eof"),
        ("an alert", Manner::Plain(&[0x15, 3, 3, 0, 2, 2, 70]), "ProtocolVersion"),
        ("an old hello", Manner::Plain(OLD_HELLO), "Tls12"),
    ];
    for (way, manner, said) in table {
        let server = Guarded::new(manner).await;
        let client = client(&server.url, &ours);
        let outcome = client.create(&request()).await;
        let CreateOutcome::Rejected { message, retry: true, .. } = &outcome else { panic!("{way}: {outcome:?}") };
        let lower = message.to_lowercase();
        assert!(
            message.contains("no connection: ") && message.contains("for https, the certificates"),
            "{way}: {message}"
        );
        assert!(lower.contains(&said.to_lowercase()), "{way} should say `{said}`: {message}");
        assert_eq!(server.connections.load(Ordering::SeqCst), 1, "{way}");
        assert_eq!(server.requests.load(Ordering::SeqCst), 0, "{way}: nothing may be sent to somebody unknown");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_after_the_handshake_proves_nothing() {
    let authority = Authority::new();
    for versions in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for bytes in [0, 1, 400] {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &authority.0).unwrap();
            let config = with_certificate(&[versions], certificate.der().clone(), &key);
            let server = Guarded::new(Manner::Resets(config, bytes)).await;
            let outcome = client(&server.url, &authority).create(&request()).await;
            // With nothing read, the end may have come before anything was sent.
            let unsent = bytes == 0 && matches!(&outcome, CreateOutcome::Rejected { retry: true, .. });
            assert!(matches!(outcome, CreateOutcome::Unknown { .. }) || unsent, "{bytes} bytes: {outcome:?}");
            assert_eq!(server.connections.load(Ordering::SeqCst), 1, "{bytes} bytes");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proper_certificate_is_taken_by_its_authority_alone() {
    let authority = Authority::new();
    let config = || authority.server("127.0.0.1", true, |_| {});
    let server = Guarded::new(Manner::Answers(config(), accepted())).await;
    let outcome = client(&server.url, &authority).create(&request()).await;
    assert_eq!(outcome, CreateOutcome::Applied { resource_id: Some(ResourceId::new("91")) });
    let server = Guarded::new(Manner::Answers(config(), json("[]"))).await;
    assert_eq!(client(&server.url, &authority).restores(&site()).await.unwrap(), vec![]);

    // The real binary: with the authority it gets as far as the answers go, without it nothing is sent.
    let rig = crate::rig::Rig::new().await;
    rig.write("authority.pem", &authority.0.pem());
    rig.through(&server.url, "  ca_file: ../../authority.pem\n");
    rig.run(&["diff", "plans/dr-weekly.yaml", "--env", "sim"]).await.code(0);
    let seen = server.requests.load(Ordering::SeqCst);
    let rig = crate::rig::Rig::new().await;
    rig.through(&server.url, "");
    let ran = rig.run(&["diff", "plans/rename-table.yaml", "--env", "sim"]).await;
    ran.code(1).says("certificate").says("for https, the certificates");
    assert_eq!(server.requests.load(Ordering::SeqCst), seen);
    for bad in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(Client::new(&api(&server.url), &access(), Some(bad.as_bytes()), None).is_err(), "{bad:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_binary_tells_nothing_to_whom_it_does_not_know() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let rig = crate::rig::Rig::new().await;
    let apply = ["apply", "plans/dr-weekly.yaml", "--env", "sim", "--auto-approve"];
    let server = Guarded::new(Manner::Answers(theirs.server("127.0.0.1", true, |_| {}), json("[]"))).await;
    let authority = rig.path("ours.pem");
    std::fs::write(&authority, ours.0.pem()).unwrap();
    rig.through(&server.url, &format!("  timeout: 1s\n  ca_file: {}\n", authority.display()));
    for command in [&["diff", "plans/dr-weekly.yaml", "--env", "sim"][..], &apply] {
        rig.run(command).await.code(1).says("certificate");
    }
    assert!(server.connections.load(Ordering::SeqCst) >= 2);
    assert_eq!(server.requests.load(Ordering::SeqCst), 0);
    assert_eq!(rig.runs().await, 0, "no run begins where no site can be read");
}
