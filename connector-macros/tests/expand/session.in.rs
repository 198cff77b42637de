/// A session, and actuators of all kinds.
#[connector]
impl Gateway {
    #[connect(state = "online", timeout = Duration::from_secs(5))]
    async fn open(&self) -> io::Result<Session> {
        Session::open(&self.address).await
    }

    #[receive]
    async fn next(&self, session: &Session) -> Result<Vec<u8>> {
        session.next().await
    }

    #[receive(every = Self::RHYTHM, timeout = Duration::from_secs(9))]
    async fn poll(&self) -> Result<Vec<u8>> {
        self.ask().await
    }

    #[parse]
    fn parse(raw: &[u8]) -> Result<Readings> {
        decode(raw)
    }

    /// Sets the fan.
    #[send("fan", one_of = ["off", "slow", "fast"])]
    async fn fan(&self, session: &Session, speed: String) -> Result<()> {
        session.write("fan", speed).await
    }

    #[send("valve_1", "valve_2", range = 0..=100)]
    async fn valve(&self, session: &Session, key: &str, percent: u8) -> Result<()> {
        session.write(key, percent).await
    }

    #[send("{station}__curr", each = self.stations.keys(), range = 6000..=63000, one_of = [0])]
    async fn current(&self, session: &Session, station: &str, milliamps: u32, at: Timestamp) -> Result<()> {
        session.write(station, milliamps).await
    }

    #[send("{station}__reset", each = self.stations.keys())]
    async fn reset(&self, station: &str, yes: bool) -> Result<()> {
        self.reset(station, yes)
    }

    /// Writes a register.
    #[send(each = self.registers())]
    async fn register(&self, session: &Session, key: &str, value: Value) -> Result<()> {
        session.write(key, value).await
    }
}
