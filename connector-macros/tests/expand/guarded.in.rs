/// Actuators that move real things.
#[connector]
impl Boiler {
    #[receive]
    async fn fetch(&self) -> Result<String> {
        self.read().await
    }

    #[parse]
    fn status(raw: &str) -> Result<f64> {
        Ok(raw.parse()?)
    }

    #[send("power", unit = "W", range = 0..=3000, max_age = MINUTE, monotonic, failsafe = 0, after = self.patience)]
    async fn heat(&self, watts: u16) -> Result<()> {
        self.write(watts).await
    }

    #[send("{pump}__on", each = &self.pumps, queue = latest, min_interval = MINUTE * 3, retained = accept)]
    async fn pump(&self, pump: &str, on: bool) -> Result<()> {
        self.switch(pump, on).await
    }
}
