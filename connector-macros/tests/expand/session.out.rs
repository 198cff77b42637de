#[allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::unused_self
)]
/// A session, and actuators of all kinds.
impl Gateway {
    async fn open(&self) -> io::Result<Session> {
        Session::open(&self.address).await
    }
    async fn next(&self, session: &Session) -> Result<Vec<u8>> {
        session.next().await
    }
    async fn poll(&self) -> Result<Vec<u8>> {
        self.ask().await
    }
    fn parse(raw: &[u8]) -> Result<Readings> {
        decode(raw)
    }
    /// Sets the fan.
    async fn fan(&self, session: &Session, speed: String) -> Result<()> {
        session.write("fan", speed).await
    }
    async fn valve(&self, session: &Session, key: &str, percent: u8) -> Result<()> {
        session.write(key, percent).await
    }
    async fn current(
        &self,
        session: &Session,
        station: &str,
        milliamps: u32,
        at: Timestamp,
    ) -> Result<()> {
        session.write(station, milliamps).await
    }
    async fn reset(&self, station: &str, yes: bool) -> Result<()> {
        self.reset(station, yes)
    }
    /// Writes a register.
    async fn register(&self, session: &Session, key: &str, value: Value) -> Result<()> {
        session.write(key, value).await
    }
}
#[automatically_derived]
impl ::connector_runtime::Connector for Gateway {
    type Session = Session;
    type Raw = Vec<u8>;
    type Readings = Readings;
    fn sources(&self) -> ::std::vec::Vec<::connector_runtime::Source> {
        ::std::convert::From::from([
            ::connector_runtime::Source::push("next"),
            ::connector_runtime::Source::poll("poll", Self::RHYTHM)
                .timeout(Duration::from_secs(9)),
        ])
    }
    fn sensors(&self) -> ::std::vec::Vec<::connector_runtime::Sensor> {
        ::connector_runtime::__private::Readings::<Self::Readings>::NEW.sensors()
    }
    fn flatten(
        &self,
        readings: &Self::Readings,
        to: &mut ::connector_runtime::readings::FlatReadings,
    ) -> ::connector_runtime::Result<()> {
        ::connector_runtime::__private::Readings::<Self::Readings>::NEW
            .flatten(readings, to)
    }
    fn state_sensor(&self) -> ::core::option::Option<&str> {
        ::core::option::Option::Some("online")
    }
    fn connect_timeout(&self) -> ::core::time::Duration {
        Duration::from_secs(5)
    }
    async fn connect(&self) -> ::connector_runtime::Result<Self::Session> {
        ::connector_runtime::__private::opened(self.open().await)
    }
    async fn receive(
        &self,
        session: &Self::Session,
        source: usize,
    ) -> ::connector_runtime::Result<::core::option::Option<Self::Raw>> {
        match source {
            0 => ::connector_runtime::__private::message(self.next(session).await),
            _ => ::connector_runtime::__private::message(self.poll().await),
        }
    }
    fn parse(
        &self,
        raw: &Self::Raw,
    ) -> ::connector_runtime::Result<::core::option::Option<Self::Readings>> {
        ::connector_runtime::__private::message(Self::parse(raw))
    }
    fn actuators(&self) -> ::std::vec::Vec<::connector_runtime::Actuator> {
        ::connector_runtime::__private::Actuators::new()
            .one(
                ::connector_runtime::Actuator::new("fan")
                    .takes::<String>()
                    .description("Sets the fan.")
                    .one_of(["off", "slow", "fast"]),
            )
            .each(
                ["valve_1", "valve_2"],
                |actuator| actuator.takes::<u8>().range::<u8>(0..=100),
            )
            .family(
                "",
                self.stations.keys(),
                "__curr",
                |actuator| {
                    actuator.takes::<u32>().range::<u32>(6000..=63000).one_of::<u32>([0])
                },
            )
            .family(
                "",
                self.stations.keys(),
                "__reset",
                |actuator| actuator.takes::<bool>(),
            )
            .others(
                self.registers(),
                |actuator| actuator.takes::<Value>().description("Writes a register."),
            )
            .list()
    }
    async fn send(
        &self,
        session: &Self::Session,
        command: &::connector_runtime::Command,
    ) -> ::connector_runtime::Result<()> {
        match command.key() {
            "fan" => {
                ::connector_runtime::__private::sent(
                    self.fan(session, command.value::<String>()?).await,
                )
            }
            "valve_1" | "valve_2" => {
                ::connector_runtime::__private::sent(
                    self.valve(session, command.key(), command.value::<u8>()?).await,
                )
            }
            _ => {
                if let ::core::option::Option::Some(part) = ::connector_runtime::__private::between(
                    "",
                    command.key(),
                    "__curr",
                ) {
                    ::connector_runtime::__private::sent(
                        self
                            .current(
                                session,
                                part,
                                command.value::<u32>()?,
                                ::connector_runtime::__private::timestamp::<
                                    Timestamp,
                                >(command),
                            )
                            .await,
                    )
                } else if let ::core::option::Option::Some(part) = ::connector_runtime::__private::between(
                    "",
                    command.key(),
                    "__reset",
                ) {
                    ::connector_runtime::__private::sent(
                        self.reset(part, command.value::<bool>()?).await,
                    )
                } else {
                    ::connector_runtime::__private::sent(
                        self
                            .register(session, command.key(), command.value::<Value>()?)
                            .await,
                    )
                }
            }
        }
    }
}
