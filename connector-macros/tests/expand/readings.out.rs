#[automatically_derived]
impl<
    'a,
    T: ::connector_runtime::Datapoints + ::connector_runtime::__private::Serialize,
> ::connector_runtime::Datapoints for Status<'a, T> {
    fn describe(to: &mut ::connector_runtime::Describe) {
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
    fn record(&self, to: &mut ::connector_runtime::Record<'_>) {
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
