#[allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::unused_self
)]
/// Two sources, sync methods, optional messages, timestamps, and what is not ours.
impl device::Meter {
    const RETRIES: usize = { 3 };
    async fn telegram(&self) -> io::Result<Option<Vec<u8>>> {
        self.port.lock().await.read()
    }
    fn r#loop(&self) -> Result<Vec<u8>, MeterError> {
        self.dump()
    }
    pub fn parse(&self, raw: &[u8]) -> Result<Option<Timestamped<Readings>>> {
        self.decode(raw)
    }
    fn switch(&self, on: bool) -> Result<()> {
        self.write(on)
    }
    /// Sets the tariff.
    #[must_use]
    async fn tariff(&self, tariff: Tariff, at: SystemTime) -> anyhow::Result<()> {
        self.set(tariff, at).await
    }
    fn dump(&self) -> Result<Vec<u8>, MeterError> {
        #[receive]
        fn inner() {}
        todo!()
    }
}
#[automatically_derived]
impl ::connector_runtime::Connector for device::Meter {
    type Session = ();
    type Raw = Vec<u8>;
    type Readings = Timestamped<Readings>;
    fn sources(&self) -> ::std::vec::Vec<::connector_runtime::Source> {
        ::std::convert::From::from([
            ::connector_runtime::Source::push("telegram"),
            ::connector_runtime::Source::poll("loop", Self::RHYTHM),
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
    async fn connect(&self) -> ::connector_runtime::Result<Self::Session> {
        ::core::result::Result::Ok(())
    }
    async fn receive(
        &self,
        _session: &Self::Session,
        source: usize,
    ) -> ::connector_runtime::Result<::core::option::Option<Self::Raw>> {
        match source {
            0 => ::connector_runtime::__private::optional(self.telegram().await),
            _ => ::connector_runtime::__private::message(self.r#loop()),
        }
    }
    fn parse(
        &self,
        raw: &Self::Raw,
    ) -> ::connector_runtime::Result<::core::option::Option<Self::Readings>> {
        ::connector_runtime::__private::optional(self.parse(raw))
    }
    fn actuators(&self) -> ::std::vec::Vec<::connector_runtime::Actuator> {
        ::std::convert::From::from([
            ::connector_runtime::Actuator::new("relay").takes::<bool>(),
            ::connector_runtime::Actuator::new("tariff")
                .takes::<Tariff>()
                .description("Sets the tariff.")
                .example("night"),
        ])
    }
    async fn send(
        &self,
        _session: &Self::Session,
        command: &::connector_runtime::Command,
    ) -> ::connector_runtime::Result<()> {
        match command.key() {
            "relay" => {
                ::connector_runtime::__private::sent(
                    self.switch(command.value::<bool>()?),
                )
            }
            "tariff" => {
                ::connector_runtime::__private::sent(
                    self
                        .tariff(
                            command.value::<Tariff>()?,
                            ::connector_runtime::__private::timestamp::<
                                SystemTime,
                            >(command),
                        )
                        .await,
                )
            }
            _ => ::core::result::Result::Err(command.unknown()),
        }
    }
}
