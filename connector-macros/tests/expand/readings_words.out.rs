#[automatically_derived]
impl ::connector_runtime::Datapoints for Mode {
    const IS_VALUE: bool = true;
    fn describe(to: &mut ::connector_runtime::readings::Describer) {
        to.value(::connector_runtime::Kind::Word(&["STAND_BY", "FEED_IN", "?"]));
    }
    fn record(&self, to: &mut ::connector_runtime::readings::Recorder<'_>) {
        to.value(
            match *self {
                Self::StandBy => "STAND_BY",
                Self::FeedIn => "FEED_IN",
                Self::Unknown => "?",
                Self::Internal => return,
            },
        );
    }
}
