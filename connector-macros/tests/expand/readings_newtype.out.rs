#[automatically_derived]
impl ::connector_runtime::Datapoints for Celsius {
    const IS_VALUE: bool = <f64 as ::connector_runtime::Datapoints>::IS_VALUE;
    const KEYS: ::connector_runtime::__private::Keys = <f64 as ::connector_runtime::Datapoints>::KEYS;
    fn describe(to: &mut ::connector_runtime::readings::Describer) {
        to.inner().unit("°C").holds(<f64 as ::connector_runtime::Datapoints>::describe);
    }
    fn record(&self, to: &mut ::connector_runtime::readings::Recorder<'_>) {
        to.inner().holds(&self.0, <f64 as ::connector_runtime::Datapoints>::record);
    }
}
