#[automatically_derived]
impl ::connector_runtime::Datapoints for Celsius {
    fn describe(to: &mut ::connector_runtime::Describe) {
        to.inner().unit("°C").holds(<f64 as ::connector_runtime::Datapoints>::describe);
    }
    fn record(&self, to: &mut ::connector_runtime::Record<'_>) {
        to.inner().holds(&self.0, <f64 as ::connector_runtime::Datapoints>::record);
    }
}
