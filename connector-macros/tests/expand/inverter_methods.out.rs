#[allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    clippy::unused_self
)]
impl Inverter {
    /// Fetches the status document.
    async fn fetch(&self) -> Result<String> {
        Ok(self.http.get(&self.url).send().await?.text().await?)
    }
    /// Reads the sensors out of it.
    fn status(raw: &str) -> Result<Status> {
        Ok(serde_json::from_str(raw)?)
    }
    /// Limits the feed-in power, in watts.
    async fn limit_feed_in(&self, watts: f64) -> Result<()> {
        self.put("limit", watts).await
    }
}
#[automatically_derived]
impl ::connector_runtime::Connector for Inverter {
    type Session = ();
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
        ::std::convert::From::from([
            ::connector_runtime::Actuator::new("feed_in_limit")
                .takes::<f64>()
                .description("Limits the feed-in power, in watts.")
                .range::<f64>(0.0..=5000.0)
                .example(1000.0),
        ])
    }
    async fn send(
        &self,
        _session: &Self::Session,
        command: &::connector_runtime::Command,
    ) -> ::connector_runtime::Result<()> {
        match command.key() {
            "feed_in_limit" => {
                ::connector_runtime::__private::sent(
                    self.limit_feed_in(command.value::<f64>()?).await,
                )
            }
            _ => ::core::result::Result::Err(command.unknown()),
        }
    }
}
