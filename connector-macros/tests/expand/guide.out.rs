#[allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::unused_self
)]
impl Inverter {
    async fn open(&self) -> Result<Session> {
        Ok(Session)
    }
    async fn fetch(&self, session: &Session) -> Result<String> {
        session.ask("status?").await
    }
    fn status(raw: &str) -> Result<Status> {
        Ok(Status { power: raw.parse()? })
    }
    /// Limits the power, in watts.
    async fn limit(&self, session: &Session, watts: f64) -> Result<()> {
        session.ask(&format!("limit={watts}")).await.map(drop)
    }
    async fn switch(&self, session: &Session, string: &str, on: bool) -> Result<()> {
        session.ask(&format!("{string}={on}")).await.map(drop)
    }
}
#[automatically_derived]
impl ::connector_runtime::Connector for Inverter {
    type Session = Session;
    type Raw = String;
    type Readings = Status;
    fn sources(&self) -> ::std::vec::Vec<::connector_runtime::Source> {
        ::std::convert::From::from([
            ::connector_runtime::Source::poll(
                "fetch",
                Duration::from_secs(self.poll_seconds),
            ),
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
        ::core::option::Option::Some("connected")
    }
    async fn connect(&self) -> ::connector_runtime::Result<Self::Session> {
        ::connector_runtime::__private::opened(self.open().await)
    }
    async fn receive(
        &self,
        session: &Self::Session,
        _source: usize,
    ) -> ::connector_runtime::Result<::core::option::Option<Self::Raw>> {
        ::connector_runtime::__private::message(self.fetch(session).await)
    }
    fn parse(
        &self,
        raw: &Self::Raw,
    ) -> ::connector_runtime::Result<::core::option::Option<Self::Readings>> {
        ::connector_runtime::__private::message(Self::status(raw))
    }
    fn actuators(&self) -> ::std::vec::Vec<::connector_runtime::Actuator> {
        ::connector_runtime::__private::Actuators::new()
            .one(
                ::connector_runtime::Actuator::new("limit")
                    .takes::<f64>()
                    .description("Limits the power, in watts.")
                    .range::<f64>(0.0..=5000.0),
            )
            .family("", &self.strings, "__on", |actuator| actuator.takes::<bool>())
            .list()
    }
    async fn send(
        &self,
        session: &Self::Session,
        command: &::connector_runtime::Command,
    ) -> ::connector_runtime::Result<()> {
        match command.key() {
            "limit" => {
                ::connector_runtime::KeepSession::keep_session(
                    ::connector_runtime::__private::sent(
                        self.limit(session, command.value::<f64>()?).await,
                    ),
                )
            }
            _ => {
                if let ::core::option::Option::Some(part) = ::connector_runtime::__private::between(
                    "",
                    command.key(),
                    "__on",
                ) {
                    ::connector_runtime::__private::sent(
                        self.switch(session, part, command.value::<bool>()?).await,
                    )
                } else {
                    ::core::result::Result::Err(command.unknown())
                }
            }
        }
    }
}
