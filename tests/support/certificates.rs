//! Certificates for TLS, made on the spot.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::folder::Folder;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key.
pub struct Files {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Its own certificate, as `ca.pem` in the folder.
    pub fn write(&self, folder: &Folder) -> PathBuf {
        folder.write("ca.pem", &self.pem)
    }

    /// Certifies a name for so many days and an hour; negative, it ended so long ago.
    pub fn certify(&self, folder: &Folder, name: &str, days: i32) -> Files {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, name);
        let (now, span) = (SystemTime::now(), DAY * days.unsigned_abs() + HOUR);
        params.not_before = (now - DAY * 100).into();
        params.not_after = if days < 0 { now - span } else { now + span }.into();
        let key = KeyPair::generate().expect("a key");
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate");
        let cert = folder.write(&format!("{name}.crt"), &cert.pem());
        Files { cert, key: folder.write(&format!("{name}.key"), &key.serialize_pem()) }
    }
}
