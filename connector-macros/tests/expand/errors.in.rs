#[connector]
impl Room {
    #[receive(evry = Duration::from_secs(1))]
    async fn fetch(&mut self) -> Result<String> {
        self.
    }

    #[send("setpoint", range = 30..=15)]
    async fn set(&self, value: f64) {}
}
