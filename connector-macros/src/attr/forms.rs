//! The list of all attributes and their options.
//!
//! Parsing, diagnostics, the tables in `docs/` and the page of options in the guide take them from
//! here.

use super::form::{Form, Opt};

/// All forms of all attributes.
pub(crate) static FORMS: [&Form; 9] =
    [&SETTINGS, &METHODS, &CONNECT, &RECEIVE, &PARSE, &SEND, &FIELD, &READINGS, &WORD];

/// `#[connector]` on a struct.
pub(crate) static SETTINGS: Form = Form {
    name: "connector",
    place: "a struct",
    example: r#"#[connector(name = "inverter")] struct Inverter"#,
    takes_keys: false,
    options: &[
        Opt {
            name: "name",
            form: r#"name = "NAME""#,
            example: r#"name = "inverter""#,
            default: "the name of the package",
            meaning: "Sets the connector's name, the root of its topics.",
        },
        CRATE,
    ],
};

/// `#[connector]` on an `impl` block.
pub(crate) static METHODS: Form = Form {
    name: "connector",
    place: "an `impl` block",
    example: "#[connector(crate = my_runtime)]",
    takes_keys: false,
    options: &[CRATE],
};

pub(super) static CONNECT: Form = Form {
    name: "connect",
    place: "a method",
    example: r#"#[connect(state = "connected")]"#,
    takes_keys: false,
    options: &[
        Opt {
            name: "state",
            form: r#"state = "KEY""#,
            example: r#"state = "connected""#,
            default: "no such sensor",
            meaning: "Adds a sensor with this key: \
                      `true` while a session is open, `false` otherwise.",
        },
        timeout("30 s", "Cancels a call that takes longer; it counts as failed."),
    ],
};

pub(super) static RECEIVE: Form = Form {
    name: "receive",
    place: "a method",
    example: "#[receive(every = Duration::from_secs(10))]",
    takes_keys: false,
    options: &[
        Opt {
            name: "every",
            form: "every = DURATION",
            example: "every = Duration::from_secs(10)",
            default: "calls again as soon as the last message is processed",
            meaning: "Polls at the start and then at this interval. \
                      Takes an `Option<Duration>`, too: `None` turns the source off.",
        },
        timeout(
            "the interval, but at least 1 min; without `every` no limit",
            "Cancels a call that takes longer, which ends the session.",
        ),
        KEEP_SESSION,
    ],
};

pub(super) static PARSE: Form = Form {
    name: "parse",
    place: "a function",
    example: "#[parse]",
    takes_keys: false,
    options: &[],
};

pub(super) static SEND: Form = Form {
    name: "send",
    place: "a method",
    example: r#"#[send("setpoint", range = 15.0..=30.0)]"#,
    takes_keys: true,
    options: &[
        Opt { meaning: "Sets the unit of the values, shown to people.", ..UNIT },
        Opt {
            name: "range",
            form: "range = LOW..=HIGH",
            example: "range = 15.0..=30.0",
            default: "any number",
            meaning: "Rejects numbers outside this range, which includes both ends.",
        },
        Opt {
            name: "one_of",
            form: "one_of = [VALUE, ..]",
            example: r#"one_of = ["slow", "fast"]"#,
            default: "any value",
            meaning: "Rejects values that are not in this list. \
                      With `range` a value has to satisfy one of the two.",
        },
        Opt {
            name: "max_len",
            form: "max_len = N",
            example: "max_len = 20",
            default: "any length",
            meaning: "Rejects texts with more characters, and lists with more items.",
        },
        Opt {
            name: "example",
            form: "example = VALUE",
            example: "example = 21.0",
            default: "the lower end of `range`, or the first value of `one_of`, or `null`",
            meaning: "Sets the value that the administrator sees when selecting datapoints.",
        },
        Opt {
            name: "each",
            form: "each = LIST",
            example: "each = self.stations.keys()",
            default: "only the keys in the attribute",
            meaning: "Lists what is known only at run time: \
                      the texts for the braces in the key or, without a key, \
                      whole keys or `Actuator`s.",
        },
        Opt {
            name: "max_age",
            form: "max_age = DURATION",
            example: "max_age = Duration::from_secs(60)",
            default: "any age",
            meaning: "Rejects commands that are older, on arrival and again just before they are \
                      sent, and those from more than 5 s in the future.",
        },
        Opt {
            name: "monotonic",
            form: "monotonic",
            example: "monotonic",
            default: "off",
            meaning: "Rejects commands whose timestamp is not newer than those of all accepted \
                      commands, or is more than 5 s in the future.",
        },
        Opt {
            name: "queue",
            form: "queue = latest",
            example: "queue = latest",
            default: "at most 256 commands wait",
            meaning: "Keeps only the newest of the commands that wait for the device.",
        },
        timeout(
            "30 s, or `after` if that is shorter",
            "Cancels a call that takes longer; it counts as failed. Never longer than `after`.",
        ),
        Opt {
            name: "min_interval",
            form: "min_interval = DURATION",
            example: "min_interval = Duration::from_secs(10)",
            default: "no pause",
            meaning: "Waits at least this long from the end of one call to the next. \
                      The failsafe value does not wait.",
        },
        Opt {
            name: "failsafe",
            form: "failsafe = VALUE",
            example: "failsafe = 0.0, after = Duration::from_secs(60)",
            default: "no failsafe value",
            meaning: "Sends this value if no command was accepted for the time `after`, \
                      and when the connector stops.",
        },
        Opt {
            name: "after",
            form: "after = DURATION",
            example: "failsafe = 0.0, after = Duration::from_secs(60)",
            default: "required with `failsafe`",
            meaning: "Sets the time without an accepted command after which `failsafe` is sent.",
        },
        Opt {
            name: "retained",
            form: "retained = accept",
            example: "retained = accept",
            default: "retained commands are ignored",
            meaning: "Accepts retained commands, too, each once.",
        },
        KEEP_SESSION,
    ],
};

/// `#[datapoint]` on a field of readings.
pub(crate) static FIELD: Form = Form {
    name: "datapoint",
    place: "a field",
    example: r#"#[datapoint(unit = "W", range = 0.0..=5000.0)] power: f64"#,
    takes_keys: false,
    options: &[
        Opt {
            meaning: "Sets the unit of the value, \
                      or of all numbers inside it that have none of their own.",
            ..UNIT
        },
        Opt {
            name: "range",
            form: "range = LOW..=HIGH",
            example: "range = 0.0..=5000.0",
            default: "no range",
            meaning: "Sets the numbers to expect. Others are published as well.",
        },
        Opt {
            name: "rename",
            form: r#"rename = "KEY""#,
            example: r#"rename = "power""#,
            default: "the name that serde gives the field",
            meaning: "Sets the key.",
        },
        Opt {
            name: "null",
            form: "null",
            example: "null",
            default: "nothing is published for `None`",
            meaning: "Publishes `null` for the `None` of an `Option`.",
        },
        Opt {
            name: "skip",
            form: "skip",
            example: "skip",
            default: "off",
            meaning: "Leaves the field out. Its type does not need the derive.",
        },
    ],
};

/// `#[datapoint]` on a type of readings.
pub(crate) static READINGS: Form = Form {
    name: "datapoint",
    place: "a type",
    example: r#"#[datapoint(rename_all = "camelCase")] struct Status"#,
    takes_keys: false,
    options: &[
        Opt {
            name: "rename_all",
            form: r#"rename_all = "CASE""#,
            example: r#"rename_all = "camelCase""#,
            default: "the case that serde uses",
            meaning: "Spells all names in this case, one of those of serde.",
        },
        CRATE,
    ],
};

/// `#[datapoint]` on a variant of an enum of words.
pub(crate) static WORD: Form = Form {
    name: "datapoint",
    place: "a variant",
    example: r#"#[datapoint(rename = "on")] On"#,
    takes_keys: false,
    options: &[
        Opt {
            name: "rename",
            form: r#"rename = "WORD""#,
            example: r#"rename = "on""#,
            default: "the name that serde gives the variant",
            meaning: "Sets the word.",
        },
        Opt {
            name: "skip",
            form: "skip",
            example: "skip",
            default: "off",
            meaning: "Publishes nothing for a field while it has this value.",
        },
    ],
};

/// The path of the runtime.
const CRATE: Opt = Opt {
    name: "crate",
    form: "crate = PATH",
    example: "crate = my_runtime",
    default: "`connector_runtime`",
    meaning: "Sets the path of the runtime, if it has another name in your crate.",
};

/// The unit of a sensor or of an actuator.
const UNIT: Opt = Opt {
    name: "unit",
    form: r#"unit = "UNIT""#,
    example: r#"unit = "W""#,
    default: "no unit",
    meaning: "",
};

/// Errors of a method do not end the session.
const KEEP_SESSION: Opt = Opt {
    name: "keep_session",
    form: "keep_session",
    example: "keep_session",
    default: "an error ends the session, unless it is marked with `.keep_session()`",
    meaning: "Keeps the session open after every error that the method returns.",
};

/// The limit for one call.
const fn timeout(default: &'static str, meaning: &'static str) -> Opt {
    let (form, example) = ("timeout = DURATION", "timeout = Duration::from_secs(5)");
    Opt { name: "timeout", form, example, default, meaning }
}
