//! Explanations of TLS failures, with advice for the user.

use std::io;

use tokio_rustls::rustls::{AlertDescription as Alert, CertificateError, Error};

pub(super) const NO_TLS: &str = "the broker does not use TLS on this port: set MQTT_BROKER_PORT to its \
                                 port for TLS, usually 8883, or MQTT_TLS to FALSE";

/// Explains an error, if it is one of TLS.
pub(super) fn explain(error: &io::Error) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(match error {
        Error::InvalidCertificate(problem) => explain_certificate(problem),
        Error::InvalidMessage(_) => NO_TLS.to_owned(),
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
        E::NotValidForNameContext { presented, .. } => not_for_this_name(&presented.join(", ")),
        E::Expired | E::ExpiredContext { .. } => {
            "the broker's certificate has expired: renew it, or check this machine's clock"
                .to_owned()
        }
        E::NotValidYet | E::NotValidYetContext { .. } => {
            "the broker's certificate is not valid yet: check this machine's clock".to_owned()
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
