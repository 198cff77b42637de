#[automatically_derived]
impl ::connector_runtime::Datapoints for Status {
    const KEYS: ::connector_runtime::__private::Keys = &[
        ::connector_runtime::__private::Key::Field(
            "battery",
            <Battery as ::connector_runtime::Datapoints>::IS_VALUE,
        ),
        ::connector_runtime::__private::Key::Field(
            "battery__soc",
            <u8 as ::connector_runtime::Datapoints>::IS_VALUE,
        ),
        ::connector_runtime::__private::Key::Field(
            "is-on",
            <bool as ::connector_runtime::Datapoints>::IS_VALUE,
        ),
        ::connector_runtime::__private::Key::Among(
            <Errors as ::connector_runtime::Datapoints>::KEYS,
        ),
    ];
    fn describe(to: &mut ::connector_runtime::readings::Describer) {
        to.field("battery")
            .holds(<Battery as ::connector_runtime::Datapoints>::describe);
        to.field("battery__soc")
            .holds(<u8 as ::connector_runtime::Datapoints>::describe);
        to.field("is-on").holds(<bool as ::connector_runtime::Datapoints>::describe);
        to.among().holds(<Errors as ::connector_runtime::Datapoints>::describe);
    }
    fn record(&self, to: &mut ::connector_runtime::readings::Recorder<'_>) {
        to.field("battery")
            .holds(&self.battery, <Battery as ::connector_runtime::Datapoints>::record);
        to.field("battery__soc")
            .holds(
                &self.state_of_charge,
                <u8 as ::connector_runtime::Datapoints>::record,
            );
        to.field("is-on")
            .holds(&self.is_on, <bool as ::connector_runtime::Datapoints>::record);
        to.among()
            .holds(&self.errors, <Errors as ::connector_runtime::Datapoints>::record);
    }
}
const _: () = ::connector_runtime::__private::apart(
    &[
        ::connector_runtime::__private::Held(
            "battery",
            "battery",
            <Battery as ::connector_runtime::Datapoints>::IS_VALUE,
            <Battery as ::connector_runtime::Datapoints>::KEYS,
        ),
    ],
    ::connector_runtime::__private::Held(
        "state_of_charge",
        "battery__soc",
        <u8 as ::connector_runtime::Datapoints>::IS_VALUE,
        <u8 as ::connector_runtime::Datapoints>::KEYS,
    ),
);
const _: () = ::connector_runtime::__private::apart(
    &[
        ::connector_runtime::__private::Held(
            "battery",
            "battery",
            <Battery as ::connector_runtime::Datapoints>::IS_VALUE,
            <Battery as ::connector_runtime::Datapoints>::KEYS,
        ),
        ::connector_runtime::__private::Held(
            "state_of_charge",
            "battery__soc",
            <u8 as ::connector_runtime::Datapoints>::IS_VALUE,
            <u8 as ::connector_runtime::Datapoints>::KEYS,
        ),
        ::connector_runtime::__private::Held(
            "is_on",
            "is-on",
            <bool as ::connector_runtime::Datapoints>::IS_VALUE,
            <bool as ::connector_runtime::Datapoints>::KEYS,
        ),
    ],
    ::connector_runtime::__private::Held(
        "errors",
        "",
        <Errors as ::connector_runtime::Datapoints>::IS_VALUE,
        <Errors as ::connector_runtime::Datapoints>::KEYS,
    ),
);
