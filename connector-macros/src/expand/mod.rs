//! From the model to code; decides nothing.

mod connector;
pub(crate) mod crate_path;
mod datapoints;
pub(crate) mod fallback;
mod range;
mod settings;
mod span;

pub(crate) use self::{
    connector::connector,
    datapoints::{datapoints, undescribed},
    settings::settings,
};
