//! The envelope of every answer of the Solar API: a head with the status of the request, and a body.

use connector_runtime::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The names of the status codes; one that is not listed is an `UnknownError`.
const NAMES: [&str; 13] = [
    "OKAY",
    "NotImplemented",
    "Uninitialized",
    "Initialized",
    "Running",
    "Timeout",
    "ArgumentError",
    "LNRequestError",
    "LNRequestTimeout",
    "LNParseError",
    "ConfigIOError",
    "NotSupported",
    "DeviceNotAvailable",
];

/// Returns the data of a document, or the error that the device reports.
pub(crate) fn data<T: DeserializeOwned>(json: &str) -> Result<T> {
    let mut document: Value = serde_json::from_str(json).context("the answer is not JSON")?;
    let status = &document["Head"]["Status"];
    let code = status["Code"].as_u64().context("the answer has no status of the Solar API")?;
    let name = usize::try_from(code).ok().and_then(|code| NAMES.get(code).copied());
    let said = |key: &str| status[key].as_str().filter(|words| !words.is_empty());
    let words = [name.or(Some("UnknownError")), said("Reason"), said("UserMessage")];
    let words: Vec<_> = words.into_iter().flatten().collect();
    ensure!(code == 0, "the device reports status {code}: {}", words.join(": "));
    let data = document.pointer_mut("/Body/Data").context("the answer has no data")?.take();
    serde_json::from_value(data).context("the data are not as expected")
}
