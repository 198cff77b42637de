struct Room(String);
::core::compile_error! {
    "the fields of a connector become flags, so they need names: write `{ #[arg(long, env = \"DEVICE_URL\")] url: String }`"
}
::core::compile_error! {
    "unknown option `nane`: did you mean `name`?"
}
#[automatically_derived]
impl ::connector_runtime::ConnectorSettings for Room {
    const NAME: &'static str = "";
    const VERSION: &'static str = "";
    const ABOUT: &'static str = "";
}
#[automatically_derived]
impl ::connector_runtime::clap::Args for Room {
    fn augment_args(
        command: ::connector_runtime::clap::Command,
    ) -> ::connector_runtime::clap::Command {
        command
    }
    fn augment_args_for_update(
        command: ::connector_runtime::clap::Command,
    ) -> ::connector_runtime::clap::Command {
        command
    }
}
#[automatically_derived]
impl ::connector_runtime::clap::FromArgMatches for Room {
    fn from_arg_matches(
        _: &::connector_runtime::clap::ArgMatches,
    ) -> ::core::result::Result<Self, ::connector_runtime::clap::Error> {
        ::core::unreachable!()
    }
    fn update_from_arg_matches(
        &mut self,
        _: &::connector_runtime::clap::ArgMatches,
    ) -> ::core::result::Result<(), ::connector_runtime::clap::Error> {
        ::core::unreachable!()
    }
}
