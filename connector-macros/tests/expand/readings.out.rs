#[automatically_derived]
impl<'a, T: ::connector_runtime::Datapoints> ::connector_runtime::Datapoints
for Status<'a, T> {
    fn describe(to: &mut ::connector_runtime::Describe) {
        to.field("feedIn")
            .description("Power fed into the grid, without the battery's.")
            .unit("W")
            .range::<f64>(-100.0..=5000.0)
            .holds::<Option<f64>>();
        to.field("battery").holds::<Battery>();
        to.field("serial").holds::<&'a str>();
        to.inner().holds::<T>();
    }
}
