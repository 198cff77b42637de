#[automatically_derived]
impl ::connector_runtime::Datapoints for Status {
    fn describe(_to: &mut ::connector_runtime::Describe) {}
}
::core::compile_error! {
    "`#[datapoint(..)]` belongs on a field: it says something about one sensor"
}
::core::compile_error! {
    "`tag` changes what serde writes in a way that this derive does not follow: remove it, or implement `Datapoints` by hand"
}
::core::compile_error! {
    "unknown option `units`: did you mean `unit`?"
}
::core::compile_error! {
    "nothing is in this range: write `1.0..=9.0`"
}
