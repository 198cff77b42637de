use connector_runtime::prelude::*;

#[parse]
fn readings(raw: &str) -> Result<String> {
    Ok(raw.to_owned())
}

fn main() {}
