//! Replaces TLS if the feature `tls` is disabled.

use std::path::Path;

use crate::mqtt::{failure::LinkError, stream::Stream, tcp::PromptTcpStream};

/// Has no value: without the feature there is no TLS connection.
#[derive(Clone)]
pub(crate) enum Tls {}

impl Tls {
    pub(crate) fn new(
        _host: &str,
        _ca: Option<&Path>,
        _client: Option<(&Path, &Path)>,
    ) -> Result<Self, String> {
        Err("MQTT_TLS is TRUE, but this connector was built without TLS: enable the feature `tls` \
             of connector-runtime"
            .to_owned())
    }

    #[allow(clippy::unused_async, reason = "as with TLS")]
    pub(super) async fn handshake(&self, _: PromptTcpStream) -> Result<Box<dyn Stream>, LinkError> {
        match *self {}
    }
}
