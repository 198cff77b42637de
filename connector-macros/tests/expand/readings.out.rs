#[automatically_derived]
impl<
    'a,
    T: ::connector_runtime::Datapoints + ::connector_runtime::__private::Serialize,
> ::connector_runtime::Datapoints for Status<'a, T> {
    const KEYS: ::connector_runtime::__private::Keys = &[
        ::connector_runtime::__private::Key::Field(
            "feedIn",
            <Option<f64> as ::connector_runtime::Datapoints>::IS_VALUE,
        ),
        ::connector_runtime::__private::Key::Field(
            "battery",
            <Battery as ::connector_runtime::Datapoints>::IS_VALUE,
        ),
        ::connector_runtime::__private::Key::Field(
            "serial",
            <&'a str as ::connector_runtime::Datapoints>::IS_VALUE,
        ),
        ::connector_runtime::__private::Key::Field(
            "voltages",
            <Vec<T> as ::connector_runtime::Datapoints>::IS_VALUE,
        ),
        ::connector_runtime::__private::Key::Among(
            <T as ::connector_runtime::Datapoints>::KEYS,
        ),
    ];
    fn describe(to: &mut ::connector_runtime::readings::Describer) {
        const {
            ::connector_runtime::__private::apart(
                &[
                    ::connector_runtime::__private::Held(
                        "feed_in",
                        "feedIn",
                        <Option<f64> as ::connector_runtime::Datapoints>::IS_VALUE,
                        <Option<f64> as ::connector_runtime::Datapoints>::KEYS,
                    ),
                    ::connector_runtime::__private::Held(
                        "battery",
                        "battery",
                        <Battery as ::connector_runtime::Datapoints>::IS_VALUE,
                        <Battery as ::connector_runtime::Datapoints>::KEYS,
                    ),
                    ::connector_runtime::__private::Held(
                        "serial_number",
                        "serial",
                        <&'a str as ::connector_runtime::Datapoints>::IS_VALUE,
                        <&'a str as ::connector_runtime::Datapoints>::KEYS,
                    ),
                    ::connector_runtime::__private::Held(
                        "phases",
                        "voltages",
                        <Vec<T> as ::connector_runtime::Datapoints>::IS_VALUE,
                        <Vec<T> as ::connector_runtime::Datapoints>::KEYS,
                    ),
                ],
                ::connector_runtime::__private::Held(
                    "rest",
                    "",
                    <T as ::connector_runtime::Datapoints>::IS_VALUE,
                    <T as ::connector_runtime::Datapoints>::KEYS,
                ),
            )
        }
        to.field("feedIn")
            .description("Power fed into the grid, without the battery's.")
            .unit("W")
            .range::<f64>(-100.0..=5000.0)
            .holds(<Option<f64> as ::connector_runtime::Datapoints>::describe);
        to.field("battery")
            .holds(<Battery as ::connector_runtime::Datapoints>::describe);
        to.field("serial").holds(<&'a str as ::connector_runtime::Datapoints>::describe);
        to.field("voltages")
            .holds(<Vec<T> as ::connector_runtime::Datapoints>::describe);
        to.among().holds(<T as ::connector_runtime::Datapoints>::describe);
    }
    fn record(&self, to: &mut ::connector_runtime::readings::Recorder<'_>) {
        to.field("feedIn")
            .holds(
                &self.feed_in,
                <Option<f64> as ::connector_runtime::Datapoints>::record,
            );
        to.field("battery")
            .holds(&self.battery, <Battery as ::connector_runtime::Datapoints>::record);
        to.field("serial")
            .holds(
                &self.serial_number,
                <&'a str as ::connector_runtime::Datapoints>::record,
            );
        if !Vec::is_empty(&self.phases) {
            to.field("voltages")
                .holds(
                    &self.phases,
                    <Vec<T> as ::connector_runtime::Datapoints>::record,
                );
        }
        to.among().holds(&self.rest, <T as ::connector_runtime::Datapoints>::record);
        to.field("since").serialize_with(|to| rfc3339(&self.since, to));
    }
}
