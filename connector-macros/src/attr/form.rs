//! The form of an attribute and of an option.

/// The form of an attribute in one place.
pub(crate) struct Form {
    pub(crate) name: &'static str,
    /// The item that it is on.
    #[cfg_attr(not(test), expect(dead_code, reason = "only the written reference shows it"))]
    pub(crate) place: &'static str,
    /// A complete use of it.
    pub(crate) example: &'static str,
    /// Whether it begins with texts that have no name.
    pub(crate) takes_keys: bool,
    pub(crate) options: &'static [Opt],
}

impl Form {
    /// The option with this name.
    pub(crate) fn option(&self, name: &str) -> Option<&'static Opt> {
        self.options.iter().find(|option| option.name == name)
    }
}

/// An option of an attribute, written `name = value`, or as its name alone.
pub(crate) struct Opt {
    pub(crate) name: &'static str,
    /// Its name with the kind of its value, such as `timeout = DURATION`.
    pub(crate) form: &'static str,
    pub(crate) example: &'static str,
    /// The behaviour without it.
    #[cfg_attr(not(test), expect(dead_code, reason = "only the written reference shows it"))]
    pub(crate) default: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "only the written reference shows it"))]
    pub(crate) meaning: &'static str,
}

impl Opt {
    /// Whether it is more than its name alone.
    pub(crate) fn takes_value(&self) -> bool {
        self.form != self.name
    }
}
