use connector_runtime::prelude::*;

#[send("setpoint")]
async fn set(celsius: f64) -> Result<()> {
    let _ = celsius;
    Ok(())
}

fn main() {}
