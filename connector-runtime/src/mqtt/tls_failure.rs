//! What to do where TLS with the broker fails.

use std::io;

use tokio_rustls::rustls::{AlertDescription as Alert, CertificateError, Error};

pub(super) const NO_TLS: &str = "the broker does not answer in TLS: set MQTT_BROKER_PORT to the port where it \
                      does, usually 8883, or MQTT_TLS to FALSE";

/// What to do about an error of TLS, if it is one.
pub(super) fn explain(error: &io::Error) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidCertificate(problem) => explain_certificate(problem),
        Error::InvalidMessage(_) => NO_TLS.to_owned(),
        Error::AlertReceived(Alert::CertificateRequired | Alert::HandshakeFailure) => {
            format!(
                "the broker refuses the TLS connection ({error}): does it ask for a certificate of \
                 the connector (MQTT_CLIENT_CERT_FILE and MQTT_CLIENT_KEY_FILE)?"
            )
        }
        Error::AlertReceived(Alert::ProtocolVersion) | Error::PeerIncompatible(_) => {
            format!("the broker does not speak TLS 1.2 or later as needed: {error}")
        }
        Error::AlertReceived(_) => format!(
            "the broker refuses the TLS connection ({error}): is the certificate of the connector \
             (MQTT_CLIENT_CERT_FILE) right?"
        ),
        error => format!("TLS with the broker fails: {error}"),
    })
}

fn explain_certificate(problem: &CertificateError) -> String {
    use CertificateError as E;
    match problem {
        E::UnknownIssuer | E::BadSignature => {
            "the broker's certificate comes from an authority that is not trusted: \
                             set MQTT_CA_FILE to the certificate of that authority (CA)"
                .to_owned()
        }
        E::NotValidForName => not_for_this_name("others"),
        E::NotValidForNameContext { presented, .. } => not_for_this_name(&presented.join(", ")),
        E::Expired | E::ExpiredContext { .. } => {
            "the broker's certificate has expired: renew it, or check this machine's clock"
                .to_owned()
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "the broker's certificate is not valid yet: check this machine's clock".to_owned()
        }
        problem => format!("the broker's certificate is not accepted: {problem}"),
    }
}

fn not_for_this_name(names: &str) -> String {
    format!(
        "the broker's certificate is not for the name in MQTT_BROKER_HOST, but for {names}: set that \
         name, or give the broker another certificate"
    )
}
