/// Two sources, sync methods, optional messages, timestamps, and what is not ours.
#[connector]
impl device::Meter {
    const RETRIES: usize = { 3 };

    #[receive]
    async fn telegram(&self) -> io::Result<Option<Vec<u8>>> {
        self.port.lock().await.read()
    }

    #[receive(every = Self::RHYTHM)]
    fn r#loop(&self) -> Result<Vec<u8>, MeterError> {
        self.dump()
    }

    #[connector_runtime::parse]
    pub fn parse(&self, raw: &[u8]) -> Result<Option<Timestamped<Readings>>> {
        self.decode(raw)
    }

    #[send("relay")]
    fn switch(&self, on: bool) -> Result<()> {
        self.write(on)
    }

    /// Sets the tariff.
    #[must_use]
    #[::connector_runtime::send("tariff", example = "night")]
    async fn tariff(&self, tariff: Tariff, at: SystemTime) -> anyhow::Result<()> {
        self.set(tariff, at).await
    }

    fn dump(&self) -> Result<Vec<u8>, MeterError> {
        #[receive]
        fn inner() {}
        todo!()
    }
}
