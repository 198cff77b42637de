use connector_runtime::prelude::*;

#[connect]
async fn open() -> Result<String> {
    Ok(String::new())
}

fn main() {}
