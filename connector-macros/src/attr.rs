//! Our attributes: how they are spelled, not what they mean.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{
    Attribute, Expr, Ident, Meta, Result, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

/// Where our attributes come from, if that is written before their name.
const CRATES: [&str; 2] = ["connector_runtime", "connector_macros"];

/// What an annotated method does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Connect,
    Receive,
    Parse,
    Send,
}

impl Role {
    /// The role that an attribute gives; none if the attribute is not ours.
    pub(crate) fn of(attr: &Attribute) -> Option<Self> {
        let segments = &attr.path().segments;
        let (first, last) = (segments.first()?, segments.last()?);
        let is_ours = segments.len() == 1 || CRATES.iter().any(|name| first.ident == name);
        [Self::Connect, Self::Receive, Self::Parse, Self::Send]
            .into_iter()
            .find(|role| is_ours && last.ident == role.form().name)
    }

    pub(crate) const fn form(self) -> &'static Form {
        match self {
            Self::Connect => &CONNECT,
            Self::Receive => &RECEIVE,
            Self::Parse => &PARSE,
            Self::Send => &SEND,
        }
    }

    /// A method that the attribute stands on.
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::Connect => "async fn open(&self) -> Result<Session>",
            Self::Receive => "async fn fetch(&self) -> Result<String>",
            Self::Parse => "fn readings(raw: &str) -> Result<Readings>",
            Self::Send => "async fn set(&self, value: f64) -> Result<()>",
        }
    }
}

/// How an attribute is written.
pub(crate) struct Form {
    pub(crate) name: &'static str,
    /// A use of it, in full.
    pub(crate) example: &'static str,
    /// Whether it begins with texts that have no name.
    pub(crate) takes_keys: bool,
    pub(crate) options: &'static [Opt],
}

/// An option of an attribute, written `name = value`, or as its name alone.
pub(crate) struct Opt {
    pub(crate) name: &'static str,
    pub(crate) example: &'static str,
}

impl Opt {
    /// Whether it is more than a word that stands alone.
    pub(crate) fn takes_value(&self) -> bool {
        self.example != self.name
    }
}

/// `#[connector]` on a struct.
pub(crate) static SETTINGS: Form = Form {
    name: "connector",
    example: r#"#[connector(name = "inverter")] struct Inverter"#,
    takes_keys: false,
    options: &[Opt { name: "name", example: r#"name = "inverter""# }, CRATE],
};

/// `#[connector]` on an `impl` block.
pub(crate) static METHODS: Form = Form {
    name: "connector",
    example: "#[connector(crate = my_runtime)]",
    takes_keys: false,
    options: &[CRATE],
};

/// Where the runtime is, if it has another name in the user's crate.
const CRATE: Opt = Opt { name: "crate", example: "crate = my_runtime" };

/// All that take options.
pub(crate) static FORMS: [&Form; 7] =
    [&SETTINGS, &CONNECT, &RECEIVE, &SEND, &FIELD, &READINGS, &WORD];

static CONNECT: Form = Form {
    name: "connect",
    example: r#"#[connect(state = "connected")]"#,
    takes_keys: false,
    options: &[Opt { name: "state", example: r#"state = "connected""# }, TIMEOUT],
};

static RECEIVE: Form = Form {
    name: "receive",
    example: "#[receive(every = Duration::from_secs(10))]",
    takes_keys: false,
    options: &[
        Opt { name: "every", example: "every = Duration::from_secs(10)" },
        TIMEOUT,
        HARMLESS,
    ],
};

static PARSE: Form = Form { name: "parse", example: "#[parse]", takes_keys: false, options: &[] };

static SEND: Form = Form {
    name: "send",
    example: r#"#[send("setpoint", range = 15.0..=30.0)]"#,
    takes_keys: true,
    options: &[
        UNIT,
        Opt { name: "range", example: "range = 15.0..=30.0" },
        Opt { name: "one_of", example: r#"one_of = ["slow", "fast"]"# },
        Opt { name: "max_len", example: "max_len = 20" },
        Opt { name: "example", example: "example = 21.0" },
        Opt { name: "each", example: "each = self.stations.keys()" },
        Opt { name: "max_age", example: "max_age = Duration::from_secs(60)" },
        Opt { name: "monotonic", example: "monotonic" },
        Opt { name: "queue", example: "queue = latest" },
        TIMEOUT,
        Opt { name: "min_interval", example: "min_interval = Duration::from_secs(10)" },
        Opt { name: "failsafe", example: "failsafe = 0.0, after = Duration::from_secs(60)" },
        Opt { name: "after", example: "failsafe = 0.0, after = Duration::from_secs(60)" },
        Opt { name: "retained", example: "retained = accept" },
        HARMLESS,
    ],
};

/// The unit of a sensor, or of an actuator.
const UNIT: Opt = Opt { name: "unit", example: r#"unit = "W""# };

/// How long a call may take.
const TIMEOUT: Opt = Opt { name: "timeout", example: "timeout = Duration::from_secs(5)" };

/// Says that errors of a method do not end the session; it has no value.
const HARMLESS: Opt = Opt { name: "keep_session", example: "keep_session" };

/// On a field of readings.
pub(crate) static FIELD: Form = Form {
    name: "datapoint",
    example: r#"#[datapoint(unit = "W", range = 0.0..=5000.0)] power: f64"#,
    takes_keys: false,
    options: &[
        UNIT,
        Opt { name: "range", example: "range = 0.0..=5000.0" },
        Opt { name: "rename", example: r#"rename = "power""# },
        Opt { name: "null", example: "null" },
        Opt { name: "skip", example: "skip" },
    ],
};

/// On a type of readings.
pub(crate) static READINGS: Form = Form {
    name: "datapoint",
    example: r#"#[datapoint(rename_all = "camelCase")] struct Status"#,
    takes_keys: false,
    options: &[Opt { name: "rename_all", example: r#"rename_all = "camelCase""# }, CRATE],
};

/// On a variant of an enum of words.
pub(crate) static WORD: Form = Form {
    name: "datapoint",
    example: r#"#[datapoint(rename = "on")] On"#,
    takes_keys: false,
    options: &[
        Opt { name: "rename", example: r#"rename = "on""# },
        Opt { name: "skip", example: "skip" },
    ],
};

/// Whether an attribute is read by clap's derive.
pub(crate) fn is_argument(attr: &Attribute) -> bool {
    is_one_of(attr, &["arg", "command", "group"])
}

/// Whether it says something to clap's derive, be it for clap alone or not.
pub(crate) fn tells_clap(attr: &Attribute) -> bool {
    is_argument(attr) || is_one_of(attr, &["doc", "cfg", "cfg_attr"])
}

/// Whether it decides if an item is there.
pub(crate) fn is_condition(attr: &Attribute) -> bool {
    is_one_of(attr, &["cfg"])
}

fn is_one_of(attr: &Attribute, names: &[&str]) -> bool {
    names.iter().any(|name| attr.path().is_ident(name))
}

/// One part of an attribute's list: `name = value`, or a value alone.
pub(crate) struct Argument {
    pub(crate) name: Option<Ident>,
    pub(crate) value: Expr,
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut name = None;
        if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
            name = Some(input.call(Ident::parse_any)?);
            input.parse::<Token![=]>()?;
        }
        Ok(Self { name, value: input.parse()? })
    }
}

/// The list between the parentheses of an attribute; empty where there are none.
pub(crate) fn arguments(attr: &Attribute) -> Result<Vec<Argument>> {
    match &attr.meta {
        Meta::Path(_) => Ok(Vec::new()),
        _ => attr.parse_args_with(Punctuated::<_, Token![,]>::parse_terminated).map(list),
    }
}

/// The same for an attribute that the compiler has taken apart.
pub(crate) fn parse_arguments(tokens: TokenStream) -> Result<Vec<Argument>> {
    Punctuated::parse_terminated.parse2(tokens).map(list)
}

fn list(arguments: Punctuated<Argument, Token![,]>) -> Vec<Argument> {
    arguments.into_iter().collect()
}

/// An item without those attributes, on it or on its members, that we or what we derive would have
/// read.
///
/// It works on tokens, so that an item survives which is half-typed or not of a kind we know.
pub(crate) fn strip(item: TokenStream, is_read: fn(&Attribute) -> bool) -> TokenStream {
    strip_members(item, is_read)
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) if group.delimiter() != Delimiter::Bracket => {
                let mut kept =
                    Group::new(group.delimiter(), strip_members(group.stream(), is_read));
                kept.set_span(group.span());
                kept.into()
            }
            other => other,
        })
        .collect()
}

fn strip_members(members: TokenStream, is_read: fn(&Attribute) -> bool) -> TokenStream {
    let mut kept = Vec::new();
    for token in members {
        kept.push(token);
        if let [.., hash, group] = kept.as_slice()
            && attribute(hash, group).is_some_and(|attr| is_read(&attr))
        {
            kept.truncate(kept.len().saturating_sub(2));
        }
    }
    kept.into_iter().collect()
}

fn attribute(hash: &TokenTree, group: &TokenTree) -> Option<Attribute> {
    if !matches!(hash, TokenTree::Punct(punct) if punct.as_char() == '#') {
        return None;
    }
    let tokens = [hash.clone(), group.clone()].into_iter().collect();
    Attribute::parse_outer.parse2(tokens).ok()?.pop()
}
