//! The attributes that give a method its role.

use syn::Attribute;

use super::{
    form::Form,
    forms::{CONNECT, PARSE, RECEIVE, SEND},
};

/// Crates by whose name our attributes may be qualified.
const CRATES: [&str; 2] = ["connector_runtime", "connector_macros"];

/// The role of an annotated method.
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

    /// A method that the attribute can be on.
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::Connect => "async fn open(&self) -> Result<Session>",
            Self::Receive => "async fn fetch(&self) -> Result<String>",
            Self::Parse => "fn readings(raw: &str) -> Result<Readings>",
            Self::Send => "async fn set(&self, value: f64) -> Result<()>",
        }
    }
}
