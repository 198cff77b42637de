//! TLS to the broker: certificate files and the handshake.

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls_native_certs::load_native_certs;
use tokio_rustls::{
    TlsConnector,
    rustls::{
        CertificateError, ClientConfig, Error, RootCertStore,
        client::{WebPkiServerVerifier, danger::ServerCertVerifier},
        crypto::ring,
        pki_types::{
            CertificateDer, PrivateKeyDer, ServerName, UnixTime,
            pem::{self, PemObject},
        },
    },
};

use zeroize::Zeroizing;

use crate::{
    mqtt::{failure::LinkError, stream::Stream, tcp::PromptTcpStream, tls_failure},
    system::{file, thread},
};

/// How long before its expiry a certificate causes warnings.
const NOTICE: Duration = Duration::from_hours(30 * 24);

/// The maximum size in bytes of a file. The certificates of all authorities of a system take about 200 KiB.
const MAX_FILE: usize = 1 << 20;

/// TLS to one broker.
#[derive(Clone)]
pub(crate) struct Tls {
    host: ServerName<'static>,
    ca: Option<PathBuf>,
    /// The files of the connector's certificate and its key.
    client: Option<(PathBuf, PathBuf)>,
}

/// The content of the files.
struct Loaded {
    config: ClientConfig,
    verifier: Arc<WebPkiServerVerifier>,
    own: Vec<CertificateDer<'static>>,
}

impl Tls {
    /// Reads the files: `ca` holds the authorities to trust instead of the system's, and `client` the
    /// certificate of the connector and its key. Fails if a file or the host name is invalid.
    pub(crate) fn new(
        host: &str,
        ca: Option<&Path>,
        client: Option<(&Path, &Path)>,
    ) -> Result<Self, String> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            format!("MQTT_BROKER_HOST={host} is not a host name or address, as TLS requires it")
        })?;
        let client = client.map(|(cert, key)| (cert.to_owned(), key.to_owned()));
        let tls = Self { host: name, ca: ca.map(Path::to_owned), client };
        tls.load()?;
        Ok(tls)
    }

    /// Reads the files. They are read again for each connection, because certificates are renewed while a
    /// connector runs.
    fn load(&self) -> Result<Loaded, String> {
        let provider = Arc::new(ring::default_provider());
        let roots = Arc::new(self.roots()?);
        let verifier =
            WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
        let verifier = verifier.map_err(|error| format!("MQTT_CA_FILE: {error}"))?;
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| format!("MQTT_TLS: {error}"))?;
        let config = config.with_webpki_verifier(Arc::clone(&verifier));
        let Some((cert_file, key_file)) = &self.client else {
            return Ok(Loaded { config: config.with_no_client_auth(), verifier, own: Vec::new() });
        };
        let own = certificates("MQTT_CLIENT_CERT_FILE", cert_file)?;
        let key = read(key_file).and_then(|pem| PrivateKeyDer::from_pem_slice(&pem));
        let key = key.map_err(|error| {
            bad("MQTT_CLIENT_KEY_FILE", key_file, "private key without a passphrase", &error)
        })?;
        let config = config.with_client_auth_cert(own.clone(), key).map_err(|error| {
            let path = key_file.display();
            format!("MQTT_CLIENT_KEY_FILE={path} does not belong to MQTT_CLIENT_CERT_FILE: {error}")
        })?;
        Ok(Loaded { config, verifier, own })
    }

    /// The trusted authorities.
    fn roots(&self) -> Result<RootCertStore, String> {
        let mut roots = RootCertStore::empty();
        let Some(path) = &self.ca else {
            check_variables(|name| env::var_os(name))?;
            roots.add_parsable_certificates(load_native_certs().certs);
            let problem = "this system has no certificates of authorities (CA): set MQTT_CA_FILE, or \
                           install the package ca-certificates";
            return if roots.is_empty() { Err(problem.to_owned()) } else { Ok(roots) };
        };
        for certificate in certificates("MQTT_CA_FILE", path)? {
            let added = roots.add(certificate);
            added.map_err(|error| {
                let path = path.display();
                format!("MQTT_CA_FILE={path}: one of its certificates is not valid: {error}")
            })?;
        }
        Ok(roots)
    }

    /// Performs the TLS handshake on a TCP connection.
    pub(super) async fn handshake(
        &self,
        stream: PromptTcpStream,
    ) -> Result<Box<dyn Stream>, LinkError> {
        let tls = self.clone();
        let loaded = thread::blocking("certificates", move || tls.load()).await?;
        let Loaded { config, verifier, own } = loaded.map_err(LinkError::Tls)?;
        let connector = TlsConnector::from(Arc::new(config));
        let shaken = connector.connect(self.host.clone(), stream).into_fallible().await;
        let stream = shaken.map_err(|(error, stream)| {
            match tls_failure::explain_handshake(&error, stream.first) {
                Some(problem) => LinkError::Tls(problem.to_owned()),
                None => error.into(),
            }
        })?;
        let brokers = stream.get_ref().1.peer_certificates().unwrap_or_default();
        for (whose, chain) in [("the broker's", brokers), ("the connector's own", &own)] {
            if let Some(days) = self.days_left(&verifier, chain) {
                let s = if days == 1 { "" } else { "s" };
                tracing::warn!("{whose} TLS certificate expires in {days} day{s}: renew it");
            }
        }
        Ok(Box::new(stream))
    }

    /// Returns the number of days until a certificate expires, if it expires soon. A verifier checks the
    /// validity first, so this works for a certificate of any authority.
    fn days_left(
        &self,
        verifier: &WebPkiServerVerifier,
        chain: &[CertificateDer<'_>],
    ) -> Option<u64> {
        let (certificate, others) = chain.split_first()?;
        let now = UnixTime::now().as_secs();
        let soon = UnixTime::since_unix_epoch(Duration::from_secs(now) + NOTICE);
        let outcome = verifier.verify_server_cert(certificate, others, &self.host, &[], soon);
        match outcome {
            Err(Error::InvalidCertificate(CertificateError::ExpiredContext {
                not_after, ..
            })) => Some(not_after.as_secs().saturating_sub(now) / 86_400),
            _ => None,
        }
    }
}

/// Checks the variables with the system's authorities, because reading a named pipe would wait for its writer.
fn check_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<(), String> {
    let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    if let Some(path) = variable("SSL_CERT_FILE").map(PathBuf::from)
        && let Err(error) = file::check_regular(&path)
        && !is_missing(&error)
    {
        return Err(format!("SSL_CERT_FILE={} cannot be read: {error}", path.display()));
    }
    let folders = variable("SSL_CERT_DIR").unwrap_or_default();
    let is_other = |path: &PathBuf| path.metadata().is_ok_and(|file| !file.is_dir());
    match env::split_paths(&folders).find(is_other) {
        Some(path) => Err(format!("SSL_CERT_DIR={} is not a directory", path.display())),
        None => Ok(()),
    }
}

fn certificates(variable: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = read(path).and_then(|pem| CertificateDer::pem_slice_iter(&pem).collect());
    let read: Result<Vec<_>, _> = read;
    match read {
        Ok(certificates) if certificates.is_empty() => {
            Err(bad(variable, path, "certificate", &pem::Error::NoItemsFound))
        }
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(bad(variable, path, "certificate", &error)),
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, pem::Error> {
    file::read(path, MAX_FILE).map(Zeroizing::new).map_err(pem::Error::Io)
}

fn bad(variable: &str, path: &Path, what: &str, error: &pem::Error) -> String {
    let path = path.display();
    match error {
        pem::Error::Io(error) => format!("{variable}={path} cannot be read: {error}"),
        pem::Error::NoItemsFound => format!("{variable}={path} contains no {what} in PEM format"),
        error => format!("{variable}={path} is not a valid PEM file: {error}"),
    }
}
