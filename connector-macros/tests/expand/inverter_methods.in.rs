#[connector]
impl Inverter {
    /// Fetches the status document.
    #[receive(every = Duration::from_secs(self.poll_seconds))]
    async fn fetch(&self) -> Result<String> {
        Ok(self.http.get(&self.url).send().await?.text().await?)
    }

    /// Reads the sensors out of it.
    #[parse]
    fn status(raw: &str) -> Result<Status> {
        Ok(serde_json::from_str(raw)?)
    }

    /// Limits the feed-in power, in watts.
    #[send("feed_in_limit", range = 0.0..=5000.0, example = 1000.0)]
    async fn limit_feed_in(&self, watts: f64) -> Result<()> {
        self.put("limit", watts).await
    }
}
