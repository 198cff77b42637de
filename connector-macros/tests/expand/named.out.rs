#[derive(::connector_runtime::clap::Args)]
pub(crate) struct Gateway;
#[automatically_derived]
impl ::connector_runtime::Settings for Gateway {
    const NAME: &'static str = "gateway";
    const VERSION: &'static str = ::core::env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = ::core::env!("CARGO_PKG_DESCRIPTION");
}
