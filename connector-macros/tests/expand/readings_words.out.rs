#[automatically_derived]
impl ::connector_runtime::Datapoints for Mode {
    fn describe(to: &mut ::connector_runtime::Describe) {
        to.value(::connector_runtime::Kind::Word(&["STAND_BY", "FEED_IN", "?"]));
    }
}
