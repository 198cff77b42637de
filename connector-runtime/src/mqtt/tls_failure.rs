//! Explanations of TLS failures, with advice for the user.

use std::io;

use tokio_rustls::rustls::{AlertDescription as Alert, CertificateError, Error};

const NO_TLS: &str = "the broker does not use TLS on this port: set MQTT_BROKER_PORT to its port for TLS, usually 8883 \
                      (MQTT_TLS=FALSE would send everything unencrypted)";

const CLOSED: &str = "the broker closed the connection at the beginning of TLS: it probably does not use TLS on this \
                      port: set MQTT_BROKER_PORT to its port for TLS, usually 8883";

/// The types of the records with which a broker can begin TLS: an alert or a handshake (RFC 8446, section 5.1).
const FIRST: [u8; 2] = [21, 22];

/// The maximum number of names of a certificate in an error, and of characters of each.
const NAMES: usize = 3;
const NAME: usize = 100;

/// Explains a failed handshake in which the broker's first byte was `first`, if it shows that this is not TLS.
pub(super) fn explain_handshake(error: &io::Error, first: Option<u8>) -> Option<&'static str> {
    use io::ErrorKind::{ConnectionReset, UnexpectedEof};
    match first {
        Some(first) if !FIRST.contains(&first) => Some(NO_TLS),
        None if matches!(error.kind(), ConnectionReset | UnexpectedEof) => Some(CLOSED),
        _ => None,
    }
}

/// Explains an error, if it is one of TLS.
pub(super) fn explain(error: &io::Error) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidCertificate(problem) => explain_certificate(problem),
        Error::AlertReceived(Alert::CertificateRequired | Alert::HandshakeFailure) => {
            format!(
                "the broker refuses the TLS connection ({error}): does it require a certificate of \
                 the connector (MQTT_CLIENT_CERT_FILE and MQTT_CLIENT_KEY_FILE)?"
            )
        }
        Error::AlertReceived(Alert::ProtocolVersion) | Error::PeerIncompatible(_) => {
            format!("the broker does not support TLS 1.2 or later, which is required: {error}")
        }
        Error::AlertReceived(_) => format!(
            "the broker refuses the TLS connection ({error}): check the certificate of the connector \
             (MQTT_CLIENT_CERT_FILE)"
        ),
        error => format!("TLS to the broker failed: {error}"),
    })
}

fn explain_certificate(problem: &CertificateError) -> String {
    use CertificateError as E;
    match problem {
        E::UnknownIssuer | E::BadSignature => {
            "the broker's certificate is signed by an authority that is not trusted: \
             set MQTT_CA_FILE to the certificate of that authority (CA)"
                .to_owned()
        }
        E::NotValidForName => not_for_this_name("other names"),
        E::NotValidForNameContext { presented, .. } => not_for_this_name(&names(presented)),
        E::Expired | E::ExpiredContext { .. } => {
            "the broker's certificate has expired: renew it, or check this machine's clock"
                .to_owned()
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "the broker's certificate is not valid yet: check this machine's clock".to_owned()
        }
        // The library for certificates is not named, and its error is printed like this.
        E::Other(other) if other.to_string() == "CaUsedAsEndEntity" => {
            "the broker's certificate is that of an authority (CA), as `openssl req -x509` creates it: \
             issue a certificate for the broker with it (CA:FALSE), and install that on the broker"
                .to_owned()
        }
        problem => format!("the broker's certificate is invalid: {problem}"),
    }
}

fn not_for_this_name(names: &str) -> String {
    format!(
        "the broker's certificate is not valid for MQTT_BROKER_HOST, but for {names}: set this name, \
         or install another certificate on the broker"
    )
}

/// Lists the first names of a certificate, which have the form `DnsName("localhost")`.
fn names(presented: &[String]) -> String {
    let plain = |name: &String| {
        let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        inner.unwrap_or(name).trim_matches('"').chars().take(NAME).collect()
    };
    let names: Vec<String> = presented.iter().take(NAMES).map(plain).collect();
    let names = names.join(", ");
    match presented.len().saturating_sub(NAMES) {
        0 => names,
        others => format!("{names} and {others} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_broker_without_tls_is_reported_as_such() {
        let error = |kind: io::ErrorKind| io::Error::from(kind);
        let invalid = error(io::ErrorKind::InvalidData);
        assert_eq!(explain_handshake(&invalid, Some(b'H')), Some(NO_TLS));
        assert_eq!(explain_handshake(&invalid, Some(22)), None);
        let closed = error(io::ErrorKind::UnexpectedEof);
        assert_eq!(explain_handshake(&closed, None), Some(CLOSED));
        assert_eq!(explain_handshake(&closed, Some(21)), None);
    }

    #[test]
    fn a_certificate_with_many_names_is_described_by_a_few() {
        let presented = |count: usize| -> Vec<_> {
            (0..count).map(|name| format!("DnsName(\"{name}.org\")")).collect()
        };
        assert_eq!(names(&presented(2)), "0.org, 1.org");
        assert_eq!(names(&presented(1400)), "0.org, 1.org, 2.org and 1397 more");
        assert_eq!(names(&["IpAddress(127.0.0.1)".to_owned()]), "127.0.0.1");
    }
}
