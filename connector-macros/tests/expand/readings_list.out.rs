#[automatically_derived]
impl ::connector_runtime::Datapoints for Phases {
    const IS_VALUE: bool = true;
    fn describe(to: &mut ::connector_runtime::readings::Describer) {
        to.value(::connector_runtime::Kind::List);
    }
    fn record(&self, to: &mut ::connector_runtime::readings::Recorder<'_>) {
        to.value(self);
    }
}
