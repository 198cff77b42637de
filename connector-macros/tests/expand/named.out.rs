pub(crate) struct Gateway;
#[automatically_derived]
impl ::connector_runtime::ConnectorSettings for Gateway {
    const NAME: &'static str = "gateway";
    const VERSION: &'static str = ::core::env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = ::core::env!("CARGO_PKG_DESCRIPTION");
}
const _: () = {
    use ::connector_runtime::clap;
    #[allow(unused_imports)]
    use ::core::{
        clone::Clone as _, convert::From as _, option::Option::{self, None, Some},
    };
    #[allow(deprecated, nonstandard_style)]
    #[derive(clap::Args)]
    struct __GatewayArguments {}
    #[automatically_derived]
    impl clap::Args for Gateway {
        fn augment_args(command: clap::Command) -> clap::Command {
            <__GatewayArguments as clap::Args>::augment_args(command)
        }
        fn augment_args_for_update(command: clap::Command) -> clap::Command {
            <__GatewayArguments as clap::Args>::augment_args_for_update(command)
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl clap::FromArgMatches for Gateway {
        fn from_arg_matches(
            matches: &clap::ArgMatches,
        ) -> ::core::result::Result<Self, clap::Error> {
            let __GatewayArguments {} = <__GatewayArguments as clap::FromArgMatches>::from_arg_matches(
                matches,
            )?;
            ::core::result::Result::Ok(Self {})
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
