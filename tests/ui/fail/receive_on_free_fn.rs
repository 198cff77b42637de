use connector_runtime::prelude::*;

#[receive]
async fn fetch() -> Result<String> {
    Ok(String::new())
}

fn main() {}
