#[automatically_derived]
impl ::connector_runtime::Datapoints for Status {
    fn describe(_to: &mut ::connector_runtime::readings::Describer) {}
    fn record(&self, _to: &mut ::connector_runtime::readings::Recorder<'_>) {}
}
::core::compile_error! {
    "unknown option `unit`: it belongs to `#[datapoint(unit = \"W\", range = 0.0..=5000.0)] power: f64`"
}
::core::compile_error! {
    "`tag` changes what serde writes in a way that this derive does not support: remove it, or implement `Datapoints` by hand"
}
::core::compile_error! {
    "unknown option `units`: did you mean `unit`?"
}
::core::compile_error! {
    "the key contains '#', which an MQTT topic cannot contain: choose another"
}
::core::compile_error! {
    "this range is empty: write `1.0..=9.0`"
}
