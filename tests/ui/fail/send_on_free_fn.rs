use connector_runtime::prelude::*;

#[send("setpoint")]
async fn set(celsius: f64) -> Result<()> {
    Ok(drop(celsius))
}

fn main() {}
