#[automatically_derived]
impl ::connector_runtime::Datapoints for Celsius {
    fn describe(to: &mut ::connector_runtime::Describe) {
        to.inner().unit("°C").holds::<f64>();
    }
}
