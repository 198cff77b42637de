//! Secrets, such as passwords.

use std::fmt;

use zeroize::Zeroizing;

/// A secret, such as a password. It is never printed, and wiped from memory when it is dropped.
///
/// ```
/// use connector_runtime::prelude::*;
///
/// /// Connects a device with a login.
/// #[connector]
/// struct Device {
///     /// Password of the device.
///     #[arg(long, env = "DEVICE_PASSWORD")]
///     password: Secret,
/// }
///
/// let device = Device { password: "hunter2".into() };
/// assert_eq!(device.password.expose(), "hunter2");
/// assert_eq!(format!("{:?}", device.password), "***");
/// ```
///
/// As a setting of [`main`](crate::main()), a secret is read from its variable, here `DEVICE_PASSWORD`,
/// or from the file whose path is in `DEVICE_PASSWORD_FILE`. It is rejected on the command line, which
/// every user of the machine can see.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Returns the secret in plain text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
