//! In place of TLS where the feature `tls` is off.

use std::io;

use tokio::net::TcpStream;

use super::{LinkError, Stream};
use crate::BusSettings;

/// There is none.
#[derive(Clone)]
pub(crate) enum Tls {}

impl Tls {
    pub(crate) fn of(settings: &BusSettings) -> Result<Option<Self>, String> {
        if settings.mqtt_tls {
            return Err(
                "MQTT_TLS is TRUE, but this connector was built without TLS: build it with \
                        the feature `tls` of connector-runtime"
                    .to_owned(),
            );
        }
        Ok(None)
    }

    #[allow(clippy::unused_async, reason = "as with TLS")]
    pub(super) async fn handshake(&self, _: TcpStream) -> Result<Box<dyn Stream>, LinkError> {
        match *self {}
    }
}

pub(super) fn explain(_: &io::Error) -> Option<String> {
    None
}
