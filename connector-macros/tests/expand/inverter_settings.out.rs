/// A solar inverter
/// with a JSON API.
///
/// Tested with firmware 2.1.
struct Inverter {
    /// Base URL of the device.
    url: String,
    /// Seconds between two polls.
    poll_seconds: u64,
    http: reqwest::Client,
}
#[automatically_derived]
impl ::connector_runtime::ConnectorSettings for Inverter {
    const NAME: &'static str = ::core::env!("CARGO_PKG_NAME");
    const VERSION: &'static str = ::core::env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = "A solar inverter with a JSON API.";
}
const _: () = {
    use ::connector_runtime::clap;
    #[allow(unused_imports)]
    use ::core::{
        clone::Clone as _, convert::From as _, option::Option::{self, None, Some},
    };
    #[allow(deprecated, nonstandard_style)]
    #[derive(clap::Args)]
    /// A solar inverter
    /// with a JSON API.
    ///
    /// Tested with firmware 2.1.
    struct __InverterArguments {
        /// Base URL of the device.
        #[arg(long, env = "DEVICE_URL")]
        url: String,
        /// Seconds between two polls.
        #[arg(long, env = "POLL_SECONDS", default_value_t = 10)]
        poll_seconds: u64,
        #[arg(skip)]
        http: reqwest::Client,
    }
    #[automatically_derived]
    impl clap::Args for Inverter {
        fn augment_args(command: clap::Command) -> clap::Command {
            <__InverterArguments as clap::Args>::augment_args(command)
        }
        fn augment_args_for_update(command: clap::Command) -> clap::Command {
            <__InverterArguments as clap::Args>::augment_args_for_update(command)
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl clap::FromArgMatches for Inverter {
        fn from_arg_matches(
            matches: &clap::ArgMatches,
        ) -> ::core::result::Result<Self, clap::Error> {
            let __InverterArguments { url, poll_seconds, http } = <__InverterArguments as clap::FromArgMatches>::from_arg_matches(
                matches,
            )?;
            ::core::result::Result::Ok(Self { url, poll_seconds, http })
        }
        fn update_from_arg_matches(
            &mut self,
            matches: &clap::ArgMatches,
        ) -> ::core::result::Result<(), clap::Error> {
            *self = Self::from_arg_matches(matches)?;
            ::core::result::Result::Ok(())
        }
    }
};
