//! What an annotated struct or `impl` block means, once it has passed every rule.

use proc_macro2::Span;
use syn::{Attribute, Expr, ExprPath, Generics, Ident, LitStr, Member, Result, Type};

/// Who a connector is: an annotated struct.
pub(crate) struct Settings {
    pub(crate) ident: Ident,
    /// In place of the name of the user's package. A mistake here leaves the struct a connector's
    /// settings, so that nothing else is blamed for it.
    pub(crate) name: Result<Option<LitStr>>,
    /// The first paragraph of the struct's documentation.
    pub(crate) about: String,
    /// What clap reads of the struct: its attributes, and its fields with theirs.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) fields: Vec<syn::Field>,
}

/// What a connector does: an annotated `impl` block.
pub(crate) struct Connector {
    pub(crate) self_ty: Type,
    pub(crate) raw: Type,
    /// How a session is opened, if there is one.
    pub(crate) connect: Option<Connect>,
    pub(crate) receives: Vec<Receive>,
    pub(crate) parse: Parse,
    pub(crate) sends: Vec<Send>,
}

/// The method that opens a session.
pub(crate) struct Connect {
    pub(crate) method: Method,
    pub(crate) session: Type,
    /// The key of the sensor that tells whether there is a session, if there is one.
    pub(crate) state: Option<LitStr>,
    /// How long it may take.
    pub(crate) timeout: Option<Expr>,
}

/// A method that gets raw messages.
pub(crate) struct Receive {
    pub(crate) method: Method,
    /// The type by which it takes the session, if it does.
    pub(crate) session: Option<Type>,
    pub(crate) message: Message,
    /// The time between two polls; none for a source that pushes.
    pub(crate) every: Option<Expr>,
    /// How long a call may take.
    pub(crate) timeout: Option<Expr>,
    /// Whether its errors leave the session as it is.
    pub(crate) keep_session: bool,
}

/// The function that reads the sensors out of a raw message.
pub(crate) struct Parse {
    pub(crate) method: Method,
    /// The type by which it takes the raw message, a reference.
    pub(crate) parameter: Type,
    pub(crate) message: Message,
}

/// A method that hands a command to the device.
pub(crate) struct Send {
    pub(crate) method: Method,
    pub(crate) keys: Keys,
    pub(crate) description: String,
    /// The type by which it takes the session, if it does.
    pub(crate) session: Option<Type>,
    /// Whether it takes the key, or the part of it that is not fixed.
    pub(crate) takes_key: bool,
    pub(crate) value: Type,
    /// The type by which it takes the command's timestamp, if it does.
    pub(crate) timestamp: Option<Type>,
    pub(crate) unit: Option<LitStr>,
    pub(crate) bounds: Bounds,
    pub(crate) guard: Guard,
    pub(crate) example: Option<Expr>,
    /// Whether its errors leave the session as it is.
    pub(crate) keep_session: bool,
}

/// Which actuators a method serves.
pub(crate) enum Keys {
    Fixed(Vec<LitStr>),
    /// Those whose keys differ in one part, which `each` lists.
    Family {
        prefix: String,
        suffix: String,
        each: Expr,
    },
    /// All others, which `each` lists.
    Others {
        each: Expr,
    },
}

/// Which values an actuator accepts.
pub(crate) struct Bounds {
    pub(crate) range: Option<Range>,
    pub(crate) one_of: Option<OneOf>,
    pub(crate) max_len: Option<Expr>,
}

/// What an actuator asks of its commands beside their value.
pub(crate) struct Guard {
    pub(crate) max_age: Option<Expr>,
    pub(crate) monotonic: bool,
    pub(crate) newest_only: bool,
    pub(crate) min_interval: Option<Expr>,
    pub(crate) timeout: Option<Expr>,
    /// The value, and the time after which it is sent.
    pub(crate) failsafe: Option<(Expr, Expr)>,
    pub(crate) accept_retained: bool,
}

/// Which numbers a value can be.
pub(crate) enum Range {
    /// Of the value's type.
    Typed { ends: Expr, ty: Type },
    /// For a type of which it remains to be seen whether it is a number.
    Of { ends: Expr, ty: Type },
}

/// The values that are accepted, and their type where it is a number.
pub(crate) struct OneOf {
    pub(crate) values: Expr,
    pub(crate) number: Option<Type>,
}

/// How a method is called.
pub(crate) struct Method {
    pub(crate) ident: Ident,
    pub(crate) takes_self: bool,
    pub(crate) is_async: bool,
}

/// What a method returns: `Result<ty>`, or `Result<Option<ty>>` if it is optional.
pub(crate) struct Message {
    pub(crate) ty: Type,
    pub(crate) optional: bool,
}

/// Which sensors a type holds: one with `#[derive(Datapoints)]`.
pub(crate) struct Readings {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) content: Content,
}

/// What is written for a type.
pub(crate) enum Content {
    /// An object, or what another type writes.
    Fields(Vec<Field>, Vec<Meeting>),
    /// No object and no value either.
    Nothing,
    /// A value.
    List,
    /// A value, one of these.
    Words(Vec<Word>),
}

/// A field that is written.
pub(crate) struct Field {
    pub(crate) member: Member,
    pub(crate) place: Place,
    pub(crate) ty: Type,
    /// The function that writes it, so that its type tells nothing.
    pub(crate) writer: Option<ExprPath>,
    /// The type of what may be absent, where that is told.
    pub(crate) or_null: Option<Type>,
    /// The function that says whether it is left out.
    pub(crate) skip_if: Option<ExprPath>,
    /// The type of a number, of which there may be a range: that of the field, if not absent.
    pub(crate) number: Type,
    pub(crate) range: Option<Range>,
    pub(crate) unit: Option<LitStr>,
    pub(crate) description: String,
}

/// Where the content of a field goes.
#[derive(PartialEq)]
pub(crate) enum Place {
    Key(String),
    /// Where the type itself is.
    Inner,
    /// Its keys lie among those of the other fields.
    Among,
}

/// A field that may hold a key that others hold, which only their types can tell.
pub(crate) struct Meeting {
    pub(crate) field: usize,
    pub(crate) others: Vec<usize>,
    /// Where it is to be changed.
    pub(crate) blamed: Span,
}

/// A variant of an enum; without a text if it is left out.
pub(crate) struct Word {
    pub(crate) ident: Ident,
    pub(crate) text: Option<String>,
}
