#[connector(name = "gateway")]
pub(crate) struct Gateway;
