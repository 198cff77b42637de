#[allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::unused_self
)]
/// Actuators that move real things.
impl Boiler {
    async fn fetch(&self) -> Result<String> {
        self.read().await
    }
    fn status(raw: &str) -> Result<f64> {
        Ok(raw.parse()?)
    }
    async fn heat(&self, watts: u16) -> Result<()> {
        self.write(watts).await
    }
    async fn pump(&self, pump: &str, on: bool) -> Result<()> {
        self.switch(pump, on).await
    }
}
#[automatically_derived]
impl ::connector_runtime::Connector for Boiler {
    type Session = ();
    type Raw = String;
    type Readings = f64;
    fn sources(&self) -> ::std::vec::Vec<::connector_runtime::Source> {
        ::std::convert::From::from([::connector_runtime::Source::push("fetch")])
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
        _source: usize,
    ) -> ::connector_runtime::Result<::core::option::Option<Self::Raw>> {
        ::connector_runtime::__private::message(self.fetch().await)
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
                ::connector_runtime::Actuator::new("power")
                    .takes::<u16>()
                    .unit("W")
                    .range::<u16>(0..=3000)
                    .max_age(MINUTE)
                    .monotonic()
                    .failsafe(0, self.patience),
            )
            .family(
                "",
                &self.pumps,
                "__on",
                |actuator| {
                    actuator
                        .takes::<bool>()
                        .newest_only()
                        .min_interval(MINUTE * 3)
                        .accept_retained()
                },
            )
            .list()
    }
    async fn send(
        &self,
        _session: &Self::Session,
        command: &::connector_runtime::Command,
    ) -> ::connector_runtime::Result<()> {
        match command.key() {
            "power" => {
                ::connector_runtime::__private::sent(
                    self.heat(command.value::<u16>()?).await,
                )
            }
            _ => {
                if let ::core::option::Option::Some(part) = ::connector_runtime::__private::between(
                    "",
                    command.key(),
                    "__on",
                ) {
                    ::connector_runtime::__private::sent(
                        self.pump(part, command.value::<bool>()?).await,
                    )
                } else {
                    ::core::result::Result::Err(command.unknown())
                }
            }
        }
    }
}
