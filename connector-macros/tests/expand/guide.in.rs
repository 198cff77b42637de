#[connector]
impl Inverter {
    #[connect(state = "connected")]
    async fn open(&self) -> Result<Session> {
        Ok(Session)
    }

    #[receive(every = Duration::from_secs(self.poll_seconds))]
    async fn fetch(&self, session: &Session) -> Result<String> {
        session.ask("status?").await
    }

    #[parse]
    fn status(raw: &str) -> Result<Status> {
        Ok(Status { power: raw.parse()? })
    }

    /// Limits the power, in watts.
    #[send("limit", range = 0.0..=5000.0, keep_session)]
    async fn limit(&self, session: &Session, watts: f64) -> Result<()> {
        session.ask(&format!("limit={watts}")).await.map(drop)
    }

    #[send("{string}__on", each = &self.strings)]
    async fn switch(&self, session: &Session, string: &str, on: bool) -> Result<()> {
        session.ask(&format!("{string}={on}")).await.map(drop)
    }
}
